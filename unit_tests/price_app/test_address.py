"""Descriptions as query parameters, and whatever else an address may hold."""

import pytest

from price_app.describe import address
from price_app.describe.fields import fields_of

from unit_tests.price_app.conftest import a_schema

FIELDS = fields_of(a_schema())
RECORD = {"manufacturer": "ford", "model": "GT40 replica", "year": 2014, "fuel": "diesel"}


def test_a_description_comes_back_from_its_address():
    said = address.from_query(address.to_query(RECORD, 18500), FIELDS)
    assert (said.values, said.asking, said.notes) == (RECORD, 18500, ())


def test_an_address_without_an_asking_price_has_none():
    assert address.to_query({"year": 2014}, None) == {"year": "2014"}
    assert address.from_query({"year": "2014"}, FIELDS).asking is None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("manufacturer", "Chevy", "Chevy"),
        ("manufacturer", "FORD", "ford"),
        ("model", "f 150", "f-150"),
        ("fuel", "Diesel", "diesel"),
        ("year", "2014.0", 2014),
        ("odometer", "0", 0),
    ],
)
def test_values_are_taken_in_other_spellings(name, text, value):
    said = address.from_query({name: text}, FIELDS)
    assert (said.values, said.notes) == ({name: value}, ())


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"year": "1066"}, "Year “1066”"),
        ({"year": "2014.5"}, "Year “2014.5”"),
        ({"year": "nan"}, "Year “nan”"),
        ({"year": ""}, "Year “”"),
        ({"odometer": "-1"}, "Odometer (miles) “-1”"),
        ({"odometer": "1e5"}, "Odometer (miles) “1e5”"),
        ({"odometer": "9" * 400}, f"Odometer (miles) “{'9' * 40}…”"),
        ({"fuel": "steam"}, "Fuel “steam”"),
        ({"model": "x" * 301}, f"Model “{'x' * 40}…”"),
        ({"model": "f\n150"}, "Model “f150”"),
        ({"manufacturer": "ford", "model": "x5"}, "Model “x5”"),
        ({"odometr": "9"}, "odometr “9”"),
        ({"manufacterer": "ford"}, "manufacterer “ford”"),
        ({"Make": "ford"}, "Make “ford”"),
        ({"asking_price": "free"}, "asking_price “free”"),
        ({"asking_price": "0"}, "asking_price “0”"),
        ({"asking_price": "99999999999"}, "asking_price “99999999999”"),
    ],
)
def test_nonsense_is_left_out_and_named(query, named):
    said = address.from_query(query, FIELDS)
    assert said.notes == (f"This form cannot use a part of the address: {named}.",)
    assert list(said.values) == [name for name in query if name == "manufacturer"]
    assert said.asking is None


@pytest.mark.parametrize(
    "name",
    [
        "utm_source",
        "fbclid",
        "gclid",
        "msclkid",
        "mc_cid",
        "igshid",
        "igsh",
        "_hsenc",
        "_hsmi",
        "si",
        "ref",
        "ttclid",
        "yclid",
        "wbraid",
        "dclid",
        "__s",
        "vero_id",
        "s_cid",
        "trk",
        "embed",
        "price",
    ],
)
def test_what_others_add_to_a_link_is_passed_over_in_silence(name):
    said = address.from_query({"year": "2014", name: "aa"}, FIELDS)
    assert (said.values, said.notes) == ({"year": 2014}, ())


def test_much_nonsense_is_named_in_part():
    [note] = address.from_query({f"year{n}": "y" for n in range(50)}, FIELDS).notes
    assert note.endswith("year7 “y” and more.")
