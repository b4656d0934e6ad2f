"""Error and coverage on listings whose actual price is known."""

import numpy as np

from drift_monitor.board import Labels


def measure(rows: list[dict]) -> Labels:
    """Mean absolute error (dollars) and the share of actual prices within their range.

    Rows hold price, low, high, actual_price; without a row both figures are None.
    """
    if not rows:
        return Labels()
    columns = {
        name: np.array([row[name] for row in rows], dtype="float64")
        for name in ("price", "low", "high", "actual_price")
    }
    actual = columns["actual_price"]
    covered = (columns["low"] <= actual) & (actual <= columns["high"])
    return Labels(
        rows=len(rows),
        mae=float(np.abs(columns["price"] - actual).mean()),
        interval_coverage=float(covered.mean()),
    )
