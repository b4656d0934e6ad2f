"""The page of the benchmarks says what results.json holds, and which goals were missed."""

import importlib
import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(name="page")
def module_of_the_page(monkeypatch):
    """benchmarks/page.py, which need not be installed."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("page")
    for name in ("page", "page_plots", "ablation_page", "common"):
        sys.modules.pop(name)


@pytest.fixture(name="results")
def measured():
    """What stands in results.json."""
    return json.loads((BENCHMARKS / "results.json").read_text(encoding="utf-8"))


def test_the_page_is_that_of_the_results(page, results):
    assert page.rendered(results) == page.PAGE.read_text(encoding="utf-8")


def test_its_plots_are_there(page):
    text = page.PAGE.read_text(encoding="utf-8")
    shown = [line.partition("](")[2].rstrip(")") for line in text.splitlines() if "![" in line]
    assert len(shown) == 4 and all((BENCHMARKS / path).is_file() for path in shown)


def test_a_goal_that_is_missed_says_so(page, results):
    results["drift_run"]["figures"]["cpu_seconds_of_a_run"] = 1.01
    assert "| a drift run, CPU seconds | 1.01 | at most 1 | **no** |" in page.goals(results)
    results["drift_run"]["figures"]["cpu_seconds_of_a_run"] = 1.0
    assert "| a drift run, CPU seconds | 1 | at most 1 | yes |" in page.goals(results)
