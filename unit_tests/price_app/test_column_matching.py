"""The guess which column holds which feature."""

import pytest

from price_app.describe.fields import Field
from price_app.many.column_matching import guessed

NAMES = (
    *("manufacturer", "model", "year", "odometer", "condition", "cylinders", "fuel"),
    *("title_status", "transmission", "drive", "size", "type", "paint_color", "state", "region"),
)
LABELS = {"odometer": "Odometer (miles)", "type": "Body type", "paint_color": "Colour"}
FIELDS = [Field(name, "category", LABELS.get(name, name.capitalize())) for name in NAMES]


def found(*header: str) -> dict[str, str]:
    """Field → the title of the column that is guessed to hold it."""
    return {name: header[number] for name, number in guessed(header, FIELDS).items()}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("odometer", "odometer"),
        (" Odometer ", "odometer"),
        ("Mileage", "odometer"),
        ("MILES", "odometer"),
        ("odo", "odometer"),
        ("Odometer (miles)", "odometer"),
        ("make", "manufacturer"),
        ("Vehicle Make", "manufacturer"),
        ("vehicle_make", "manufacturer"),
        ("model-year", "year"),
        ("Car year", "year"),
        ("colour", "paint_color"),
        ("Exterior Color", "paint_color"),
        ("trans", "transmission"),
        ("title", "title_status"),
        ("Title Status", "title_status"),
        ("body", "type"),
        ("Vehicle Type", "type"),
        ("fuel type", "fuel"),
        ("Drivetrain", "drive"),
        ("cyl", "cylinders"),
        ("city", "region"),
    ],
)
def test_a_column_is_found_by_what_people_call_it(title, name):
    assert found("vin", title) == {name: title}


@pytest.mark.parametrize("title", ["price", "vin", "km", "kilometers", "", "***", "年式"])
def test_what_is_no_feature_is_matched_to_none(title):
    assert found(title) == {}


def test_the_exact_name_wins_over_an_alias_wherever_it_stands():
    assert found("title", "mileage", "title_status", "odometer") == {
        "title_status": "title_status",
        "odometer": "odometer",
    }


def test_a_column_is_taken_by_one_field_alone():
    assert found("type", "body") == {"type": "type"}
    assert found("fuel type", "body type") == {"fuel": "fuel type", "type": "body type"}


def test_of_two_that_fit_alike_the_first_is_taken():
    assert guessed(["year", "year"], FIELDS) == {"year": 0}


def test_the_template_matches_itself():
    assert list(found(*NAMES).values()) == [*found(*NAMES)]
    assert len(found(*NAMES)) == len(NAMES)
