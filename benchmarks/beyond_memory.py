"""Data beyond one process's memory: what one process does with it, and what two Dask workers do.

    python benchmarks/beyond_memory.py [ARCHIVE.zip] [--times 4] [--limit-mb 1200] [--rounds 100]

Every listing of the archive (without one, of a synthetic one) is written `--times` times as other
vehicles like it: see repeated_archive. One process takes download, prepare, split and train
without a limit; then with the limit of a worker, in which its train must fail; then two workers
with that limit each do the same for a process that only hands out the work. Train is the encoder
and the price's booster with the default parameters, without the search and the ranges. Prints
peak memory, time and the errors on the test split; keeps them in results.json under
`beyond_memory`: the ratio is the peak of one process to that of the largest with Dask.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import distributed
import numpy as np
import pandas as pd
from common import PIPELINE, kept, pipeline
from preparation import sample_archive
from repeated_archive import repeat

STEPS = ("download", "prepare", "split", "train")
SEED, RATE, TEST_ROWS = 1, 0.1, 10_000
MB = 1 << 20


def main() -> None:
    """Measure each way; print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", nargs="?", type=Path, help="a zip like Kaggle's")
    parser.add_argument("--times", type=int, default=4)
    parser.add_argument("--limit-mb", type=int, default=1200, help="of each worker's memory")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--only", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--id", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measured(arguments.only, arguments.id, arguments.rounds)))
        return
    with tempfile.TemporaryDirectory() as folder:
        entry = compared(arguments, Path(folder))
    kept("beyond_memory", entry)
    print(f"ratio {entry['ratio']}: {entry['unit']}")


def compared(arguments: argparse.Namespace, folder: Path) -> dict:
    """The entry of results.json."""
    archive = folder / "repeated.zip"
    repeat(arguments.archive or sample_archive(folder), archive, arguments.times)
    one = steps(archive, folder / "one", arguments.rounds)
    said("one process", one)
    limited = fails_within(arguments.limit_mb, archive, folder / "one", one, arguments.rounds)
    print(f"one process, held to {arguments.limit_mb} MB: {limited}")
    two, peaks = on_workers(archive, folder / "two", arguments)
    said("two Dask workers", two)
    print(f"peaks of the workers: {peaks} MB")
    largest = max(*peaks, *(step["peak_mb"] for step in two.values()))
    figures = {"times": arguments.times, "rounds": arguments.rounds, "one_process": one}
    figures |= {"limit_mb": arguments.limit_mb, "one_process_within_the_limit": limited}
    return {
        "ratio": round(max(step["peak_mb"] for step in one.values()) / largest, 2),
        "unit": "peak memory of one process / of the largest of two Dask workers and their client",
        "figures": figures | {"two_workers": two, "worker_peaks_mb": peaks},
        "command": "make dask_benchmark ARCHIVE=<archive>",
    }


def said(way: str, figures: dict) -> None:
    """Print the figures of the steps."""
    for name, step in figures.items():
        print(f"{way}, {name:>8}: {step['seconds']:7.1f} s, {step['peak_mb']:5} MB", flush=True)
    print(f"{way}: {figures['train']['metrics']}", flush=True)


def on_workers(archive: Path, folder: Path, arguments) -> tuple[dict, list[int]]:
    """The steps with a cluster of two workers, and the peak memory of each, in MB."""
    sys.path.insert(0, str(PIPELINE))  # the workers find the code by it
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        memory_limit=arguments.limit_mb * MB,
        host="127.0.0.1",
        dashboard_address=None,
    ) as cluster:
        with distributed.Client(cluster) as client:
            before = set(client.run(os.getpid).values())
            figures = steps(
                archive, folder, arguments.rounds, DASK_SCHEDULER=client.scheduler.address
            )
            if set(client.run(os.getpid).values()) != before:
                sys.exit("a worker passed its limit and was started again")
            return figures, list(client.run(peak_mb).values())


def steps(archive: Path, folder: Path, rounds: int, **variables: str) -> dict:
    """Seconds, peak memory and, of train, the metrics of every step, each in its own process."""
    made, found = "", {}
    for step in STEPS:
        done = in_own_process(step, archive, folder, made, rounds, **variables)
        if done.returncode:
            sys.exit(done.stderr[-3000:])
        found[step] = json.loads(done.stdout.splitlines()[-1])
        made = found[step].pop("made") or made
    found["train"]["dataset"] = made
    return found


def fails_within(limit_mb: int, archive: Path, folder: Path, one: dict, rounds: int) -> str:
    """How train of one process ends that may have no more data than that in its memory."""
    version = one["train"]["dataset"]
    done = in_own_process("train", archive, folder, version, rounds, LIMIT_BYTES=str(limit_mb * MB))
    if done.returncode == 0:
        sys.exit(f"one process does with {limit_mb} MB: this compares nothing")
    return (done.stderr.strip().splitlines() or [f"ended by signal {-done.returncode}"])[-1][:200]


def in_own_process(
    step: str, archive: Path, folder: Path, made: str, rounds: int, **variables: str
) -> subprocess.CompletedProcess:
    """One step as a process of its own."""
    command = [sys.executable, __file__, "--only", step, "--id", made, "--rounds", str(rounds)]
    variables |= {"DATASET": str(archive.resolve()), "DATA_URI": str(folder / "data")}
    variables |= {"PREDICTION_LOG_URL": f"sqlite:///{folder / 'none.db'}"}
    return subprocess.run(
        command, env=os.environ | variables, capture_output=True, check=False, text=True
    )


def measured(step: str, made: str, rounds: int) -> dict:
    """Run one step here; imports do not count as its time, but they do as its memory."""
    settings, data_steps = pipeline("settings").Settings(), pipeline("data_steps")
    if limit := int(os.environ.get("LIMIT_BYTES", "0")):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    start, more = time.perf_counter(), {}
    if step == "train":
        more = {"metrics": trained(settings, made, rounds)}
    else:
        made = getattr(data_steps, step)(settings, *([made] if made else []))
    seconds = round(time.perf_counter() - start, 1)
    return {"seconds": seconds, "peak_mb": peak_mb(), "made": made} | more


def trained(settings, version: str, rounds: int) -> dict:
    """Errors on the test split; `other_seed`: of a second fit, which differs by chance alone."""
    training = pipeline("training")
    files = pipeline("storage").Storage.from_settings(settings)
    card, found = files.dataset_card(version), {}
    with pipeline("training_data").training_data(settings, version, card, None) as data:
        prepared = data.prepared()
        parameters = training.DEFAULTS | training.ONE_THREAD | {"learning_rate": RATE}
        for name, seed in (("test", SEED), ("other_seed", SEED + 1)):
            fit = training.fit_price(prepared, parameters, rounds, seed)
            found[name] = fit.booster
    test = files.read_frame(pipeline("storage").dataset_path(version, "test.parquet"))
    return {"train_rows": data.train_rows, "test_rows": len(test)} | {
        name: errors(fit, prepared.encoding, test) for name, fit in found.items()
    }


def errors(booster, encoding: dict, test: pd.DataFrame) -> dict:
    """Metrics of the test split, which is encoded as the service does it, some rows at a time."""
    encoder, predicted = pipeline("serving_model").Encoder(encoding), []
    for start in range(0, len(test), TEST_ROWS):
        rows = test.iloc[start : start + TEST_ROWS]
        listings = pipeline("features").records(rows, encoding["columns"])
        predicted.append(booster.inplace_predict(encoder.encode(listings)))
    prices = np.exp(np.concatenate(predicted).astype(float))
    found = pipeline("evaluation").price_metrics(test["price"].to_numpy(float), prices)
    return {name: round(found[name], 4) for name in ("mae", "rmse", "r2")}


def peak_mb() -> int:
    """The most memory that this process has had."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
