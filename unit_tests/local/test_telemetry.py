"""MLflow reports its use to nobody, whichever of the project's entry points imports it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("airflow", "service", "benchmarks", ".")
ASK = """
import {imports}
import mlflow.telemetry
from mlflow.telemetry.utils import is_telemetry_disabled
print(is_telemetry_disabled(), mlflow.telemetry.get_telemetry_client())
"""
# MLflow is quiet by itself where it sees one of these; a report, if there were one, would go nowhere.
QUIET = ("DO_NOT_TRACK", "MLFLOW_", "PYTEST_", "GITHUB_", "CI", "JENKINS_", "TF_BUILD", "BUILDKITE")
NOWHERE = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
IMPORTS = {
    "python -m vehicle_pricing": "vehicle_pricing.__main__, vehicle_pricing.model_steps",
    "a benchmark": "common",
    "the unit tests": "unit_tests.conftest",
    "the integration tests": "integration_tests.conftest",
}


def answer(imports, **changes):
    """What MLflow says in a fresh process that has imported these before it."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(QUIET)}
    path = {"PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in PARTS)}
    command = [sys.executable, "-c", ASK.format(imports=imports)]
    options = {"cwd": ROOT, "capture_output": True, "text": True, "check": True}
    done = subprocess.run(command, env=outside | NOWHERE | path | changes, **options)
    return done.stdout.strip()


@pytest.mark.parametrize("entry", IMPORTS)
def test_no_telemetry_where_nothing_is_set(entry):
    assert answer(IMPORTS[entry]) == "True None"


def test_who_wants_it_has_it():
    on = {"MLFLOW_DISABLE_TELEMETRY": "false", "DO_NOT_TRACK": "false"}
    assert answer("vehicle_pricing.registry", **on).startswith("False <")


def test_whatever_make_runs_is_told():
    command = ["make", "--no-print-directory", "--eval", "said: ; @env", "said"]
    outside = {name: value for name, value in os.environ.items() if not name.startswith(QUIET)}
    options = {"cwd": ROOT, "capture_output": True, "text": True, "check": True}
    told = subprocess.run(command, env=outside, **options).stdout.splitlines()
    assert {"MLFLOW_DISABLE_TELEMETRY=true", "DO_NOT_TRACK=true"} <= set(told)
    assert "STREAMLIT_BROWSER_GATHER_USAGE_STATS=false" in told
