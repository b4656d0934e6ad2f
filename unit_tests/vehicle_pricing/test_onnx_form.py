"""Boosters in ONNX: they price as XGBoost does, one listing as among many, and much faster."""

import time
import zlib

import numpy as np
import pytest
import xgboost

from vehicle_pricing.onnx_form import booster_files, onnx_form
from vehicle_pricing.serving_model import Trees

ROWS, FEATURES = 4_000, 12


@pytest.fixture(scope="module", name="rows")
def rows_with_gaps():
    """Rows of numbers, a tenth of them missing, some of them far out."""
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 1, (ROWS, FEATURES)).astype(np.float32)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    rows[:5, 0] = [1e30, -1e30, 0.0, -0.0, 1e-30]
    return rows


@pytest.fixture(scope="module", name="booster")
def fitted_booster(rows):
    """A booster of the size that prices real listings."""
    target = 9.5 + np.nansum(rows[:, 1:4], axis=1) * 0.3
    parameters = {"max_depth": 8, "learning_rate": 0.08, "base_score": 9.5, "min_child_weight": 2}
    return xgboost.train(parameters, xgboost.QuantileDMatrix(rows, target), 500)


def test_every_row_gets_the_price_that_xgboost_gives(booster, rows):
    np.testing.assert_allclose(
        Trees(onnx_form(booster)).predict(rows), booster.inplace_predict(rows), rtol=1e-5
    )


def test_a_row_alone_gets_exactly_the_price_that_it_gets_among_many(booster, rows):
    trees = Trees(onnx_form(booster))
    together = trees.predict(rows)
    alone = [trees.predict(rows[index : index + 1])[0] for index in range(500)]
    assert together[:500].tolist() == alone


def test_the_same_booster_has_the_same_form(booster):
    assert onnx_form(booster) == onnx_form(booster)


def test_a_quantile_of_a_target_around_nought_is_the_same_too(rows):
    parameters = {"objective": "reg:quantileerror", "quantile_alpha": 0.05, "max_depth": 4}
    booster = xgboost.train(parameters, xgboost.QuantileDMatrix(rows, np.nan_to_num(rows[:, 1])), 9)
    found = Trees(onnx_form(booster)).predict(rows)
    np.testing.assert_allclose(found, booster.inplace_predict(rows), atol=1e-5)


def test_the_files_hold_each_booster_in_onnx_and_the_price_as_xgboost_keeps_it(booster, rows):
    files = booster_files({"model": booster, "low": booster})
    assert set(files) == {"model.onnx.zlib", "low.onnx.zlib", "model.ubj"}
    assert zlib.decompress(files["low.onnx.zlib"]) == onnx_form(booster)
    assert files == booster_files({"model": booster, "low": booster})
    kept = xgboost.Booster(model_file=bytearray(files["model.ubj"]))
    assert kept.inplace_predict(rows).tolist() == booster.inplace_predict(rows).tolist()


def test_a_row_takes_a_fraction_of_the_time(booster, rows):
    trees = Trees(onnx_form(booster))
    booster.set_param({"nthread": 1})

    def seconds(predict) -> float:
        started = time.process_time()
        for index in range(300):
            predict(rows[index : index + 1])
        return time.process_time() - started

    assert seconds(trees.predict) < seconds(booster.inplace_predict) / 2
