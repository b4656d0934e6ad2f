"""Listings' titles, plain and nasty, and what the form makes of them."""

import pytest

from price_app.describe import title
from price_app.describe.description import MOST_CHARACTERS
from price_app.describe.fields import Field, fields_of

MODELS = {
    "ford": ["f-150", "focus", "f-150 xlt", "escape hybrid", "f150 xlt"],
    "chevrolet": ["silverado 1500", "s10"],
    "mercedes-benz": ["c-class", "benz e350"],
    "rover": ["sport hse", "evoque"],
    "bmw": ["2002", "x5"],
    "mazda": ["3"],
    "infiniti": ["q50 red sport"],
    "mini": ["cooper s"],
    "volkswagen": ["golf"],
    "alfa-romeo": ["giulia"],
    "toyota": ["sienna"],
}
OTHER_NAMES = {
    "alfa": "alfa-romeo",
    "chevy": "chevrolet",
    "landrover": "rover",
    "mercedes": "mercedes-benz",
    "rangerover": "rover",
    "vw": "volkswagen",
}
OPTIONS = {
    "manufacturer": list(MODELS),
    "drive": ["4wd", "fwd", "rwd"],
    "transmission": ["automatic", "manual", "other"],
    "fuel": ["gas", "diesel", "hybrid", "electric", "other"],
    "cylinders": ["6 cylinders", "4 cylinders", "8 cylinders", "other"],
    "type": ["sedan", "SUV", "pickup", "truck", "mini-van", "convertible", "other"],
    "paint_color": ["white", "black", "grey", "red", "custom"],
    "condition": ["good", "excellent", "like new", "new"],
    "title_status": ["clean", "rebuilt", "salvage", "missing"],
}
OTHER = {"manufacturer": {"other_names": OTHER_NAMES}}


def a_category(name: str, **rest) -> dict:
    """One category of a schema."""
    return {"name": name, "kind": "category", "label": name.capitalize(), **rest}


def the_fields(*left_out: str) -> list[Field]:
    """Every field that titles tell of, but for those left out."""
    numbers = (("year", 1950, 2022), ("odometer", 0, 500000))
    features = [
        *(
            a_category(name, options=options, **OTHER.get(name, {}))
            for name, options in OPTIONS.items()
        ),
        a_category("model", options_by={"feature": "manufacturer", "options": MODELS}),
        *(
            {"name": name, "kind": "number", "label": name, "min": least, "max": most}
            for name, least, most in numbers
        ),
    ]
    return fields_of({"features": [each for each in features if each["name"] not in left_out]})


FIELDS = the_fields()


@pytest.mark.parametrize(
    ("text", "values", "asking"),
    [
        (
            "2014 Ford F-150 XLT 4x4 89k miles $18,500",
            {
                "year": 2014,
                "manufacturer": "ford",
                "model": "f-150 xlt",
                "drive": "4wd",
                "odometer": 89000,
            },
            18500,
        ),
        (
            "🚗🔥 '16 CHEVY Silverado1500 LT 🔥 4WD!! V8, clean title, black, asking 21.5k",
            {
                "year": 2016,
                "manufacturer": "chevrolet",
                "model": "silverado 1500",
                "drive": "4wd",
                "cylinders": "8 cylinders",
                "title_status": "clean",
                "paint_color": "black",
            },
            21500,
        ),
        (
            "vw golf ’11 diesel stick shift — like new! White w/ black leather",
            {
                "year": 2011,
                "manufacturer": "volkswagen",
                "model": "golf",
                "fuel": "diesel",
                "transmission": "manual",
                "condition": "like new",
                "paint_color": "white",
            },
            None,
        ),
        ("", {}, None),
        ("🚗🚗🚗", {}, None),
        ("call me", {}, None),
    ],
)
def test_a_title_is_read_whole(text, values, asking):
    said = title.read(text, FIELDS)
    assert (said.values, said.asking) == (values, asking)


@pytest.mark.parametrize(
    ("text", "make", "model"),
    [
        ("2014 ford f150", "ford", "f-150"),
        ("Ford F 150 Lariat", "ford", "f-150"),
        ("FORD 2014 Focus", "ford", "focus"),
        ("2014 Ford Super Duty F-150", "ford", "f-150"),
        ("F-150 by Ford", "ford", "f-150"),
        ("2016 Ford GT40 Replica, 500 miles", "ford", "gt40 replica"),
        ("2016 Ford GT40 diesel red", "ford", "gt40"),
        ("2016 Ford", "ford", None),
        ("Mercedes C-Class", "mercedes-benz", "c-class"),
        ("Mercedes-Benz E350 sedan", "mercedes-benz", "benz e350"),
        ("Mercedes Benz e 350", "mercedes-benz", "benz e350"),
        ("Land Rover Range Rover Sport HSE", "rover", "sport hse"),
        ("landrover evoque", "rover", "evoque"),
        ("2015 Range Rover Evoque", "rover", "evoque"),
        ("Mazda3 hatchback", "mazda", "3"),
        ("Mini Cooper S", "mini", "cooper s"),
        ("mini van Toyota Sienna", "toyota", "sienna"),
        ("Alfa Romeo Giulia", "alfa-romeo", "giulia"),
        ("Lada Niva 1999", None, None),
        ("affordable f-150", "ford", "f-150"),
    ],
)
def test_make_and_model_are_found_however_they_are_spelled(text, make, model):
    values = title.read(text, FIELDS).values
    assert (values.get("manufacturer"), values.get("model")) == (make, model)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("AWD", "drive", "4wd"),
        ("4 wheel drive", "drive", "4wd"),
        ("front-wheel drive", "drive", "fwd"),
        ("RWD", "drive", "rwd"),
        ("2wd", "drive", None),
        ("6-speed automatic", "transmission", "automatic"),
        ("5 spd manual", "transmission", "manual"),
        ("owner's manual, manual windows", "transmission", None),
        ("auto sales", "transmission", None),
        ("Escape Hybrid", "fuel", "hybrid"),
        ("5.9 Cummins", "fuel", "diesel"),
        ("gas saver", "fuel", None),
        ("electric windows", "fuel", None),
        ("V6", "cylinders", "6 cylinders"),
        ("6cyl", "cylinders", "6 cylinders"),
        ("four cylinder", "cylinders", "4 cylinders"),
        ("V12", "cylinders", None),
        ("pick-up", "type", "pickup"),
        ("suv", "type", "SUV"),
        ("mini-van", "type", "mini-van"),
        ("coupe", "type", None),
        ("gray", "paint_color", "grey"),
        ("black leather interior", "paint_color", None),
        ("custom wheels", "paint_color", None),
        ("silverado", "paint_color", None),
        ("excellent condition", "condition", "excellent"),
        ("excellent gas mileage, new tires", "condition", None),
        ("like new tires", "condition", None),
        ("rebuilt title", "title_status", "rebuilt"),
        ("rebuilt engine", "title_status", None),
        ("title is clean", "title_status", "clean"),
        ("no title", "title_status", "missing"),
    ],
)
def test_words_are_taken_for_what_they_tell_of(text, name, value):
    assert title.read(f"2014 Ford {text}", FIELDS).values.get(name) == value


def test_a_colour_in_a_models_name_is_no_colour():
    values = title.read("Infiniti Q50 Red Sport, white", FIELDS).values
    assert (values["model"], values["paint_color"]) == ("q50 red sport", "white")


def test_of_a_long_text_the_beginning_is_read_and_that_is_said():
    said = title.read("2014 Ford Focus " + "x" * MOST_CHARACTERS + " diesel", FIELDS)
    assert said.values == {"year": 2014, "manufacturer": "ford", "model": "focus"}
    assert said.notes == (f"Only the first {MOST_CHARACTERS} characters were read.",)


def test_only_what_the_schema_asks_for_is_filled_in():
    text = "2014 Ford Focus 89k miles diesel $5,000"
    assert title.read(text, the_fields("model", "fuel", "odometer", "year")).values == {
        "manufacturer": "ford"
    }
    assert title.read(text, the_fields("manufacturer", "model")).values == {
        "year": 2014,
        "odometer": 89000,
        "fuel": "diesel",
    }
