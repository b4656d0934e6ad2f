"""What the benchmarks share: the pipeline's modules, and the file that keeps their figures."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

RESULTS = Path(__file__).with_name("results.json")
PIPELINE = Path(__file__).resolve().parent.parent / "airflow"


def pipeline(module: str) -> ModuleType:
    """A module of vehicle_pricing, which need not be installed."""
    if str(PIPELINE) not in sys.path:
        sys.path.insert(0, str(PIPELINE))
    return importlib.import_module(f"vehicle_pricing.{module}")


def kept(name: str, entry: dict, merged: bool = False) -> None:
    """Write the entry into results.json; merged: into what stands there under the name."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    results[name] = results.get(name, {}) | entry if merged else entry
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
