"""What is served: fitted on training and validation rows, with a range that holds."""

import numpy as np
import pandas as pd
import pytest

from vehicle_pricing import schema as schemas
from vehicle_pricing.candidate import score
from vehicle_pricing.evaluation import covered, metrics
from vehicle_pricing.final_fit import COVERAGE, conformal_margin, fit_final, margins_by_price
from vehicle_pricing.onnx_form import pricing_form
from vehicle_pricing.serving_model import VehiclePrice
from vehicle_pricing.training import fit_price, prepare_matrices

from unit_tests.vehicle_pricing.model_world import card, listings

PARAMETERS = {"max_depth": 5, "learning_rate": 0.1, "subsample": 0.8, "colsample_bytree": 0.5}


@pytest.fixture(scope="module", name="fitted")
def fitted_world():
    """The splits, the fit that the validation split stopped, and what is served."""
    frames = {
        "train": listings(6_000),
        "validation": listings(1_500, 1, 100_000),
        "test": listings(1_000, 2, 200_000),
    }
    known = (frames["train"], frames["validation"])
    schema = schemas.build(pd.concat(known), card())
    found = fit_price(prepare_matrices(*known, schema), PARAMETERS, 300, seed=1)
    return frames, schema, found, fit_final(*known, schema, found, seed=1)


def served(schema: dict, final) -> VehiclePrice:
    """The serving model of a final fit."""
    model = VehiclePrice()
    model.schema = schema
    model.use(final.encoding, pricing_form(final.boosters))
    return model


def test_the_served_model_has_the_rounds_that_the_validation_split_found(fitted):
    _, _, found, final = fitted
    assert final.boosters["model"].num_boosted_rounds() == found.rounds
    assert final.encoding["rows"] == 7_500, "training and validation rows"


def test_the_range_holds_nine_of_ten_prices_of_vehicles_never_seen(fitted):
    _, schema, _, final = fitted
    scored = score(served(schema, final), listings(3_000, 9, 500_000))
    assert 0.88 <= covered(scored).mean() <= 0.93
    for _, fifth in scored.groupby(pd.qcut(scored["predicted_price"], 5, labels=False)):
        assert 0.86 <= covered(fifth).mean() <= 0.95, "600 rows"
    assert (scored["low"] > 0).all()
    assert (scored["low"] <= scored["predicted_price"]).all()
    assert (scored["predicted_price"] <= scored["high"]).all()


def test_more_training_rows_make_no_worse_prices(fitted):
    frames, schema, found, final = fitted
    few = fit_final(frames["train"].head(400), frames["validation"], schema, found, seed=1)
    whole, part = (metrics(score(served(schema, one), frames["test"])) for one in (final, few))
    assert whole["mae"] < part["mae"]


def test_the_same_rows_and_seed_give_the_same_boosters_and_margins(fitted):
    frames, schema, found, final = fitted
    again = fit_final(frames["train"], frames["validation"], schema, found, seed=1)
    other = fit_final(frames["train"], frames["validation"], schema, found, seed=2)
    assert (
        again.boosters["model"].save_raw()
        == final.boosters["model"].save_raw()
        != other.boosters["model"].save_raw()
    )
    assert again.boosters["low"].save_raw() == final.boosters["low"].save_raw()
    assert again.encoding == final.encoding


@pytest.mark.parametrize("count", [20, 99, 1_000])
def test_a_margin_holds_its_share_of_the_rows_it_is_taken_from(count):
    outside = np.random.default_rng(0).normal(0, 1, count)
    margin = conformal_margin(outside)
    assert (outside <= margin).sum() >= np.ceil((count + 1) * COVERAGE)
    assert (outside < margin).mean() < COVERAGE + 2 / count


def test_a_margin_of_a_handful_of_rows_is_their_largest():
    assert conformal_margin(np.array([0.1, -0.2, 0.4])) == 0.4


def test_margins_follow_the_price_where_dear_vehicles_are_less_certain():
    rng = np.random.default_rng(0)
    log_prices = rng.uniform(7, 11, 5_000)
    outside = rng.normal(0, 1, 5_000) * (log_prices - 6)
    margins = margins_by_price(outside, log_prices)
    assert margins["margin"] == sorted(margins["margin"])
    assert margins["log_price"] == pytest.approx([7.4, 8.2, 9.0, 9.8, 10.6], abs=0.05)
