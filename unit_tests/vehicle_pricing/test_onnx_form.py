"""Boosters in ONNX: they price as XGBoost does, one listing as among many, and much faster."""

import time
import zlib

import numpy as np
import pytest
import xgboost

from vehicle_pricing.onnx_form import booster_files, pricing_form
from vehicle_pricing.serving_model import Trees

ROWS, FEATURES = 4_000, 12
QUANTILES = {"low": 0.05, "high": 0.95}


@pytest.fixture(scope="module", name="rows")
def rows_with_gaps():
    """Rows of numbers, a tenth of them missing, some of them far out."""
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 1, (ROWS, FEATURES)).astype(np.float32)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    rows[:5, 0] = [1e30, -1e30, 0.0, -0.0, 1e-30]
    return rows


@pytest.fixture(scope="module", name="boosters")
def fitted_boosters(rows):
    """A booster of the size that prices real listings, and two of quantiles around it."""
    target = 9.5 + np.nansum(rows[:, 1:4], axis=1) * 0.3
    parameters = {"max_depth": 8, "learning_rate": 0.08, "base_score": 9.5, "min_child_weight": 2}
    point = xgboost.train(parameters, xgboost.QuantileDMatrix(rows, target), 500)
    given = np.column_stack([rows, point.inplace_predict(rows)])
    around = np.random.default_rng(1).normal(0, 0.2, ROWS)
    ends = {
        end: xgboost.train(
            {"objective": "reg:quantileerror", "quantile_alpha": alpha, "max_depth": 4},
            xgboost.QuantileDMatrix(given, around),
            20,
        )
        for end, alpha in QUANTILES.items()
    }
    return {"model": point} | ends


@pytest.fixture(scope="module", name="trees")
def trees_in_onnx(boosters):
    """All of them in one graph."""
    return Trees(pricing_form(boosters))


def test_every_row_gets_the_price_and_the_ends_that_xgboost_gives(boosters, trees, rows):
    price, low, high = trees.predict(rows).T
    np.testing.assert_allclose(price, boosters["model"].inplace_predict(rows), rtol=1e-5)
    given = np.column_stack([rows, price])  # a millionth more or less can be the other branch
    ends = np.sort([boosters[end].inplace_predict(given) for end in QUANTILES], axis=0)
    np.testing.assert_allclose([low, high], price + ends, rtol=1e-5)


def test_ends_that_cross_are_put_in_order(boosters, trees, rows):
    crossed = {"model": boosters["model"], "low": boosters["high"], "high": boosters["low"]}
    assert Trees(pricing_form(crossed)).predict(rows).tolist() == trees.predict(rows).tolist()


def test_a_row_alone_gets_exactly_the_price_that_it_gets_among_many(trees, rows):
    together = trees.predict(rows)
    alone = [trees.predict(rows[index : index + 1])[0].tolist() for index in range(500)]
    assert together[:500].tolist() == alone


def test_the_files_hold_all_boosters_in_onnx_and_the_price_as_xgboost_keeps_it(boosters, rows):
    files = booster_files(boosters)
    assert set(files) == {"prices.onnx.zlib", "model.ubj"}
    assert zlib.decompress(files["prices.onnx.zlib"]) == pricing_form(boosters)
    assert files == booster_files(boosters)
    kept = xgboost.Booster(model_file=bytearray(files["model.ubj"]))
    assert kept.inplace_predict(rows).tolist() == boosters["model"].inplace_predict(rows).tolist()


def test_price_and_range_take_a_fraction_of_the_time_of_the_price_by_xgboost(boosters, trees, rows):
    point = boosters["model"]
    point.set_param({"nthread": 1})

    def seconds(predict) -> float:
        started = time.process_time()
        for index in range(300):
            predict(rows[index : index + 1])
        return time.process_time() - started

    assert seconds(trees.predict) < seconds(point.inplace_predict) / 2
