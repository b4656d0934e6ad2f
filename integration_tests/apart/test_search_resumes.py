"""`train` is killed in the middle of its search, started again, and ends as if nothing had been."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from mlflow.entities import Run

from vehicle_pricing.errors import TrainingError
from vehicle_pricing.registry import Registry
from vehicle_pricing.settings import Settings
from vehicle_pricing.study import Tried
from vehicle_pricing.tracking import EXPERIMENT, Tracking
from vehicle_pricing.training import Fit

from integration_tests.stack import ROOT, files_below, make_dataset, poll

TRIALS, LATER_TRIALS = 3, 4


class Place:
    """A folder with an MLflow of its own, in which `train` runs on a data set of all places."""

    def __init__(self, folder: Path, data_uri: str):
        folder.mkdir()
        self.folder = folder
        self.tracking_uri = f"sqlite:///{folder}/mlflow.db"
        self.variables = os.environ | {
            "PYTHONPATH": str(ROOT / "airflow"),
            "DATA_URI": data_uri,
            "MLFLOW_TRACKING_URI": self.tracking_uri,
        }
        # The tables are made before the process that also looks at them starts.
        self.client = Registry(self.tracking_uri).client
        self.client.search_experiments()

    def start(self, trials: int) -> subprocess.Popen:
        """`train`, running."""
        command = [sys.executable, "-m", "vehicle_pricing", "train", "--trials", str(trials)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.folder, env=self.variables, **pipes)

    def train(self, trials: int) -> tuple[str, str]:
        """`train` to its end: the run's id and the log."""
        process = self.start(trials)
        out, log = process.communicate(timeout=240)
        assert process.returncode == 0, log[-2_000:]
        return out.strip().splitlines()[-1], log

    def runs(self) -> list[Run]:
        """All runs."""
        found = self.client.get_experiment_by_name(EXPERIMENT)
        return self.client.search_runs([found.experiment_id]) if found else []

    def trials(self) -> list[str]:
        """The numbers of the trials that came to their end."""
        ended = [run for run in self.runs() if run.info.status in ("FINISHED", "KILLED")]
        return sorted(run.data.tags["trial"] for run in ended if "trial" in run.data.tags)

    def boosters(self) -> dict[str, list[bytes]]:
        """The boosters that trainings have left here."""
        names = ("model.ubj", "prices.onnx.zlib")
        return {
            name: [path.read_bytes() for path in files_below(self.folder, name)] for name in names
        }


@pytest.fixture(scope="module", name="places")
def killed_and_undisturbed(tmp_path_factory):
    """Where `train` was killed and started again with more trials, and where nothing happened."""
    folder = tmp_path_factory.mktemp("search")
    data_uri, log_url = str(folder / "data"), f"sqlite:///{folder}/prediction_log.db"
    make_dataset(
        Settings(dataset="sample", sample_rows=3_000, data_uri=data_uri, prediction_log_url=log_url)
    )
    killed, undisturbed = (Place(folder / name, data_uri) for name in ("killed", "undisturbed"))
    process = killed.start(TRIALS)
    try:
        poll(lambda: killed.trials() or process.poll() is not None, "a trial logged", 120, 0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    left = killed.runs()
    run_id, log = killed.train(LATER_TRIALS)
    reference, _ = undisturbed.train(LATER_TRIALS)
    return SimpleNamespace(
        killed=killed,
        exit_code=process.returncode,
        left=left,
        run_id=run_id,
        log=log,
        undisturbed=undisturbed,
        reference=reference,
    )


def parents(runs: list[Run]) -> list[Run]:
    """The runs that are no trials."""
    return [run for run in runs if "trial" not in run.data.tags]


def test_the_kill_came_in_the_middle(places):
    assert places.exit_code == -signal.SIGKILL
    assert [run.info.status for run in parents(places.left)] == ["RUNNING"]
    assert 1 < len(places.left) <= TRIALS, "at least one trial, and not all of them"


def test_the_same_run_is_continued_to_its_end(places):
    assert places.run_id == parents(places.left)[0].info.run_id
    (run,) = parents(places.killed.runs())
    assert run.info.status == "FINISHED"
    assert run.data.params["trials"] == str(LATER_TRIALS)
    assert f"continues run {places.run_id}: " in places.log


def test_no_trial_is_doubled_and_none_seems_to_run_for_ever(places):
    assert places.killed.trials() == [str(number) for number in range(LATER_TRIALS)]
    assert "RUNNING" not in {run.info.status for run in places.killed.runs()}


def test_the_model_is_that_of_a_training_without_a_kill(places):
    resumed = places.killed.client.get_run(places.run_id).data
    reference = places.undisturbed.client.get_run(places.reference).data
    assert resumed.params == reference.params
    assert resumed.metrics["validation_mae"] == reference.metrics["validation_mae"]
    assert len(places.killed.boosters()["model.ubj"]) == 1
    assert places.killed.boosters() == places.undisturbed.boosters()


def test_a_trial_comes_back_from_a_server_to_the_last_digit(mlflow_url):
    parameters = {
        "max_depth": 7,
        "min_child_weight": 1.0 / 3.0,
        "subsample": 0.1 + 0.7,
        "colsample_bytree": 0.30000000000000004,
        "reg_lambda": 19.999999999999996,
    }
    curve = [9_000.1 / (step + 1) for step in range(400)]
    booster = SimpleNamespace(num_boosted_rounds=lambda: len(curve))
    tracking, tags = Tracking(Registry(mlflow_url)), {"dataset_version": "none", "search": "wire"}
    with pytest.raises(TrainingError):
        with tracking.run(tags) as run:
            tracking.log_trial(run.run_id, 0, Fit(booster, parameters, 1.5, curve), False)
            raise TrainingError("cut short")
    with tracking.run(tags) as again:
        assert again == (run.run_id, [Tried(0, parameters, curve, False)])
