"""A small world of listings for the tests of the model's half."""

import numpy as np
import pandas as pd

from vehicle_pricing import schema as schemas
from vehicle_pricing.storage import dataset_path

MAKES = {
    "ford": {"f-150": 30_000, "f150 xlt": 30_000, "focus": 14_000, "transit": 22_000},
    "toyota": {"camry le": 20_000, "corolla": 16_000, "tacoma": 28_000},
    "citroën": {"ds é": 18_000, "traction 愛": 12_000},
    "kia": {"soul": 13_000, "rio": 9_000},
}
REGIONS = {"ca": ["los angeles", "fresno"], "tx": ["austin", "waco"], "mn": ["duluth"]}
FIRST_DAY = pd.Timestamp("2021-04-04")
BLANK = ("size",)


def listings(count: int, seed: int = 0, first_vehicle: int = 0) -> pd.DataFrame:
    """Clean listings in the columns of a data set, one a vehicle, in the order of their dates."""
    rng = np.random.default_rng(seed)
    makes = rng.choice(list(MAKES), count, p=[0.4, 0.3, 0.1, 0.2])
    models = [rng.choice(list(MAKES[make])) for make in makes]
    states = rng.choice(list(REGIONS), count)
    year = rng.integers(1998, 2021, count).astype(float)
    odometer = np.round((2021 - year) * 4_000 + rng.uniform(1_000, 150_000, count))
    worth = np.array([MAKES[make][model] for make, model in zip(makes, models)])
    noise = rng.lognormal(0, 0.15, count)
    price = worth * 0.93 ** (2021 - year) * np.exp(-odometer / 150_000) * noise
    frame = {
        "listing_id": [f"l{first_vehicle + number}" for number in range(count)],
        "vehicle_id": [f"v{first_vehicle + number}" for number in range(count)],
        "posting_date": FIRST_DAY + pd.to_timedelta(np.sort(rng.uniform(0, 20, count)), "D"),
        "price": np.maximum(np.round(price), 500.0),
        "year": year,
        "odometer": np.where(rng.random(count) < 0.05, np.nan, odometer),
        "manufacturer": makes,
        "model": models,
        "condition": rng.choice(["good", "excellent", "fair", None], count),
        "cylinders": rng.choice(["4 cylinders", "6 cylinders", "other", None], count),
        "fuel": rng.choice(["gas", "gas", "gas", "diesel"], count),
        "title_status": rng.choice(["clean", "clean", "rebuilt"], count),
        "transmission": rng.choice(["automatic", "manual", None], count),
        "drive": rng.choice(["fwd", "4wd", None], count),
        "size": np.full(count, None),
        "type": rng.choice(["sedan", "suv", "pickup", None], count),
        "paint_color": rng.choice(["white", "black", None], count),
        "region": [rng.choice(REGIONS[state]) for state in states],
        "state": states,
        "feedback": False,
    }
    texts = {name: "str" for name in schemas.CATEGORIES}
    return pd.DataFrame(frame).astype(texts)


def card(version: str = "0123456789ab", synthetic: bool = False) -> dict:
    """The card of such a data set."""
    return {
        "version": version,
        "archive": "0" * 64,
        "source": "test",
        "synthetic": synthetic,
        "created_at": "2026-11-01T00:00:00+00:00",
        "from": "2021-04-04",
        "to": "2021-04-24",
        "rows_read": 3_000,
        "rows_kept": 2_900,
        "vehicles": 2_700,
        "rejected": {"price below 500": 100},
        "blank_columns": list(BLANK),
        "feedback": {"rows": 0, "held_back": 0},
        "splits": {
            "train": {"rows": 1_600, "feedback": 0, "from": "2021-04-04", "to": "2021-04-18"},
            "validation": {"rows": 500, "feedback": 0, "from": "2021-04-18", "to": "2021-04-21"},
            "test": {"rows": 600, "feedback": 0, "from": "2021-04-21", "to": "2021-04-24"},
        },
    }


def splits(seed: int = 0) -> dict[str, pd.DataFrame]:
    """Training, validation and test listings of different vehicles."""
    return {
        "train": listings(1_600, seed),
        "validation": listings(500, seed + 1, 10_000),
        "test": listings(600, seed + 2, 20_000),
    }


def put_dataset(storage, version: str, synthetic: bool = False, seed: int = 0) -> None:
    """Write a whole data set into a storage; each listing of training was posted twice."""
    frames = splits(seed)
    for name, frame in frames.items():
        storage.write_frame(frame, dataset_path(version, f"{name}.parquet"))
    cleaned = pd.concat([*frames.values(), frames["train"]], ignore_index=True)
    storage.write_frame(cleaned, dataset_path(version, "listings.parquet"))
    storage.write_json(card(version, synthetic), dataset_path(version, "card.json"))
