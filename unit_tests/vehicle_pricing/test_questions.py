"""Rows of training as people ask, and a model fitted on them: a price for whatever is told."""

import numpy as np
import pandas as pd
import pytest

from vehicle_pricing import schema as schemas
from vehicle_pricing.candidate import answers, score
from vehicle_pricing.evaluation import group_medians
from vehicle_pricing.features import TrainingRows
from vehicle_pricing.final_fit import fit_final
from vehicle_pricing.gate import COVERAGE_HIGHEST, COVERAGE_LOWEST, WORST_MEDIAN_RATIO
from vehicle_pricing.onnx_form import pricing_form
from vehicle_pricing.questions import LEAST_COPIED, asked_rows, copied_share
from vehicle_pricing.serving_model import Encoder, VehiclePrice
from vehicle_pricing.training import fit_price, prepare_matrices

from unit_tests.vehicle_pricing.model_world import card, listings

PARAMETERS = {"max_depth": 6, "learning_rate": 0.1, "subsample": 0.8, "colsample_bytree": 0.5}
ROUNDS = 200
# From what people leave out first to what they tell last.
LEAVE_OUT = (
    *("paint_color", "condition", "region", "state", "fuel", "title_status", "transmission"),
    *("cylinders", "drive", "type", "odometer", "model", "manufacturer"),
)


@pytest.fixture(scope="module", name="known")
def known_listings() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and validation listings."""
    return listings(6_000), listings(1_500, 1, 100_000)


@pytest.fixture(scope="module", name="schema")
def schema_of_known(known) -> dict:
    """Their schema."""
    return schemas.build(pd.concat(known), card())


@pytest.fixture(scope="module", name="model")
def served_model(known, schema) -> VehiclePrice:
    """The model that is served of them."""
    found = fit_price(prepare_matrices(*known, schema), PARAMETERS, ROUNDS, seed=1)
    final = fit_final(*known, schema, found, seed=1)
    model = VehiclePrice()
    model.schema = schema
    model.use(final.encoding, pricing_form(final.boosters))
    return model


def test_the_schema_asks_each_question_once_in_terms_of_its_own_features():
    asked = {one["name"]: one["told"] for one in schemas.questions(list(schemas.FEATURE_NAMES))}
    assert asked["all"] == list(schemas.FEATURE_NAMES)
    assert asked["up_front"] == ["manufacturer", "model", "year", "odometer"]
    assert set(asked["all"]) - set(asked["all_but_mileage"]) == {"odometer"}
    assert set(asked["all"]) - set(asked["all_but_place"]) == {"state", "region"}
    few = schemas.questions(["manufacturer", "year", "fuel"])
    assert [one["name"] for one in few] == ["all", "up_front", "year"]
    assert few[1]["told"] == ["manufacturer", "year"]


def test_of_few_listings_all_have_a_copy_and_of_many_half(known, schema):
    assert copied_share(schema) == 1, "2,900 listings"
    many = schema | {"dataset": schema["dataset"] | {"rows": 400_000}}
    asked = asked_rows(known[0], many)
    assert len(asked.listing) == pytest.approx((1 + LEAST_COPIED) * len(known[0]), rel=0.05)


def test_whole_listings_come_first_and_then_their_copies(known, schema):
    frame = known[0]
    asked, rows = asked_rows(frame, schema), TrainingRows(frame, schema)
    np.testing.assert_array_equal(asked.listing, np.tile(np.arange(len(frame)), 2))
    records = list(asked.records(rows.records, np.arange(len(asked.listing))))
    for record, listing in zip(records, asked.of(np.array(rows.records))):
        assert record.items() <= listing.items() and record["year"] is not None
    for record, listing in zip(records, rows.records):
        assert record == {name: value for name, value in listing.items() if value is not None}


def test_every_question_and_features_at_random_are_among_the_copies(known, schema):
    asked = asked_rows(known[0], schema)
    copies = asked.told[len(known[0]) :]
    known_all = asked_rows(known[0].fillna("good"), schema).told[len(known[0]) :]
    names = [feature["name"] for feature in schema["features"]]
    for question in schema["questions"][1:]:
        told = [name in question["told"] for name in names]
        assert (known_all == told).all(axis=1).sum() > 100
    assert len(np.unique(copies, axis=0)) > 100, "features at random"


def test_what_a_vehicle_is_asked_with_hangs_on_nothing_but_the_vehicle(known, schema):
    frame = known[0]
    asked, part = asked_rows(frame, schema), asked_rows(frame.iloc[500:900], schema)
    whole = dict(zip(asked.listing[len(frame) :].tolist(), asked.told[len(frame) :]))
    copies = (part.listing[400:] + 500).tolist()
    assert len(copies) > 100
    np.testing.assert_array_equal(part.told[400:], [whole[place] for place in copies])


def test_a_copy_is_encoded_as_what_it_tells_without_its_own_vehicle_and_day_by_day(known, schema):
    rows = TrainingRows(known[0], schema)
    encoded, asked = rows.out_of_fold(), rows.asked
    copies = np.arange(len(rows.records), len(asked.listing))[:40]
    for place, record in zip(copies, asked.records(rows.records, copies)):
        listing = asked.listing[place]
        encoder = Encoder(rows.encoding(rows.folds != rows.folds[listing]))
        (expected,) = encoder.encode([record], [rows.moments[listing]])
        np.testing.assert_array_equal(encoded[place], expected)


def test_every_question_is_answered_no_worse_than_by_the_median_and_its_range_holds(known, model):
    scored = score(model, listings(3_000, 9, 500_000))
    figures = [one.figures() for one in answers(model, pd.concat(known), scored, seed=1)]
    assert [one["name"] for one in figures][:2] == ["all", "all_but_place"]
    for one in figures:
        assert one["mae"] <= WORST_MEDIAN_RATIO * one["median_mae"], one
        assert COVERAGE_LOWEST <= one["coverage"] <= COVERAGE_HIGHEST, one
        assert 0.82 <= min(one["coverage_by_fifth"]) <= max(one["coverage_by_fifth"]) <= 0.96, one


def test_the_less_is_told_the_wider_the_range_and_the_nearer_the_price_to_the_group(known, model):
    """Over 300 listings, each with one field fewer than the step before."""
    rows = listings(300, 7, 700_000).dropna(subset=["odometer"])
    whole = score(model, rows)
    group = group_medians(pd.concat(known), rows, ("year",))
    untold, widths, distances, moved = [], [], [], []
    for name in (None, *LEAVE_OUT):
        untold += [name] if name else []
        found = score(model, rows.assign(**dict.fromkeys(untold)))
        widths.append(float((found["high"] - found["low"]).mean()))
        distances.append(float(np.abs(np.log(found["predicted_price"] / group)).mean()))
        moved.append(float(np.abs(found["predicted_price"] - whole["predicted_price"]).mean()))
    assert all(later >= 0.98 * earlier for earlier, later in zip(widths, widths[1:])), widths
    assert widths[-1] > 2 * widths[0] and distances[-1] < 0.25 * distances[0], (widths, distances)
    assert all(later <= 1.02 * earlier for earlier, later in zip(distances, distances[1:]))
    way = float(np.abs(whole["predicted_price"] - group).mean())
    assert max(moved) <= 2 * way


def test_the_medians_of_a_group_fall_back_to_the_make_the_year_and_all():
    train = pd.DataFrame(
        {
            "manufacturer": ["ford", "ford", "kia", "kia"],
            "model": ["f-150", "focus", "soul", "rio"],
            "year": [2014, 2014, 2014, 2015],
            "price": [20_000.0, 10_000.0, 8_000.0, 7_000.0],
        }
    )
    asked = pd.DataFrame(
        {
            "manufacturer": ["ford", "ford", "bmw", "bmw"],
            "model": ["focus", "escort", "x5", "x5"],
            "year": [2014, 2014, 2014, 1990],
        }
    )
    every = ("manufacturer", "model", "year", "fuel")
    assert group_medians(train, asked, every).tolist() == [10_000, 15_000, 10_000, 9_000]
    assert group_medians(train, asked, ("year",)).tolist() == [10_000, 10_000, 10_000, 9_000]
