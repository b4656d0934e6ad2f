"""What a card tells beside the model's own figures: what more rows bring, what a split hides."""

import logging

import pandas as pd

from vehicle_pricing import rivals
from vehicle_pricing.split import SPLITS
from vehicle_pricing.storage import Storage, dataset_path
from vehicle_pricing.training import (
    DEFAULTS,
    FEWEST_ROWS,
    ONE_THREAD,
    Prepared,
    at_once,
    fit_price,
)
from vehicle_pricing.training_data import TrainingData

log = logging.getLogger(__name__)

FRACTIONS = (1 / 8, 1 / 4, 1 / 2)
CHEAP, CHEAP_ROUNDS = DEFAULTS | ONE_THREAD | {"learning_rate": 0.2}, 200


def learning_curve(data: TrainingData, prepared: Prepared, seed: int) -> list[dict]:
    """Rows and error on the validation split (USD) of quick fits on the most recent of the rows.

    `prepared` holds all of them encoded. A part too small to train on is left out.
    """

    def point(rows: int) -> dict:
        part = prepared if rows == data.train_rows else data.prepared(rows)
        fit = fit_price(part, CHEAP, CHEAP_ROUNDS, seed)
        return {"rows": rows, "mae": fit.best}

    parts = (round(data.train_rows * fraction) for fraction in FRACTIONS)
    return at_once(point, [*(rows for rows in parts if rows >= FEWEST_ROWS), data.train_rows])


def random_against_honest(storage: Storage, version: str, seed: int) -> dict | None:
    """Figures of one untuned XGBoost by a random split of all listings, and by the honest splits.

    None where the data set's cleaned listings, reposts among them, are not kept any more.
    """
    path = dataset_path(version, "listings.parquet")
    if not storage.exists(path):
        log.warning("random and honest split are not compared: there is no %s", path)
        return None
    train, validation, test = (
        storage.read_frame(dataset_path(version, f"{split}.parquet")) for split in SPLITS
    )
    known = pd.concat([train, validation], ignore_index=True)
    return {
        "random": rivals.plain_way(storage.read_frame(path), seed),
        "honest": rivals.honest_way(known, test, seed),
    }
