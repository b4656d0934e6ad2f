"""The launcher of `make demo` over what an earlier run left."""

import io
import json
import threading

import pytest
from rich.console import Console

from local import demo as launching
from local.demo import Demo
from local.environment import Environment
from local.progress import Progress


class FakeJourney:
    """Drives an Airflow that does at once what it is asked for."""

    def __init__(self, serves):
        self.serves = lambda: serves or self.trained
        self.trained = False
        self.airflow = self

    def is_healthy(self):
        return True

    def has_dags(self, *_):
        return True

    def end_what_was_cut_short(self):
        pass

    def train(self):
        self.trained = True


class FakeProcesses:
    """Parts that run as soon as they are started."""

    def start(self, _):
        pass

    def require_running(self):
        pass


@pytest.fixture(name="launch")
def launch_over_an_earlier_run(tmp_path, monkeypatch):
    """A launch over the folder of a run that ended with a model of the sample, and its output."""
    monkeypatch.setattr(launching, "READY_SECONDS", 0)

    def launch(serves):
        (tmp_path / "served_dataset.json").write_text(json.dumps("sample"))
        settings = {"DATASET": "sample", "AIRFLOW_ADMIN_PASSWORD": "", "API_KEY": ""}
        environment = Environment(tmp_path, tmp_path, settings)
        shown = io.StringIO()
        progress = Progress(Console(file=shown, width=200))
        progress.stopped = threading.Event()
        launched = Demo(environment, FakeProcesses(), progress)
        journey = FakeJourney(serves)
        monkeypatch.setattr(Demo, "journey", journey)
        launched.bring_a_model()
        return journey.trained, shown.getvalue()

    return launch


def test_a_model_that_an_earlier_run_left_is_served_without_training(launch):
    trained, shown = launch(serves=True)
    assert not trained
    assert "nothing to train" in shown


def test_a_model_too_old_to_load_is_said_to_be_so_and_trained_anew(launch):
    trained, shown = launch(serves=False)
    assert trained
    assert "does not load" in shown
