"""Titles as they stood over listings of two regions in March 2021, and what each should fill in.

They are public; they name no person and no place. The options are a list of makes and models of
our own, as broad as a real data set's.
"""

import csv
import difflib
from pathlib import Path

import pytest

from price_app.describe import spelling, title
from price_app.describe.fields import Field, fields_of

HERE = Path(__file__).parent
READ = ("manufacturer", "model", "year")
OTHER_NAMES = {
    "benz": "mercedes-benz",
    "chevy": "chevrolet",
    "mercedes": "mercedes-benz",
    "rangerover": "land rover",
    "rover": "land rover",
    "vw": "volkswagen",
}
MIN_RIGHT = 115


def catalogue() -> dict[str, list[str]]:
    """Return make → models, most frequent first."""
    lines = (HERE / "catalogue.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(": ") for line in lines)
    return {make: models.split(", ") for make, models in pairs}


def the_fields() -> list[Field]:
    """Return the fields of a schema with these makes and models."""
    models = catalogue()
    make = {"name": "manufacturer", "options": list(models), "other_names": OTHER_NAMES}
    model = {"name": "model", "options_by": {"feature": "manufacturer", "options": models}}
    words = {
        "drive": ["4wd", "fwd", "rwd"],
        "fuel": ["gas", "diesel", "hybrid", "electric"],
        "transmission": ["automatic", "manual"],
        "type": [
            "sedan",
            "SUV",
            "pickup",
            "truck",
            "mini-van",
            "van",
            "coupe",
            "hatchback",
            "wagon",
            "convertible",
        ],
        "cylinders": ["4 cylinders", "6 cylinders", "8 cylinders"],
        "title_status": ["clean", "rebuilt", "salvage"],
        "condition": ["good", "excellent", "like new", "fair"],
        "paint_color": ["white", "black", "silver", "blue", "red", "grey"],
    }
    categories = [make, model, *({"name": name, "options": o} for name, o in words.items())]
    year = {"name": "year", "kind": "number", "min": 1900, "max": 2022, "unit": "year"}
    odometer = {"name": "odometer", "kind": "number", "min": 0, "max": 500_000, "unit": "miles"}
    features = [{"kind": "category", **each} for each in categories]
    return fields_of({"features": [*features, year, odometer]})


def titles() -> list[dict]:
    """Return each title with its right reading; a blank is nothing to be read."""
    with open(HERE / "real_titles.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FIELDS = the_fields()


def reading(text: str) -> tuple[str, str, str]:
    """Return make, model and year as the title reader gives them, blank where it gives none."""
    values = title.read(text, FIELDS).values
    return tuple(str(values.get(name, "")) for name in READ)


def is_right(row: dict) -> bool:
    """Whether all three are read right, however the model is spelled."""
    make, model, year = reading(row["title"])
    same_model = spelling.key(model, make) == spelling.key(row["model"], make)
    return same_model and (make, year) == (row["manufacturer"], row["year"])


def test_nearly_all_titles_give_make_model_and_year_right():
    wrong = [(row, reading(row["title"])) for row in titles() if not is_right(row)]
    assert len(titles()) >= 120
    assert len(titles()) - len(wrong) >= MIN_RIGHT, wrong


@pytest.mark.parametrize("row", titles(), ids=lambda row: row["title"])
def test_no_title_makes_other_words_a_model(row):
    _, model, _ = reading(row["title"])
    right = spelling.key(row["model"], row["manufacturer"])
    first = spelling.key(model.split(" ")[0], row["manufacturer"])
    # A misspelt name that is kept as it is written is no other word.
    alike = difflib.SequenceMatcher(None, right, spelling.key(model)).ratio() >= 0.7
    assert not model or (right and (right.startswith(first) or alike))
