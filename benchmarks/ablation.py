"""What each group of features brings: the error on validation with it and without it.

    python benchmarks/ablation.py ARCHIVE.zip [--train-to 2021-04-23] [--test-to 2021-04-26]

Splits an archive as accuracy.py does, encodes it once, and fits the price on the training split:
with the groups of the encoder's columns added one after the other, then with each left out of the
whole. Keeps the figures in results.json under `ablation`, writes docs/ablation.md from all of them.
"""

import datetime
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xgboost
from ablation_page import write_page
from accuracy import SEED, asked_for, by_day, described
from common import kept, pipeline

RATE, ROUNDS = 0.15, 600
FITS = 3  # of different seeds: chance moves the error of one by as much as a small group does
AT_ONCE = 2
METRICS = ("mae", "rmse", "r2", "median_absolute_percentage_error")
GROUPS = {
    "year and mileage": r"age|odometer",
    "mileage a year, age times mileage, trailing zeros": (
        r"miles_per_year|age_odometer|trailing_zeros"
    ),
    "plain categories": r"code_(?!title_status$).+",
    "condition, cylinders, title": r"condition|cylinders|code_title_status",
    "price of make, state, region": r"price_(make|state|region)",
    "price of the model's words and text": r"price_(word\d|text)",
    "price of these by year, type, drive, fuel": r"price_(word\d|text)_.+",
    "counts": r"share_.+",
    "axes of the text": r"text_\d+",
}


@dataclass(frozen=True)
class Encoded:
    """Both splits as numbers: training rows out of fold, validation rows as the service does."""

    names: list[str]
    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]

    def only(self, columns: list[str]):
        """What `fit_price` takes, of these columns alone."""
        places = [self.names.index(name) for name in columns]
        (rows, target), (others, prices) = self.train, self.validation
        matrix = xgboost.QuantileDMatrix(rows[:, places], target, nthread=1)
        held_out = xgboost.QuantileDMatrix(others[:, places], prices, ref=matrix, nthread=1)
        return pipeline("training").Prepared({}, columns, matrix, held_out)


@dataclass(frozen=True)
class Arm:
    """Fits of one kind, named by what they have or lack, and their changes to the settings."""

    name: str
    columns: list[str]
    parameters: dict = field(default_factory=dict)
    options: dict[str, Callable | None] = field(default_factory=dict)
    first_seed: int = SEED

    def prices(self, encoded: Encoded) -> np.ndarray:
        """Of the validation rows, in dollars, by each fit."""
        training, prepared = pipeline("training"), encoded.only(self.columns)
        chosen = training.DEFAULTS | {"learning_rate": RATE, "nthread": 1} | self.parameters
        fits = (
            training.fit_price(prepared, chosen, ROUNDS, self.first_seed + fit, **self.options)
            for fit in range(FITS)
        )
        found = [one.booster.predict(prepared.validation) for one in fits]
        return np.exp(np.array(found, dtype=float))


def main() -> None:
    """Measure an archive; keep the figures and write the page."""
    stem, data = asked_for(__doc__)
    kept("ablation", {stem: measured(*data)}, merged=True)
    write_page()


def measured(
    listings: pd.DataFrame, card: dict, train_to: datetime.date, test_to: datetime.date
) -> dict:
    """The entry of results.json."""
    splits = by_day(listings, train_to, test_to)
    encoded = encode(splits, described(splits, card, train_to))
    groups = grouped(encoded.names)
    added, left_out = adding(groups), leaving_out(groups)
    actual = np.exp(encoded.validation[1])
    figures = compared(encoded, actual, [*added, *left_out, *otherwise(encoded.names)])
    ends = (len(added), len(added) + len(left_out))
    return {
        "days": {"train_to": train_to.isoformat(), "test_to": test_to.isoformat()},
        "rows": {name: len(splits[name]) for name in ("train", "validation")},
        "added": figures[: ends[0]],
        "left_out": figures[ends[0] : ends[1]],
        "otherwise": figures[ends[1] :],
        "command": "python benchmarks/ablation.py <archive>",
    }


def encode(splits: dict[str, pd.DataFrame], schema: dict) -> Encoded:
    """Return the whole listings of training and validation by an encoder of the training split."""
    features = pipeline("features")
    rows, validation = features.TrainingRows(splits["train"], schema), splits["validation"]
    encoder = pipeline("serving_model").Encoder(rows.encoding())
    others = encoder.encode(features.records(validation, rows.names))
    target = np.log(validation["price"].to_numpy(float))
    whole = rows.out_of_fold()[: len(rows.records)]
    return Encoded(encoder.names, (whole, rows.log_price), (others, target))


def grouped(names: list[str]) -> dict[str, list[str]]:
    """Group → its columns, but for groups of which the data set has none."""
    found = {
        group: [name for name in names if re.fullmatch(pattern, name)]
        for group, pattern in GROUPS.items()
    }
    return {group: columns for group, columns in found.items() if columns}


def adding(groups: dict[str, list[str]]) -> list[Arm]:
    """One group, two, and so on to the whole."""
    columns, arms = [], []
    for group, more in groups.items():
        columns = columns + more
        arms.append(Arm(group, columns))
    return arms


def leaving_out(groups: dict[str, list[str]]) -> list[Arm]:
    """The whole without each group."""
    return [
        Arm(group, [name for other in groups if other != group for name in groups[other]])
        for group in groups
    ]


def otherwise(names: list[str]) -> list[Arm]:
    """All columns, with something else changed; other seeds tell how much is chance."""
    free = {"monotone_constraints": (0,) * len(names)}
    return [
        Arm("squared error of the log price as the loss", names, options={"loss": None}),
        Arm("mileage may raise the price", names, free),
        Arm("other seeds", names, first_seed=SEED + FITS),
    ]


def compared(encoded: Encoded, actual: np.ndarray, arms: list[Arm]) -> list[dict]:
    """Each arm's errors, and how much worse than the whole, with a bootstrap interval."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        prices = list(pool.map(lambda arm: arm.prices(encoded), arms))
    whole = prices[[len(arm.columns) for arm in arms].index(len(encoded.names))]
    return [
        {"name": arm.name, "columns": len(arm.columns)}
        | mean_metrics(actual, found)
        | {"worse": worse(actual, found, whole)}
        for arm, found in zip(arms, prices)
    ]


def mean_metrics(actual: np.ndarray, prices: np.ndarray) -> dict[str, float]:
    """The metrics of each fit, averaged over the fits."""
    found = [pipeline("evaluation").price_metrics(actual, one) for one in prices]
    return {name: float(np.mean([one[name] for one in found])) for name in METRICS}


def worse(actual: np.ndarray, prices: np.ndarray, others: np.ndarray) -> list[float]:
    """How much larger the mean error is, with the low and high end of its interval."""
    errors = (np.abs(one - actual).mean(axis=0) for one in (prices, others))
    found = pipeline("evaluation").paired_bootstrap(*errors, SEED)
    return [found.mean, found.low, found.high]


if __name__ == "__main__":
    main()
