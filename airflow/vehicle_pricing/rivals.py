"""What the model is compared with besides the median: XGBoost as it comes, split in two ways."""

import numpy as np
import pandas as pd
import xgboost

from vehicle_pricing import schema as schemas
from vehicle_pricing.evaluation import price_metrics

RANDOM_TEST_SHARE = 0.1


def untuned(
    known: pd.DataFrame, test: pd.DataFrame, seed: int, log_price: bool = True
) -> np.ndarray:
    """Prices of XGBoost as it comes, texts as the numbers of their alphabetical order."""
    target = np.log(known["price"]) if log_price else known["price"]
    # Threads that wait for one another cost more than they bring on a busy machine: four times.
    model = xgboost.XGBRegressor(random_state=seed, n_jobs=1)
    model.fit(codes(known, known), target)
    found = model.predict(codes(test, known))
    return np.exp(found) if log_price else found


def codes(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Features as numbers; a text that the known rows lack is -1."""
    found = {}
    for feature in schemas.FEATURES:
        values = rows[feature.name]
        if feature.kind == "category":
            texts = pd.Index(sorted(known[feature.name].dropna().unique()))
            values = texts.get_indexer(values)
        found[feature.name] = np.asarray(values, dtype=float)
    return pd.DataFrame(found)


def plain_way(listings: pd.DataFrame, seed: int) -> dict[str, float]:
    """The figures that a random split of all rows shows: copies of a vehicle are in both parts."""
    is_test = np.random.default_rng(seed).random(len(listings)) < RANDOM_TEST_SHARE
    test = listings[is_test]
    return against(test, untuned(listings[~is_test], test, seed, log_price=False))


def honest_way(known: pd.DataFrame, test: pd.DataFrame, seed: int) -> dict[str, float]:
    """The figures of the same XGBoost on later vehicles that it has not seen."""
    return against(test, untuned(known, test, seed, log_price=False))


def against(rows: pd.DataFrame, predicted: np.ndarray) -> dict[str, float]:
    """Errors of these prices of the rows."""
    return price_metrics(rows["price"].to_numpy(float), predicted)
