"""Prices that rise with mileage or age: counted exactly, and few of a model that was trained."""

import json

import numpy as np
import pandas as pd
import pytest

from vehicle_pricing import schema as schemas
from vehicle_pricing.final_fit import fit_final
from vehicle_pricing.onnx_form import pricing_form
from vehicle_pricing.sense import VEHICLES, sense
from vehicle_pricing.serving_model import VehiclePrice
from vehicle_pricing.training import fit_price, prepare_matrices

from unit_tests.vehicle_pricing.model_world import card, listings, splits

FIRST_YEAR_OF_25 = 1996  # of listings in 2021


class Priced:
    """Prices each listing by a rule."""

    def __init__(self, rule):
        self.rule, self.asked = rule, []

    def predict_records(self, rows):
        """The price alone, as the service's model answers."""
        self.asked += rows
        return [{"price": self.rule(row)} for row in rows]


def vehicles(count: int, **values) -> pd.DataFrame:
    """Listings of 2021, all built in 2010 with 50,000 miles unless said otherwise."""
    return listings(count).assign(**({"year": 2010.0, "odometer": 50_000.0} | values))


def by_make(**rises):
    """A rule: 1% a rise for each 10,000 miles and each year of age, by make."""
    return lambda row: 10_000 * (
        1
        + (row["odometer"] / 10_000 - 5 + 2010 - row["year"])
        * rises.get(row["manufacturer"], -1)
        / 100
    )


def test_shares_are_those_of_the_vehicles_whose_price_rises_by_more_than_the_noise():
    makes = np.repeat(["ford", "kia", "toyota", "citroën"], [5, 20, 25, 50])
    model = Priced(by_make(ford=4, kia=2, toyota=0.5))
    expected = {"rows": 100, "share_above_1_percent": 0.25, "share_above_3_percent": 0.05}
    assert sense(model, vehicles(100, manufacturer=makes), 1) == {
        "mileage": expected,
        "age": expected,
    }


def test_mileage_is_tried_where_it_is_known_and_stays_within_the_bounds():
    miles = [np.nan, 0.0, 490_000.0, 490_001.0]
    model = Priced(lambda row: 1.0)
    assert sense(model, vehicles(4, odometer=miles), 1)["mileage"]["rows"] == 2
    asked = [row["odometer"] for row in model.asked if row["odometer"] is not None]
    assert max(asked[:4]) == schemas.ODOMETER_MAX_MILES


def test_age_is_tried_up_to_25_years():
    years = [FIRST_YEAR_OF_25 + 2.0, FIRST_YEAR_OF_25 + 1.0, float(FIRST_YEAR_OF_25), 1950.0]
    model = Priced(lambda row: 1.0)
    assert sense(model, vehicles(4, year=years), 1)["age"]["rows"] == 2
    assert min(row["year"] for row in model.asked[-2:]) == FIRST_YEAR_OF_25


def test_of_many_vehicles_a_seeded_thousand_are_tried():
    model = Priced(lambda row: 1.0)
    found = sense(model, vehicles(VEHICLES + 200), 1)
    assert found["mileage"]["rows"] == found["age"]["rows"] == VEHICLES == 1_000
    again = Priced(lambda row: 1.0)
    sense(again, vehicles(VEHICLES + 200), 1)
    assert again.asked == model.asked


def test_of_no_vehicle_no_share_is_told():
    found = sense(Priced(lambda row: 1.0), vehicles(3, odometer=np.nan, year=1960.0), 1)
    nothing = {"rows": 0, "share_above_1_percent": None, "share_above_3_percent": None}
    assert found == {"mileage": nothing, "age": nothing}
    assert json.dumps(found, allow_nan=False)


@pytest.fixture(scope="module", name="trained")
def trained_model():
    """A model fitted on a small world, and its test listings."""
    frames = splits()
    known = frames["train"], frames["validation"]
    schema = schemas.build(frames["train"], card())
    found = fit_price(
        prepare_matrices(*known, schema), {"max_depth": 5, "learning_rate": 0.1}, 200, seed=1
    )
    final = fit_final(*known, schema, found, seed=1)
    model = VehiclePrice()
    model.schema = schema
    model.use(final.encoding, pricing_form(final.boosters))
    return model, frames["test"]


@pytest.mark.parametrize(("change", "most"), [("mileage", 0.05), ("age", 0.08)])
def test_the_price_of_hardly_any_vehicle_rises_with_use(trained, change, most):
    found = sense(*trained, seed=1)[change]
    assert found["rows"] > 500
    assert found["share_above_3_percent"] <= most
