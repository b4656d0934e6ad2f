"""What the benchmarks share: the pipeline's modules, a served model, and the file of figures."""

import importlib
import json
import os
import socket
import sys
from pathlib import Path
from types import ModuleType

RESULTS = Path(__file__).with_name("results.json")
ROOT = Path(__file__).resolve().parent.parent
PIPELINE = ROOT / "airflow"
BENCHMARK_FOLDER = ROOT / ".local" / "benchmark"
# Before MLflow is imported, by a benchmark or by what it starts: its use is reported to nobody.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")


def pipeline(module: str) -> ModuleType:
    """A module of vehicle_pricing, which need not be installed."""
    return part("airflow", f"vehicle_pricing.{module}")


def part(folder: str, module: str) -> ModuleType:
    """A module of a part of the project, which need not be installed."""
    path = str(ROOT / folder)
    if path not in sys.path:
        sys.path.insert(0, path)
    return importlib.import_module(module)


def served_model() -> Path:
    """The folder of the model that `live_stack.py` has left; exits where there is none."""
    cache = BENCHMARK_FOLDER / "model_cache"
    try:
        return cache / (cache / "current").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        sys.exit("no model to serve: run `python benchmarks/live_stack.py [ARCHIVE.zip]` first")


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kept(name: str, entry: dict, merged: bool = False) -> None:
    """Write the entry into results.json; merged: into what stands there under the name."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    results[name] = results.get(name, {}) | entry if merged else entry
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
