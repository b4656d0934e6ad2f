"""What one run of the drift monitor takes of the processor, and how long its calibration takes.

    python benchmarks/drift_run.py

A window of 500 listings with all columns against a reference of 20,000: Evidently's comparison, the
distributions for the form, what the scores mean, and the drift of the predicted prices.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import pandas as pd
from common import kept, part, served_model

REFERENCE_ROWS, WINDOW_ROWS, RUNS = 20_000, 500, 7


def monitor(module: str):
    """A module of the drift monitor."""
    return part("evidently_service", f"drift_monitor.{module}")


def reference_of(model: Path):
    """The model's reference, drawn again to so many rows."""
    artifacts = model / "artifacts"
    schema = json.loads((artifacts / "schema.json").read_text(encoding="utf-8"))
    rows = pd.read_parquet(artifacts / "reference.parquet")
    rows = rows.sample(REFERENCE_ROWS, random_state=0, replace=len(rows) < REFERENCE_ROWS)
    return monitor("reference").build("1", schema, rows.reset_index(drop=True), "benchmark")


def run(records: list[dict], prices: list[float], reference, limits) -> None:
    """What the monitor does with a window that it has not seen."""
    drift, window = monitor("drift"), monitor("window").window_of(records, reference.columns)
    frames = window.frame, reference.frame, reference.columns
    found = drift.compare(*frames, limits.thresholds)
    monitor("distributions").distributions(*frames)
    drift.feature_drift(found, window, reference, limits)
    drift.prediction_drift(prices, reference, limits)


def main() -> None:
    """Measure, print, keep."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--model", type=Path, help="folder of a model, as the service keeps it")
    model = (arguments.parse_args().model or served_model()).resolve()
    reference = reference_of(model)
    began = time.perf_counter()
    limits = monitor("calibration").calibrate(reference, WINDOW_ROWS)
    calibration = time.perf_counter() - began
    names = list(reference.columns.names)
    rows = pd.read_parquet(model / "artifacts" / "reference.parquet")
    seconds = []
    for number in range(RUNS):
        drawn = rows.sample(WINDOW_ROWS, random_state=number)
        records = json.loads(drawn[names].to_json(orient="records"))
        began = time.process_time()
        run(records, drawn["predicted_price"].tolist(), reference, limits)
        seconds.append(time.process_time() - began)
    figures = {
        "cpu_seconds_of_a_run": round(statistics.median(seconds), 2),
        "columns": len(names),
        "calibration_seconds": round(calibration, 1),
    }
    print("\n".join(f"{name}: {value}" for name, value in figures.items()))
    unit = "processor's seconds of a run over the one allowed"
    kept("drift_run", {"ratio": figures["cpu_seconds_of_a_run"], "unit": unit, "figures": figures})


if __name__ == "__main__":
    main()
