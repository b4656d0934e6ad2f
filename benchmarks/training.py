"""How training grows with the rows, beside a plain `xgboost.train`, and what a trial costs.

    python benchmarks/training.py

On a synthetic archive, whatever the machine has: each size in a process of its own, with so many of
its training listings, and the most memory that it took. At the size in the middle the final fit and
a plain `xgboost.train` take turns on one matrix.
"""

import argparse
import datetime
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import xgboost
from accuracy import prepared
from common import kept, pipeline

SIZES = (50_000, 100_000, 200_000, 400_000)
PAIRED_SIZE = 100_000
ARCHIVE_ROWS, VALIDATION_ROWS = 460_000, 10_000
ROUNDS, PAIRS, TRIALS, SEED = 100, 5, 3, 42


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def splits(folder: Path, size: int) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """So many training rows, the validation rows after them, and their schema."""
    rows = pd.read_parquet(folder / "listings.parquet")
    known = rows.iloc[: size + VALIDATION_ROWS]
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    spelled = pipeline("features").common_spellings(known)
    schema = pipeline("schema").build(spelled, card)
    return known.iloc[:size], known.iloc[size:], schema


def parameters(rate: float) -> dict:
    """The booster's, before any search."""
    return pipeline("training").DEFAULTS | {"learning_rate": rate}


def of_size(folder: Path, size: int) -> dict[str, float]:
    """Seconds of each part at this size, and the most memory."""
    training, final_fit = pipeline("training"), pipeline("final_fit")
    train, validation, schema = splits(folder, size)
    began = time.perf_counter()
    matrices = training.prepare_matrices(train, validation, schema)
    encoded = time.perf_counter() - began
    found = training.fit_price(matrices, parameters(training.FINAL_RATE), ROUNDS, SEED)
    figures = {"encoding_seconds": encoded, "search_fit_seconds": found.seconds}
    if size == PAIRED_SIZE:
        figures |= paired(matrices) | {"trial_seconds": trial_seconds(matrices)}
    del matrices
    final = partial(final_fit.fit_final, train, validation, schema, found, SEED)
    figures["final_fit_with_range_seconds"] = seconds(final)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {name: round(value, 2) for name, value in figures.items()} | {"peak_mb": round(peak)}


def paired(matrices) -> dict[str, float]:
    """The price's final fit and a plain fit of the squared error, in turns on one matrix."""
    training, fit_point = pipeline("training"), pipeline("final_fit").fit_point
    matrix, chosen = matrices.train, parameters(training.FINAL_RATE)
    plain = training.common_parameters(matrix, SEED) | chosen
    fits = {
        "price": lambda: fit_point(matrix, matrices.names, chosen, ROUNDS, SEED),
        "plain": lambda: xgboost.train(plain, matrix, ROUNDS),
    }
    taken = {name: [] for name in fits}
    for _ in range(PAIRS):
        for name, fit in fits.items():
            taken[name].append(seconds(fit))
    ratios = [own / other for own, other in zip(*taken.values())]
    found = {f"{name}_fit_seconds": statistics.median(each) for name, each in taken.items()}
    nodes = {f"{name}_fit_nodes": len(fit().trees_to_dataframe()) for name, fit in fits.items()}
    return found | nodes | {"price_fit_over_plain": statistics.median(ratios)}


def trial_seconds(matrices) -> float:
    """The mean of a search's trials."""
    found: list[float] = []
    search = pipeline("search").search
    search(matrices, TRIALS, SEED, lambda number, fit, pruned: found.append(fit.seconds))
    return statistics.mean(found)


def kept_listings(folder: Path) -> None:
    """Keep a synthetic archive's clean listings by date, and their card."""
    archive = folder / "archive.zip"
    pipeline("sample").write_archive(archive, ARCHIVE_ROWS)
    listings, card = prepared(archive, folder)
    card |= {"to": datetime.date.isoformat(listings["posting_date"].max().date())}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    rows = listings.sort_values(["posting_date", "listing_id"], ignore_index=True)
    rows.to_parquet(folder / "listings.parquet")


def entry(found: dict[int, dict]) -> dict:
    """What results.json keeps."""
    return {
        "ratio": found[PAIRED_SIZE]["price_fit_over_plain"],
        "unit": "time of the price's fit over that of a plain xgboost.train on the same matrix",
        "figures": {"rounds": ROUNDS} | {f"{size} rows": one for size, one in found.items()},
        "command": "python benchmarks/training.py",
    }


def main() -> None:
    """Measure each size in a process of its own; print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.size:
        print(json.dumps(of_size(given.folder, given.size)))
        return
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        kept_listings(Path(folder))
        for size in SIZES:
            command = [sys.executable, __file__, "--folder", folder, "--size", str(size)]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
            found[size] = json.loads(done.stdout.splitlines()[-1])
            print(f"{size:>8,} rows: {found[size]}", flush=True)
    kept("training", entry(found))


if __name__ == "__main__":
    main()
