"""From `make demo` to the first prediction, the workers' memory, and from drift to its alert.

    PYTHONPATH=. python benchmarks/live_stack.py [ARCHIVE.zip]

Starts the stack without containers on ports of its own, with its data in .local/benchmark, trains,
and ends it. The model that it leaves there is what the other benchmarks serve.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

import psutil
from common import BENCHMARK_FOLDER, ROOT, free_port, kept
from rich.console import Console

from local import demo, traffic
from local.environment import Environment, make_env_file, read_settings
from local.http import request_json
from local.progress import Progress

ALERT_SECONDS, WINDOW_ROWS, RATE = 120, 500, 100
MEBIBYTE = 2**20


class Timed(Progress):
    """Progress that remembers when what was said."""

    def __init__(self):
        super().__init__(Console(highlight=False))
        self.said: list[tuple[float, str]] = []

    def say(self, text: str, style: str = "") -> None:
        """One line, remembered."""
        self.said.append((time.monotonic() - self.start, text))
        super().say(text, style)

    def at(self, text: str) -> float:
        """When the text was said first."""
        return next(seconds for seconds, said in self.said if said.startswith(text))


def environment(archive: Path | None) -> Environment:
    """Settings of a stack that shares nothing with one that may run."""
    make_env_file(ROOT)
    ports = {f"{part}_PORT": str(free_port()) for part in demo.PORTS}
    chosen = {"DATASET": str(archive.resolve()) if archive else "sample", "API_KEY": ""}
    return Environment(ROOT, BENCHMARK_FOLDER, read_settings(ROOT, {}) | ports | chosen)


def started(stack: demo.Demo) -> dict[str, float]:
    """Start it as `make demo` does; the seconds that each part took until the first prediction."""
    stack.start_parts()
    stack.bring_a_model()
    stack.journey.first_prediction()
    whole = time.monotonic() - stack.progress.start
    at = stack.progress.at
    ends = {
        "databases, MLflow, service": at("service ✓"),
        "Airflow and its DAGs": at("Airflow's DAGs ✓"),
        "create_datasets": at("create_datasets.split: success"),
        "train_model": at("train_model.promote: success"),
        "the model in the service": whole,
    }
    begins = [0.0, *list(ends.values())[:-1]]
    return {part: round(end - begin, 1) for (part, end), begin in zip(ends.items(), begins)}


def workers_mb(port: int) -> list[int]:
    """Proportional set size of each of the service's workers, in MiB."""
    own = psutil.Process()
    masters = [
        process
        for process in own.children(recursive=True)
        if "price_service:create_app" in " ".join(process.cmdline())
    ]
    found = {child.pid: child for master in masters for child in master.children()}
    if not found:
        sys.exit(f"no worker of the service was found behind port {port}")
    return sorted(child.memory_full_info().pss // MEBIBYTE for child in found.values())


def alert_seconds(url: str, monitor: str, mlflow: str) -> float:
    """From the first request of another world, after a usual window, to the monitor's alert."""
    client, rows = traffic.Client(url), traffic.reference_rows(mlflow)
    schema = client.schema()
    listings = traffic.listings_of(rows, schema, WINDOW_ROWS, 1)
    for start in range(0, WINDOW_ROWS, traffic.MOST_ROWS_A_REQUEST):
        client.predict(listings[start : start + traffic.MOST_ROWS_A_REQUEST])
    wait_for(lambda: drift(monitor)["window_rows"] >= WINDOW_ROWS, "a usual window")
    if drift(monitor)["alert"]:
        sys.exit("the alert is there before the drift")
    strange = traffic.of_another_world(listings, schema)
    began = time.monotonic()
    for start in range(0, WINDOW_ROWS, RATE):
        client.predict(strange[start : start + RATE])
        time.sleep(1)
    wait_for(lambda: drift(monitor)["alert"], "the alert")
    return time.monotonic() - began


def drift(monitor: str) -> dict:
    """What the monitor says."""
    return request_json("GET", f"{monitor}/drift")


def wait_for(condition, what: str) -> None:
    """Poll; exits where it does not come."""
    deadline = time.monotonic() + ALERT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{what} did not come within {ALERT_SECONDS} s")
        time.sleep(0.2)


def main() -> None:
    """Measure, print, keep."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("archive", nargs="?", type=Path, help="a zip like Kaggle's")
    given = arguments.parse_args()
    shutil.rmtree(BENCHMARK_FOLDER, ignore_errors=True)
    BENCHMARK_FOLDER.mkdir(parents=True)
    settings = environment(given.archive)
    stack = demo.prepare(settings, dict(os.environ), Timed())
    try:
        parts = started(stack)
        stack.wait_for("MONITOR")
        memory = workers_mb(settings.port("SERVICE"))
        urls = [settings.url(part) for part in ("SERVICE", "MONITOR", "MLFLOW")]
        alert = round(alert_seconds(*urls), 1)
    finally:
        stack.stop()
    whole = round(sum(parts.values()), 1)
    figures = {
        "seconds_to_first_prediction": whole,
        "seconds_by_part": parts,
        "service_worker_pss_mb": memory,
        "seconds_from_first_strange_request_to_alert": alert,
    }
    unit = "seconds to the first prediction over the 180 allowed"
    entry = {"ratio": round(whole / 180, 2), "unit": unit, "figures": figures}
    stem = given.archive.stem if given.archive else "sample"
    kept("live_stack", {stem: entry}, merged=True)
    print("\n".join(f"{name}: {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
