"""Figures that tell how good predictions are: metrics, segments, a baseline, the bootstrap."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

BOOTSTRAP_DRAWS = 1_000
CONFIDENCE = (0.025, 0.975)
PRICE_BANDS = (0, 5_000, 10_000, 20_000, 30_000, 50_000, float("inf"))
AGE_BANDS = (-float("inf"), 3, 6, 10, 15, 25, float("inf"))
MAKE_MODEL_YEAR = ["manufacturer", "model", "year"]


@dataclass(frozen=True)
class Difference:
    """Mean difference of two errors over the same vehicles, with its 95% bootstrap interval."""

    mean: float
    low: float
    high: float


def price_metrics(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Errors in dollars, and their median share of the price."""
    error = predicted - actual
    spread = float(((actual - actual.mean()) ** 2).sum())
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "r2": 1 - float((error**2).sum()) / spread if spread else 0.0,
        "median_absolute_percentage_error": float(np.median(np.abs(error) / actual)),
        "rows": len(actual),
    }


def metrics(scored: pd.DataFrame) -> dict[str, float]:
    """Metrics of scored rows: columns price, predicted_price, low, high."""
    actual = scored["price"].to_numpy(float)
    found = price_metrics(actual, scored["predicted_price"].to_numpy(float))
    found["interval_coverage"] = float(covered(scored).mean())
    found["interval_mean_width"] = float((scored["high"] - scored["low"]).mean())
    return found


def intervals(scored: pd.DataFrame, seed: int) -> dict[str, list[float]]:
    """Metric → its 95% bootstrap interval over vehicles, one row each."""
    actual, predicted = (scored[name].to_numpy(float) for name in ("price", "predicted_price"))
    inside, width = covered(scored).to_numpy(), (scored["high"] - scored["low"]).to_numpy(float)
    rng, size, draws = np.random.default_rng(seed), len(scored), []
    for _ in range(BOOTSTRAP_DRAWS):
        drawn = rng.integers(0, size, size)
        found = price_metrics(actual[drawn], predicted[drawn])
        found["interval_coverage"] = float(inside[drawn].mean())
        found["interval_mean_width"] = float(width[drawn].mean())
        draws.append(found)
    ends = pd.DataFrame(draws).drop(columns="rows").quantile(CONFIDENCE)
    return {name: values.tolist() for name, values in ends.items()}


def covered(scored: pd.DataFrame) -> pd.Series:
    """Whether each price lies in its range."""
    return scored["price"].between(scored["low"], scored["high"])


def segment_labels(scored: pd.DataFrame) -> dict[str, pd.Series]:
    """Segment → the label of each row: price band, age band, vehicle type."""
    age = scored["posting_date"].dt.year - scored["year"]
    labels = {
        "price_band": _bands(scored["price"], PRICE_BANDS, "{:,.0f} to {:,.0f} USD"),
        "age_band": _bands(age, AGE_BANDS, "{:.0f} to {:.0f} years"),
    }
    if "type" in scored:
        labels["type"] = scored["type"].astype(object).fillna("not given")
    return labels


def segments(scored: pd.DataFrame) -> list[dict]:
    """Rows, error and coverage of every segment."""
    error = (scored["predicted_price"] - scored["price"]).abs()
    frame = pd.DataFrame({"error": error, "covered": covered(scored)})
    found = []
    for segment, labels in segment_labels(scored).items():
        for value, rows in frame.groupby(labels, observed=True):
            figures = {
                "mae": float(rows["error"].mean()),
                "coverage": float(rows["covered"].mean()),
            }
            found.append({"segment": segment, "value": value, "rows": len(rows)} | figures)
    return found


def baseline(train: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Median price by make, model and year; where there is none, by less and less of that."""
    make_model, make_year = ["manufacturer", "model"], ["manufacturer", "year"]
    return medians(train, rows, (MAKE_MODEL_YEAR, make_model, make_year, ["year"]))


def group_medians(train: pd.DataFrame, rows: pd.DataFrame, told: Collection[str]) -> np.ndarray:
    """Return the median price of the group that is told of each row: by year, make and model as
    far as `told` names them, where there is none by year and make, then by year."""
    columns = [name for name in ("year", "manufacturer", "model") if name in told]
    return medians(train, rows, [columns[:size] for size in range(len(columns), 0, -1)])


def medians(train: pd.DataFrame, rows: pd.DataFrame, groups: Iterable[Sequence[str]]) -> np.ndarray:
    """Return each row's median price by the first of the groups' columns that training has its
    values of; where by none, the median of all."""
    predicted = np.full(len(rows), np.nan)
    for columns in map(list, groups):
        by_group = train.groupby(columns)["price"].median().rename("median").reset_index()
        found = rows[columns].merge(by_group, on=columns, how="left")["median"].to_numpy()
        predicted = np.where(np.isnan(predicted), found, predicted)
    return np.where(np.isnan(predicted), train["price"].median(), predicted)


def paired_bootstrap(errors: np.ndarray, others: np.ndarray, seed: int) -> Difference:
    """How much larger `errors` are than `others`, both of the same vehicles, one row each."""
    difference = errors - others
    rng = np.random.default_rng(seed)
    size = len(difference)
    means = [difference[rng.integers(0, size, size)].mean() for _ in range(BOOTSTRAP_DRAWS)]
    low, high = np.quantile(means, CONFIDENCE)
    return Difference(float(difference.mean()), float(low), float(high))


def _bands(values: pd.Series, edges: tuple, form: str) -> pd.Series:
    """The band of each value, such as `5,000 to 10,000 USD`, the last one open."""
    unit, lows = form.rsplit(" ", 1)[-1], [max(low, 0) for low in edges[:-1]]
    names = [form.format(low, high) for low, high in zip(lows, edges[1:-1])]
    names.append(f"{lows[-1]:,.0f} {unit} and more")
    return pd.cut(values, edges, labels=names, right=False)
