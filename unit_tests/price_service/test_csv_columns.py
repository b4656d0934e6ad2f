"""Which column of a CSV file is which field: by names and by values."""

from typing import Any

import pytest

from price_service import create_app
from price_service.csv_columns import ColumnMatcher

from unit_tests.price_service.fake_model import FakeModel


def category(name: str, label: str, options: list[str], **more: Any) -> dict:
    """A category of a schema."""
    return {"name": name, "kind": "category", "label": label, "options": options} | more


MODELS = {"ford": ["f-150", "focus"], "mazda": ["mazda3", "cx-5"]}
REGIONS = {"tx": ["houston", "dallas / fort worth"], "ny": ["new york city"]}
SCHEMA = {
    "features": [
        category("manufacturer", "Make", ["ford", "mazda"], column_names=["make", "brand"])
        | {"other_names": {"chevy": "chevrolet"}},
        {"name": "model", "kind": "category", "label": "Model", "column_names": ["model name"]}
        | {"options_by": {"feature": "manufacturer", "options": MODELS}},
        {"name": "year", "kind": "number", "label": "Year", "unit": "year", "min": 1950}
        | {"max": 2022, "required": True, "column_names": ["model year", "yr"]},
        {"name": "odometer", "kind": "number", "label": "Odometer", "unit": "miles", "min": 0}
        | {"max": 500_000, "column_names": ["mileage", "miles", "odometer mi"]},
        category("condition", "Condition", ["new", "excellent", "good", "fair"]),
        category("cylinders", "Cylinders", ["4 cylinders", "8 cylinders", "other"])
        | {"other_names": {"v8": "8 cylinders"}},
        category("title_status", "Title", ["clean", "salvage", "rebuilt"])
        | {"other_names": {"cleantitle": "clean"}, "column_names": ["title brand"]},
        category("drive", "Drive", ["4wd", "fwd", "rwd"], column_names=["drivetrain"])
        | {"other_names": {"4x4": "4wd", "awd": "4wd"}},
        category("size", "Size", ["full-size", "compact"], column_names=["class", "size class"]),
        category("type", "Body type", ["sedan", "suv", "pickup"], column_names=["body", "style"]),
        category("paint_color", "Colour", ["white", "black"], column_names=["color"]),
        category("state", "State", ["tx", "ny"], other_names={"texas": "tx"}, column_names=["st"]),
        {"name": "region", "kind": "category", "label": "Region"}
        | {"options_by": {"feature": "state", "options": REGIONS}}
        | {"column_names": ["city", "location", "area"]},
    ],
    "left_out": [{"name": "fuel", "reason": "blank in the data set"}],
    "blank_words": ["", "-", "n/a"],
}
TITLES = ["2014 Ford F-150 XLT", "2010 Mazda 3 i Touring", "2004 Lexus RX330"]


def matched(header, *rows):
    """The fields that the columns of a table hold, by the columns' titles; and the notes."""
    match = ColumnMatcher(SCHEMA).match(header, rows)
    return {header[index]: name for name, index in match.columns.items()}, match.notes


def field_of(title, *values):
    """The field that a column of these values holds, None for none."""
    return matched([title], *([value] for value in values))[0].get(title)


@pytest.mark.parametrize(
    "title, field",
    [
        ("year", "year"),
        (" YEAR ", "year"),
        ("Model Year", "year"),
        ("MODEL_YEAR", "year"),
        ("model-year", "year"),
        ("Yr.", "year"),
        ("Vehicle Year", "year"),
        ("year_of_the_vehicle", "year"),
        ("Odometer", "odometer"),
        ("Mileage", "odometer"),
        ("Odometer (mi)", "odometer"),
        ("Yearly fee", None),
        ("", None),
        ("ye\0ar", None),
        ("y" * 200, None),
    ],
)
def test_a_title_is_a_field_s_however_it_is_spelt(title, field):
    assert field_of(title, "2014") == field


@pytest.mark.parametrize(
    "title, values, field",
    [
        ("title", TITLES, None),
        ("title", ["clean", "Salvage", "clean title"], "title_status"),
        ("Title", ["", "clean"], "title_status"),
        ("title_status", TITLES, None),
        ("title_status", ["washed", "laundered"], "title_status"),
        ("Type", ["Used", "New", "Used"], None),
        ("type", ["Certified Pre-Owned", "Used"], None),
        ("Type", ["Sedan", "SUV", "barge"], "type"),
        ("type", ["barge", "gondola"], "type"),
        ("Body", ["barge", "gondola"], None),
        ("style", ["4D XLT SuperCrew", "XLT"], None),
        ("State", ["USED", "NEW"], None),
        ("State", ["Excellent", "good"], None),
        ("state", ["TX", "Texas", "ny"], "state"),
        ("state", ["Bavaria", "Tyrol"], "state"),
        ("state", ["1", "0", "1"], None),
        ("state_of_vehicle", ["Excellent", "Fair"], None),
        ("state_of_vehicle", ["TX", "NY"], "state"),
        ("location", ["Lot 5", "Lot 12"], None),
        ("location", ["Houston", "Lot 12", "Plano"], "region"),
        ("location", ["29.76, -95.36"], None),
        ("region", ["Plano", "Waco"], "region"),
        ("region", ["75001", "77002"], None),
        ("class", ["Sedan", "SUV"], None),
        ("class", ["compact", "full-size"], "size"),
        ("size", ["18", "20"], None),
        ("color", ["White", "black", "mauve"], "paint_color"),
        ("color", ["https://example.com/a.jpg"], None),
        ("drivetrain", ["4x4", "AWD"], "drive"),
        ("drive", ["sideways"], "drive"),
        ("drive", ["2026-01-05", "2026-01-06"], None),
        ("cylinders", ["4", "6"], "cylinders"),
        ("Cylinders", ["V8"], "cylinders"),
        ("condition", ["Used", "new", "new"], "condition"),
        ("condition", ["Used", "Used", "new"], None),
        ("condition", ["A very long report on how it was driven and by whom"], None),
        ("make", ["Skoda", "Lada"], "manufacturer"),
        ("make", ["ford", "fiat"], "manufacturer"),
        ("make", ["12", "13"], None),
        ("make", ["Used", "Used"], None),
        ("model", ["300", "Colorado", "pickup"], "model"),
        ("model", ["2014", "2015"], None),
        ("model name", ["Octavia"], "model"),
        ("odometer", ["see text", "ask"], "odometer"),
        ("mileage", ["19.7 kmpl", "18/24"], None),
        ("mileage", ["80.000", "ask", "?"], "odometer"),
        ("year", ["2014-03-01", "2015-01-01"], "year"),
        ("yr", ["2014-03-01", "2015-01-01"], None),
        ("fuel", ["gas"], "fuel"),
        ("color", ["", "n/a"], "paint_color"),
    ],
)
def test_a_column_is_a_field_s_by_its_values_too(title, values, field):
    assert field_of(title, *values) == field


@pytest.mark.parametrize(
    "header, row, expected",
    [
        (["Type", "Body"], ["Used", "SUV"], {"Body": "type"}),
        (["body", "type"], ["SUV", "sedan"], {"type": "type"}),
        (["body", "style"], ["SUV", "sedan"], {"body": "type"}),
        (["style", "body"], ["barge", "sedan"], {"body": "type"}),
        (["mileage", "odometer"], ["80000", "n/a"], {"mileage": "odometer"}),
        (["year", "model year"], ["2014-03-01", "2014"], {"model year": "year"}),
        (["title", "title brand"], ["2014 Ford F-150", "clean"], {"title brand": "title_status"}),
        (["Year", "year"], ["2014", "2013"], {"year": "year"}),
        (["year", "year"], ["", "2013"], {"year": "year"}),
    ],
)
def test_of_two_columns_for_one_field_the_one_whose_values_fit_is_taken_and_said(
    header, row, expected
):
    columns, notes = matched(header, row)
    assert columns == expected
    assert len(notes) == 1 and "is not used" in notes[0]


def test_two_columns_of_one_name_are_told_apart_by_values_alone():
    matcher = ColumnMatcher(SCHEMA)
    assert matcher.match(["year", "year"], [["x", "2013"]]).columns == {"year": 1}
    assert matcher.match(["year", "year"], [["2013", "2014"]]).twice == ["year"]


@pytest.mark.parametrize("title", ["km", "Kilometers", "Mileage (km)", "odometer_km", "KM driven"])
def test_a_title_may_say_that_it_is_in_kilometres(title):
    match = ColumnMatcher(SCHEMA).match([title], [["120000"]])
    assert (match.columns, match.units) == ({"odometer": 0}, {"odometer": "km"})
    assert match.notes == ["odometer is taken to be in km and converted."]


def test_a_title_in_kilometres_of_something_else_is_no_field():
    assert matched(["Price per km", "Model km"], ["1", "2"])[0] == {}


def price_and_reply(client, text):
    """The price of a table's one row, and the reply."""
    reply = client.post("/predict/csv", data=text, content_type="text/csv")
    header, row = (line.split(",") for line in reply.get_data(as_text=True).splitlines())
    reply.close()
    return dict(zip(header, row))["predicted_price"], reply


@pytest.mark.parametrize(
    "column, value",
    [
        ("title", "2014 Ford F-150 XLT"),
        ("Type", "Used"),
        ("state_of_vehicle", "Excellent"),
        ("State", "USED"),
        ("location", "Lot 5"),
    ],
)
def test_a_column_that_only_sounds_like_a_field_changes_no_price(settings, column, value):
    app = create_app(settings, PriceOfTold(schema=SCHEMA))
    client = app.test_client()
    plain, _ = price_and_reply(client, "year,make,model,mileage\n2014,Ford,F-150,80000\n")
    text = f"{column},year,make,model,mileage\n{value},2014,Ford,F-150,80000\n"
    price, reply = price_and_reply(client, text)
    app.extensions["price_service"].outbox.close()
    assert price == plain
    assert reply.headers["X-Unused-Columns"] == column


class PriceOfTold(FakeModel):
    """Prices every field that is told."""

    def predict_one(self, record, warnings):
        result = super().predict_one(record, warnings)
        return result | {"price": result["price"] - len(record), "high": result["price"]}
