"""What else would narrow the range: by the values of the nearest listings, most first."""

import pytest

from price_service.reference import read_reference
from price_service.untold import LISTINGS, narrower

from unit_tests.price_service.test_comparables import SCHEMA, write

OWN = {"price": 10_000, "low": 6_000, "high": 16_000}
ROWS = [
    {
        "manufacturer": "kia",
        "model": "soul",
        "year": 2014,
        "odometer": 50_000.0 + row,
        "fuel": "gas",
    }
    for row in range(20)
]


class Model:
    """A model whose range is narrower by these dollars for each feature told."""

    def __init__(self, **dollars):
        self.dollars, self.asked = dollars, []

    def predict(self, records):
        """Results as the served model gives them."""
        self.asked += records
        return [self.result(record) for record in records]

    def result(self, record):
        """One result: 10,000 dollars wide, less what each feature told takes off."""
        told = sum(taken for name, taken in self.dollars.items() if name in record)
        return {"price": 10_000, "low": 6_000 + told, "high": 16_000}


@pytest.fixture(name="reference")
def reference_of_kias(tmp_path):
    """Twenty listings of one model; none tells state or region."""
    write(tmp_path / "reference.parquet", ROWS)
    return read_reference(tmp_path / "reference.parquet", SCHEMA)


def test_what_narrows_the_range_most_comes_first_and_little_is_not_told(reference):
    model = Model(odometer=3_000, model=1_200, fuel=200)
    found = narrower(model.predict, SCHEMA, reference, {"year": 2014}, OWN)
    assert found == [
        {"features": ["odometer"], "dollars": 3_000},
        {"features": ["manufacturer", "model"], "dollars": 1_200},
    ]


def test_what_is_told_already_is_never_asked_for(reference):
    model = Model(odometer=3_000, model=1_200, fuel=900)
    told = {"year": 2014, "odometer": 40_000, "manufacturer": "kia"}
    own = model.result(told)
    found = narrower(model.predict, SCHEMA, reference, told, own)
    assert [one["features"] for one in found] == [["model"], ["fuel"]]
    assert narrower(model.predict, SCHEMA, reference, ROWS[0], own) == []


def test_the_values_are_those_of_a_few_listings_the_nearest_first(reference):
    model = Model(odometer=3_000)
    narrower(model.predict, SCHEMA, reference, {"year": 2014, "fuel": "gas"}, OWN)
    miles = [record["odometer"] for record in model.asked if "odometer" in record]
    assert len(miles) == LISTINGS and set(miles) <= {row["odometer"] for row in ROWS}


def test_nothing_is_told_without_a_reference():
    assert narrower(Model(odometer=3_000).predict, SCHEMA, None, {"year": 2014}, OWN) == []
