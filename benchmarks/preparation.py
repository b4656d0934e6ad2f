"""How long preparing an archive takes, and how much memory, against reading it to nothing.

    python benchmarks/preparation.py [ARCHIVE.zip]

Without an archive it makes a synthetic one. Prints the figures, and keeps them in results.json
under `preparation`: the ratio is the time of download, prepare and split to that of unpacking
the zip with `zipfile` and throwing it away.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from functools import partial
from pathlib import Path

import pandas as pd
from common import kept, pipeline

SAMPLE_ROWS = 426_880
TASKS = ("nothing", "download", "prepare", "split", "pandas")


def main() -> None:
    """Measure each task in a process of its own; print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", nargs="?", type=Path, help="a zip like Kaggle's")
    parser.add_argument("--only", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--id", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measured(arguments.only, arguments.archive, arguments.id)))
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = arguments.archive or sample_archive(Path(folder))
        entry = compared(archive, Path(folder))
    kept("preparation", entry)
    print(f"ratio {entry['ratio']}: {entry['unit']}")


def sample_archive(folder: Path) -> Path:
    """A synthetic archive with as many listings as the real one."""
    path = folder / "sample.zip"
    pipeline("sample").write_archive(path, SAMPLE_ROWS)
    return path


def compared(archive: Path, folder: Path) -> dict:
    """The entry of results.json for an archive."""
    figures, made = {}, ""
    for task in TASKS:
        figures[task] = in_own_process(task, archive, folder, made)
        made = figures[task].pop("made") or made
        print(f"{task:>10}: {figures[task]['seconds']:6.2f} s, {figures[task]['peak_mb']:5.0f} MB")
    ours = sum(figures[task]["seconds"] for task in ("download", "prepare", "split"))
    with zipfile.ZipFile(archive) as opened:
        figures["unpacked_bytes"] = sum(member.file_size for member in opened.infolist())
    figures["prepare_to_nothing"] = ratio(figures, "prepare", "nothing")
    figures["pandas_to_prepare"] = ratio(figures, "pandas", "prepare")
    return {
        "ratio": round(ours / figures["nothing"]["seconds"], 2),
        "unit": "time of download, prepare and split / time of zipfile reading to nothing",
        "figures": figures,
        "command": "make benchmark ARCHIVE=<archive>",
    }


def ratio(figures: dict, task: str, other: str) -> float:
    """The time of one task in times of another."""
    return round(figures[task]["seconds"] / figures[other]["seconds"], 2)


def in_own_process(task: str, archive: Path, folder: Path, made: str) -> dict:
    """Seconds and peak memory of a task, and the id that it made."""
    command = [sys.executable, __file__, str(archive.resolve()), "--only", task, "--id", made]
    variables = {
        "DATASET": str(archive.resolve()),
        "DATA_URI": str(folder / "data"),
        "PREDICTION_LOG_URL": f"sqlite:///{folder / 'none.db'}",
    }
    done = subprocess.run(
        command, env=os.environ | variables, stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def measured(task: str, archive: Path, made: str) -> dict:
    """Run one task here; imports do not count as its time, but they do as its memory."""
    readers = {"nothing": read_to_nothing, "pandas": read_with_pandas}
    work = partial(readers[task], archive) if task in readers else pipeline_step(task, made)
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(seconds, 2), "peak_mb": round(peak), "made": result}


def pipeline_step(task: str, made: str):
    """The step of the pipeline, ready to run."""
    step = getattr(pipeline("data_steps"), task)
    settings = pipeline("settings").Settings()
    return partial(step, settings, *([made] if made else []))


def read_to_nothing(archive: Path) -> str:
    """Unpack the archive and throw it away."""
    with zipfile.ZipFile(archive) as opened, opened.open(opened.infolist()[0]) as stream:
        while stream.read(1 << 20):
            pass
    return ""


def read_with_pandas(archive: Path) -> str:
    """Read every column of the archive into one frame."""
    pd.read_csv(archive, low_memory=False)
    return ""


if __name__ == "__main__":
    main()
