"""The reference of one model version: its held-out rows in comparable form, and its own error."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from drift_monitor.errors import ReferenceBroken
from drift_monitor.feedback import measure
from drift_monitor.window import Columns, columns_of, comparable

SCHEMA = "schema.json"
ROWS = "reference.parquet"
PREDICTION = "predicted_price"


@dataclass(frozen=True)
class Reference:
    """What windows are compared with. `fingerprint` changes with the files' content."""

    version: str
    columns: Columns
    frame: pd.DataFrame
    prices: np.ndarray
    mae: float | None
    interval_coverage: float | None
    fingerprint: str


def load(version: str, folder: Path) -> Reference:
    """The reference from a folder with schema.json and reference.parquet."""
    try:
        schema = json.loads((folder / SCHEMA).read_text(encoding="utf-8"))
        rows = pd.read_parquet(folder / ROWS)
        return build(version, schema, rows, fingerprint(folder))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReferenceBroken(
            f"The reference of model version {version} cannot be used: {error!r}"
        ) from error


def build(version: str, schema: dict, rows: pd.DataFrame, mark: str) -> Reference:
    """The reference of held-out rows with predicted_price, low, high and price (pure)."""
    columns = columns_of(schema, rows)
    if not columns.names or rows.empty:
        raise ValueError("no row, or no feature of schema.json in reference.parquet")
    labels = rows.rename(columns={"price": "actual_price", PREDICTION: "price"})
    error = measure(labels[["price", "low", "high", "actual_price"]].to_dict("records"))
    return Reference(
        version=version,
        columns=columns,
        frame=comparable(rows, columns),
        prices=rows[PREDICTION].to_numpy(dtype="float64"),
        mae=error.mae,
        interval_coverage=error.interval_coverage,
        fingerprint=mark,
    )


def fingerprint(folder: Path) -> str:
    """12 digits of both files' SHA-256: version numbers start anew in a new registry."""
    digest = hashlib.sha256()
    for name in (SCHEMA, ROWS):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:12]
