"""Every step of the pipeline as the command that a person types, each in a process of its own."""

import os
import subprocess
import sys

import pytest

from integration_tests.stack import ROOT


@pytest.fixture(scope="module")
def run_command(tmp_path_factory):
    """Runs `python -m vehicle_pricing ...` on a small sample: its last line, or its failure."""
    folder = tmp_path_factory.mktemp("commands")
    variables = os.environ | {
        "PYTHONPATH": str(ROOT / "airflow"),
        "DATASET": "sample",
        "SAMPLE_ROWS": "3000",
        "DATA_URI": str(folder / "data"),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
        "PREDICTION_LOG_URL": f"sqlite:///{folder}/prediction_log.db",
        "TRAIN_TRIALS": "1",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "vehicle_pricing", *arguments]
        return subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, text=True, timeout=120
        )

    return run


@pytest.fixture(scope="module")
def ids(run_command):
    """What each command of the way to production printed, by its name."""
    made = {}
    steps = (
        ("download", lambda: []),
        ("prepare", lambda: [made["download"]]),
        ("split", lambda: [made["prepare"]]),
        ("train", lambda: ["--dataset-version", made["split"], "--trials", "1"]),
        ("evaluate", lambda: [made["train"]]),
        ("promote", lambda: [made["evaluate"]]),
    )
    for name, arguments in steps:
        done = run_command(name, *arguments())
        assert done.returncode == 0, done.stderr[-2000:]
        made[name] = done.stdout.strip().splitlines()[-1]
    return made


def test_each_command_prints_the_id_that_the_next_one_takes(ids):
    assert len(ids["download"]) == 64
    assert ids["prepare"] == ids["split"] and len(ids["split"]) == 12
    assert len(ids["train"]) == 32
    assert ids["evaluate"] == "1"
    assert ids["promote"] == "version 1 is in production, in place of none"


def test_preparing_the_same_archive_again_gives_the_same_version_and_ends_well(ids, run_command):
    again = run_command("prepare", ids["download"])
    assert again.returncode == 0
    assert again.stdout.strip() == ids["prepare"]
    assert "no new data" in again.stderr


def test_a_rollback_with_nothing_to_go_back_to_says_so_and_fails(ids, run_command):
    done = run_command("rollback")
    assert done.returncode == 1
    assert "nothing to roll back to" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["prepare", "0" * 64], "run download first"),
        (["split", "0" * 12], "run prepare first"),
        (["train", "--dataset-version", "0" * 12], "0" * 12),
        (["promote", "99"], "99"),
        (["promote", "1", "--force"], "needs a reason"),
    ],
)
def test_an_id_that_is_not_there_is_a_sentence_and_no_traceback(ids, run_command, arguments, said):
    done = run_command(*arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
