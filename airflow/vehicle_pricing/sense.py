"""Whether prices go the way that all vehicles' do: not up with more mileage, nor with more age."""

import numpy as np
import pandas as pd

from vehicle_pricing import schema as schemas
from vehicle_pricing.features import records
from vehicle_pricing.serving_model import VehiclePrice

VEHICLES = 1_000
MORE_MILES, MORE_YEARS = 10_000, 1
OLDEST_YEARS = 25  # older ones are collected: there age may well raise the price
# A rise within 3% is noise beside the model's own median error of 13%; 1% is told for comparison.
NOISE = {"share_above_1_percent": 0.01, "share_above_3_percent": 0.03}


def sense(model: VehiclePrice, rows: pd.DataFrame, seed: int) -> dict[str, dict]:
    """For mileage and age: on how many rows it was tried, and the shares whose price rises.

    Of many rows, a seeded sample.
    """
    tried = rows.sample(min(len(rows), VEHICLES), random_state=seed)
    pairs = {"mileage": with_more_miles(tried), "age": a_year_older(tried)}
    return {name: shares_that_rise(model, *pair) for name, pair in pairs.items()}


def with_more_miles(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The vehicles whose reading is known and may be higher, as they are and with more miles."""
    kept = rows[rows["odometer"] + MORE_MILES <= schemas.ODOMETER_MAX_MILES]
    return kept, kept.assign(odometer=kept["odometer"] + MORE_MILES)


def a_year_older(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The vehicles that then are not too old, as they are and built a year earlier."""
    built = rows["year"] - MORE_YEARS
    kept = (rows["posting_date"].dt.year - built <= OLDEST_YEARS) & (built >= schemas.YEAR_MIN)
    return rows[kept], rows[kept].assign(year=built[kept])


def shares_that_rise(model: VehiclePrice, rows: pd.DataFrame, worn: pd.DataFrame) -> dict:
    """Shares of the vehicles that cost more when worn, by more than each noise; None of none."""
    prices, later = (_prices(model, frame) for frame in (rows, worn))
    rise = later / prices - 1
    shares = {
        name: float((rise > noise).mean()) if len(rise) else None for name, noise in NOISE.items()
    }
    return {"rows": len(rise)} | shares


def _prices(model: VehiclePrice, rows: pd.DataFrame) -> np.ndarray:
    results = model.predict_records(records(rows, list(schemas.FEATURE_NAMES)))
    return np.array([result["price"] for result in results])
