"""Years, miles and asking prices in listings' titles, and numbers that are none of them."""

import pytest

from price_app.describe import title

from unit_tests.price_app.test_title import FIELDS


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2014 Ford", 2014),
        ("'14 Ford", 2014),
        ("’98 Ford", 1998),
        ("'22 Ford", 2022),
        ("2014.5 Toyota Sienna", 2014),
        ("1973 BMW 2002", 1973),
        ("2014 2018 Ford", 2014),
        ("1932 or 1955 Ford", 1955),
        ("Ford, no year", None),
        ("Ford 8' bed, 5'06\" box", None),
        ("Ford $2014", None),
        ("Ford asking 2014", None),
        ("Ford 2,014 miles", None),
        ("Ford 20145", None),
    ],
)
def test_a_year_is_four_digits_or_two_after_an_apostrophe(text, year):
    assert title.read(text, FIELDS).values.get("year") == year


@pytest.mark.parametrize(
    ("text", "miles"),
    [
        ("89k miles", 89000),
        ("89K", 89000),
        ("89.5k mi", 89500),
        ("89,000 mi.", 89000),
        ("89000 original miles", 89000),
        ("89 thousand miles", 89000),
        ("odometer: 89,000", 89000),
        ("Mileage 89k", 89000),
        ("89xxx", 89000),
        ("89,*** miles", 89000),
        ("2014 miles", 2014),
        ("0 miles", 0),
        ("100k mile warranty, 75,000 miles", 75000),
        ("electric, 310 mile range", None),
        ("30 miles per gallon", None),
        ("low miles", None),
        ("$18k", None),
        ("18k obo", None),
        ("1,900,000 miles", None),
        ("9" * 290 + " miles", None),
    ],
)
def test_miles_are_those_driven(text, miles):
    assert title.read(f"Ford {text}", FIELDS).values.get("odometer") == miles


@pytest.mark.parametrize(
    ("text", "asking"),
    [
        ("$18,500", 18500),
        ("$ 18500.00", 18500),
        ("$18.500", 18500),
        ("$18.5k", 18500),
        ("US$18500", 18500),
        ("18500 obo", 18500),
        ("18,500 USD", 18500),
        ("asking 2014", 2014),
        ("price: 3500", 3500),
        ("$500 down $299/mo", None),
        ("$500 down, $9,900 total", 9900),
        ("was $19,900 now $17,500", 17500),
        ("$1", None),
        ("$" + "9" * 200, None),
        ("priced to sell", None),
    ],
)
def test_the_asking_price_is_for_the_whole_vehicle(text, asking):
    assert title.read(f"2014 Ford {text}", FIELDS).asking == asking


def test_kilometres_are_converted_and_that_is_said():
    said = title.read("2014 Ford Focus 100,000 km", FIELDS)
    assert said.values["odometer"] == 62137
    assert said.notes == ("“100,000 km” was taken as 62,137 miles.",)


def test_what_is_out_of_bounds_is_left_out_and_that_is_said():
    said = title.read("2031 Ford Focus 900,000 miles", FIELDS)
    assert said.values == {"manufacturer": "ford", "model": "focus"}
    assert said.notes == (
        "“900,000 miles” is not between 0 and 500,000 miles: left out.",
        "The year 2031 is not between 1950 and 2022: left out.",
    )
