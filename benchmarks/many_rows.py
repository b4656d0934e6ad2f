"""Rows a second of 10,000 listings to /predict and 100,000 to /predict/csv, beside XGBoost alone.

    python benchmarks/many_rows.py

XGBoost alone is `inplace_predict` of the price on rows that are numbers already, with two threads,
in the same run: neither text, nor checks, nor a range, nor a record of what was answered.
"""

import argparse
import csv
import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import http_service
import psutil
import requests
import xgboost
from common import kept, part, served_model

LISTINGS, CSV_ROWS, ROUNDS = 10_000, 100_000, 3
THREADS = 2
MEBIBYTE = 2**20


def rate(work: Callable[[], None], rows: int) -> float:
    """Rows a second, the median of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return rows / statistics.median(seconds)


def xgboost_alone(model: Path, listings: list[dict]) -> Callable[[], None]:
    """`inplace_predict` on the listings as numbers."""
    pyfunc = part("service", "price_service.model").unwrapped(model)
    rows = pyfunc.encoder.encode(listings)
    booster = xgboost.Booster(model_file=str(model / "artifacts" / "model.ubj"))
    booster.set_param({"nthread": THREADS})
    return lambda: booster.inplace_predict(rows)


def as_csv(listings: list[dict]) -> bytes:
    """The listings as a CSV file of CSV_ROWS rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, listings[0].keys(), lineterminator="\n")
    writer.writeheader()
    for number in range(CSV_ROWS):
        writer.writerow(listings[number % len(listings)])
    return text.getvalue().encode()


def largest_mb(server: psutil.Process) -> int:
    """Proportional set size of its largest worker, in MiB."""
    return max(child.memory_full_info().pss for child in server.children()) // MEBIBYTE


def asked(url: str, body: bytes, kind: str, server: psutil.Process) -> Iterator[int]:
    """Send the body, read the answer to its end; the memory as it goes."""
    headers = {"Content-Type": kind}
    with requests.post(url, data=body, headers=headers, timeout=300, stream=True) as answer:
        answer.raise_for_status()
        for number, _ in enumerate(answer.iter_content(MEBIBYTE)):
            if number % 4 == 0:
                yield largest_mb(server)
    yield largest_mb(server)


def over_http(model: Path, listings: list[dict]) -> dict[str, float]:
    """Rows a second of each route, and the memory of the larger worker."""
    figures: dict[str, float] = {}
    memory: list[int] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "listings.jsonl").write_text(json.dumps(listings[0]), encoding="utf-8")
        service = http_service.contenders(model, folder)[http_service.SERVICE]
        with http_service.running(service, folder) as server:

            def work(path: str, body: bytes, kind: str) -> None:
                memory.extend(asked(f"{service.address}/{path}", body, kind, server))

            as_json = partial(work, "predict", json.dumps(listings).encode(), "application/json")
            as_file = partial(work, "predict/csv", as_csv(listings), "text/csv")
            figures["worker_mb_before"] = largest_mb(server)
            figures["predict_rows_per_second"] = rate(as_json, len(listings))
            figures["csv_rows_per_second"] = rate(as_file, CSV_ROWS)
    return figures | {"worker_mb_most": max(memory)}


def main() -> None:
    """Measure, print, keep."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--model", type=Path, help="folder of a model, as the service keeps it")
    model = (arguments.parse_args().model or served_model()).resolve()
    listings = http_service.listings(model, LISTINGS)
    alone = rate(xgboost_alone(model, listings), LISTINGS)
    found = {"xgboost_alone_rows_per_second": alone} | over_http(model, listings)
    figures = {name: round(value) for name, value in found.items()}
    print("\n".join(f"{name}: {value:,}" for name, value in figures.items()))
    slowest = min(figures["predict_rows_per_second"], figures["csv_rows_per_second"])
    unit = "rows a second of the slower route over those of inplace_predict on ready numbers"
    kept("many_rows", {"ratio": round(slowest / alone, 3), "unit": unit, "figures": figures})


if __name__ == "__main__":
    main()
