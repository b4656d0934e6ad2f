"""The model that is served: fitted on training and validation rows, with a range that holds."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xgboost

from vehicle_pricing.features import FOLDS, TrainingRows
from vehicle_pricing.serving_model import Encoder
from vehicle_pricing.training import (
    ONE_THREAD,
    Fit,
    at_once,
    boost,
    common_parameters,
    dollar_huber,
    price_parameters,
)

log = logging.getLogger(__name__)

COVERAGE = 0.9
QUANTILES = (0.05, 0.95)
MARGINS = 5
OUT_OF_FOLD_RATE = 0.1
# Not those of the least loss, which come too early: rare rows that tell little are not fitted yet.
RANGE_ROUNDS = 60
RANGE_PARAMETERS = {
    "objective": "reg:quantileerror",
    "max_depth": 6,
    "learning_rate": 0.15,
    "min_child_weight": 30.0,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
}


@dataclass(frozen=True)
class Final:
    """What is served: the encoder's tables with the range's margins, and the boosters.

    `model` predicts the log price, `low` and `high` the ends of its range around it.
    """

    encoding: dict
    boosters: dict[str, xgboost.Booster]


@dataclass(frozen=True)
class Known:
    """Rows with a known log price, each encoded without its own vehicle; their folds, and what
    each counts in a fit."""

    rows: np.ndarray
    log_price: np.ndarray
    folds: np.ndarray
    weight: np.ndarray

    def without(self, fold: int) -> "Known":
        """All but a fold."""
        return self._of(self.folds != fold)

    def only(self, fold: int) -> "Known":
        """A fold."""
        return self._of(self.folds == fold)

    def matrix(self, ref: xgboost.DMatrix | None = None) -> xgboost.QuantileDMatrix:
        """As XGBoost takes it."""
        return xgboost.QuantileDMatrix(self.rows, self.log_price, weight=self.weight, ref=ref)

    def predict(self, booster: xgboost.Booster) -> np.ndarray:
        """What the booster says of each row."""
        return booster.inplace_predict(self.rows)

    def around(self, log_prices: np.ndarray) -> "Known":
        """The rows with a predicted log price each, and how far the known one is from it."""
        rows = np.column_stack([self.rows, log_prices]).astype(np.float32)
        return replace(self, rows=rows, log_price=self.log_price - log_prices)

    def _of(self, chosen: np.ndarray) -> "Known":
        columns = (self.rows, self.log_price, self.folds, self.weight)
        return Known(*(column[chosen] for column in columns))


def fit_final(
    train: pd.DataFrame, validation: pd.DataFrame, schema: dict, found: Fit, seed: int
) -> Final:
    """Fit on both splits: see `fit_known`."""
    return fit_known(*known_rows(train, validation, schema), found, seed)


def known_rows(train: pd.DataFrame, validation: pd.DataFrame, schema: dict) -> tuple[dict, Known]:
    """Return the encoding of the rows of both splits, and these encoded, as people ask."""
    rows = TrainingRows(pd.concat([train, validation], ignore_index=True), schema)
    told = rows.asked.of(rows.log_price), rows.asked.of(rows.folds), rows.asked.weight
    return rows.encoding(), Known(rows.out_of_fold(), *told)


def fit_known(encoding: dict, known: Known, found: Fit, seed: int) -> Final:
    """Fit on known rows with the parameters and rounds that were found on the validation split.

    The later rows and the greater number are worth 2 to 3% of the error on later vehicles. The
    range is the price and its conformalised quantiles around it: see `fit_range`.
    """
    names = Encoder(encoding).names
    point = fit_point(known.matrix(), names, found.parameters, found.rounds, seed)
    log.info("fitted the price on %d rows; now its range", len(known.log_price))
    log_prices = _prices_out_of_fold(known, names, found, seed)
    low, high, margins = fit_range(known, log_prices, seed)
    boosters = {"model": point, "low": low, "high": high}
    return Final(encoding | {"margins": margins}, boosters)


def fit_range(
    known: Known, log_prices: np.ndarray, seed: int
) -> tuple[xgboost.Booster, xgboost.Booster, dict[str, list[float]]]:
    """Quantiles of the log price around the predicted one (`log_prices`, out of fold), and margins.

    Conformalised quantile regression (Romano, Patterson and Candes 2019) with the scores of
    cross-conformal prediction (CV+, Barber et al. 2021): each row's range comes from the boosters
    of the other folds. One margin for each fifth of the predicted prices (Mondrian, Vovk 2005),
    interpolated between their medians, so that the range holds for cheap and dear alike.
    """
    around = known.around(log_prices)
    outside = _in_each_fold(around, lambda fold: _outside(around, fold, seed))
    low, high = at_once(lambda alpha: fit_quantile(around, alpha, seed), QUANTILES)
    return low, high, margins_by_price(outside, log_prices)


def _outside(around: Known, fold: int, seed: int) -> np.ndarray:
    """How far each row of a fold lies outside the range that the other folds' boosters give it."""
    rest, others = around.only(fold), around.without(fold)
    ends = [rest.predict(fit_quantile(others, alpha, seed)) for alpha in QUANTILES]
    low, high = np.sort(ends, axis=0)
    return np.maximum(low - rest.log_price, rest.log_price - high)


def fit_quantile(around: Known, alpha: float, seed: int) -> xgboost.Booster:
    """Return the booster of a quantile of the log price around the predicted one."""
    matrix = around.matrix()
    chosen = common_parameters(matrix, seed) | RANGE_PARAMETERS | ONE_THREAD
    return boost(matrix, chosen | {"quantile_alpha": alpha}, RANGE_ROUNDS)


def margins_by_price(outside: np.ndarray, log_prices: np.ndarray) -> dict[str, list[float]]:
    """The margin at the median of each fifth of the predicted log prices.

    `outside` is how far each log price lies outside its range, below nought inside.
    """
    order = np.argsort(log_prices, kind="stable")
    fifths = [part for part in np.array_split(order, MARGINS) if len(part)]
    return {
        "log_price": [float(np.median(log_prices[part])) for part in fifths],
        "margin": [conformal_margin(outside[part]) for part in fifths],
    }


def conformal_margin(outside: np.ndarray) -> float:
    """What to widen ranges by so that nine of ten hold, with the correction for a finite sample."""
    share = min(math.ceil((len(outside) + 1) * COVERAGE) / len(outside), 1.0)
    return float(np.quantile(outside, share, method="higher"))


def fit_point(
    matrix: xgboost.DMatrix, names: list[str], parameters: dict, rounds: int, seed: int
) -> xgboost.Booster:
    """The log price of these rows, for so many rounds: nothing is held back to stop by."""
    chosen = price_parameters(parameters, matrix, names, seed)
    return boost(matrix, chosen, rounds, obj=dollar_huber)


def _prices_out_of_fold(known: Known, names: list[str], found: Fit, seed: int) -> np.ndarray:
    """Each row's log price by a booster that has not seen its vehicle; in fewer, larger steps."""
    rate = max(OUT_OF_FOLD_RATE, found.parameters["learning_rate"])
    rounds = max(round(found.rounds * found.parameters["learning_rate"] / rate), 1)
    parameters = found.parameters | {"learning_rate": rate} | ONE_THREAD

    def prices(fold: int) -> np.ndarray:
        booster = fit_point(known.without(fold).matrix(), names, parameters, rounds, seed)
        return known.only(fold).predict(booster)

    return _in_each_fold(known, prices)


def _in_each_fold(known: Known, predict: Callable[[int], np.ndarray]) -> np.ndarray:
    """What `predict(fold)` says of each fold's rows, in the order of the rows."""
    folds = [fold for fold in range(FOLDS) if (known.folds == fold).any()]
    found = np.empty(len(known.log_price))
    for fold, values in zip(folds, at_once(predict, folds)):
        found[known.folds == fold] = values
    return found
