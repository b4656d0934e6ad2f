"""A model card with all that one can hold, and its scored rows, for the tests of page and plots."""

import numpy as np
import pandas as pd

from vehicle_pricing.gate import Answers, Production, judge
from vehicle_pricing.model_card import build_card

from unit_tests.vehicle_pricing.model_world import card as dataset_card
from unit_tests.vehicle_pricing.model_world import listings

CURVE = [{"rows": 250, "mae": 3_400.0}, {"rows": 500, "mae": 3_150.0}]
STUDY = {
    "random": {"mae": 3_313.0, "rmse": 5_645.0, "r2": 0.85, "rows": 20_748},
    "honest": {"mae": 3_771.0, "rmse": 7_027.0, "r2": 0.735, "rows": 17_240},
}
SENSE = {
    "mileage": {"rows": 967, "share_above_1_percent": 0.051, "share_above_3_percent": 0.019},
    "age": {"rows": 0, "share_above_1_percent": None, "share_above_3_percent": None},
}


def scored(count: int = 600, spread: float = 0.1) -> pd.DataFrame:
    """Listings priced with an error of that spread, and a range around each price."""
    frame = listings(count)
    predicted = frame["price"] * np.random.default_rng(5).lognormal(0, spread, count)
    return frame.assign(predicted_price=predicted, low=predicted * 0.85, high=predicted * 1.18)


def card(rows: pd.DataFrame, with_production: bool = True, **dataset) -> dict:
    """The card of the scored rows, compared with version 7 in production or with none."""
    price = rows["price"].to_numpy(float)
    other = Production("7", predicted=price * 1.2, unseen=np.ones(len(rows), bool))
    production = other if with_production else None
    told_little = Answers("make_year", "make and year", rows, price * 1.3)
    judged = rows.assign(trained_on=False), price * 1.4, production, False, 1
    decision = judge(*judged, answers=[told_little])
    about = dataset_card() | dataset
    made = build_card(about, rows, price * 1.4, decision, {"max_depth": "8"}, seed=1)
    told = {"trained_at": "2026-11-24T10:20:30+00:00", "code_revision": "4f5e"}
    told |= {"learning_curve": CURVE, "random_against_honest": STUDY, "sense": SENSE}
    return made | told
