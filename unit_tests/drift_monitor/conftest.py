"""A small world of vehicles, its reference, and a prediction log of it in SQLite."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine, insert

from drift_monitor import calibration, reference
from drift_monitor.log_reader import PREDICTIONS, PredictionLog

FEATURES = {
    "year": "number",
    "odometer": "number",
    "fuel": "category",
    "state": "category",
    "model": "category",
}
SCHEMA = {"features": [{"name": name, "kind": kind} for name, kind in FEATURES.items()]}
START = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)


def make_world(count, seed=0):
    """Listings with predicted and actual prices, as in reference.parquet."""
    draw = np.random.default_rng(seed)
    odometer = draw.gamma(2, 45_000, count).round()
    states = np.array([f"s{number:02}" for number in range(51)], dtype=object)
    models = np.array([f"model {number}" for number in range(400)], dtype=object)
    price = draw.lognormal(9.7, 0.7, count)
    frame = pd.DataFrame(
        {
            "year": draw.integers(1990, 2022, count).astype(float),
            "odometer": np.where(draw.random(count) < 0.05, np.nan, odometer),
            "fuel": draw.choice(["gas", "diesel", "electric"], count, p=[0.86, 0.12, 0.02]),
            "state": states[np.minimum(draw.geometric(0.06, count) - 1, 50)],
            "model": models[np.minimum(draw.geometric(0.02, count) - 1, 399)],
            "predicted_price": price,
            "low": price * 0.7,
            "high": price * 1.4,
            "price": price * draw.lognormal(0, 0.2, count),
        }
    )
    frame.loc[draw.random(count) < 0.2, "state"] = None
    return frame


def make_other_world(rows):
    """All electric, half the mileage, one state."""
    return rows.assign(fuel="electric", state="s40", odometer=rows["odometer"] / 2)


class Log:
    """A prediction log that a test fills."""

    def __init__(self, path):
        self.path = path
        self.url = f"sqlite:///{path}"
        self.engine = create_engine(self.url)
        self.reader = PredictionLog.at(self.url)
        self.written = 0

    def create(self):
        """Make the table."""
        PREDICTIONS.metadata.create_all(self.engine)

    def add(self, rows, **values):
        """Append rows of the world, each a second after the one before."""
        records = rows.astype(object).where(rows.notna(), None).to_dict("records")
        entries = [self._entry(record) | values for record in records]
        with self.engine.begin() as connection:
            connection.execute(insert(PREDICTIONS), entries)

    def _entry(self, record):
        self.written += 1
        return {
            "prediction_id": f"{self.written:032x}",
            "predicted_at": START + timedelta(seconds=self.written),
            "model_version": "1",
            "source": "api",
            "features": {name: record[name] for name in FEATURES if record[name] is not None},
            "price": record["predicted_price"],
            "low": record["low"],
            "high": record["high"],
            "actual_price": None,
        }

    def close(self):
        """Let go of the file."""
        self.engine.dispose()
        self.reader.engine.dispose()


@pytest.fixture(scope="session")
def schema():
    """The model's schema.json."""
    return SCHEMA


@pytest.fixture(scope="session")
def world():
    """Draws rows: world(count, seed)."""
    return make_world


@pytest.fixture(scope="session")
def other_world():
    """Moves rows to another world."""
    return make_other_world


@pytest.fixture(scope="session")
def usual():
    """The reference of a model version."""
    return reference.build("1", SCHEMA, make_world(8000), "mark")


@pytest.fixture(scope="session")
def limits(usual):
    """Its calibration for windows of 200 rows."""
    return calibration.calibrate(usual, 200, windows=5000)


@pytest.fixture
def log(tmp_path):
    """A prediction log without a table yet."""
    made = Log(tmp_path / "log.db")
    yield made
    made.close()
