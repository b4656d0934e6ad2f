"""The way through Airflow, with an Airflow that does as the test says."""

import io

import pytest
from rich.console import Console

from local.http import NoAnswer
from local.journey import Journey, RunFailed
from local.progress import Progress, TookTooLong


class FakeAirflow:
    """Runs end at the second look, in the states that it is made with."""

    def __init__(self, create, train=None, asset_starts_training=True):
        self.results = {"create_datasets": create, "train_model": train}
        self.asset_starts_training = asset_starts_training
        self.runs = {"create_datasets": [], "train_model": []}
        self.looks = 0
        self.cut_short, self.failed = {}, []

    def run_ids(self, dag):
        return list(reversed(self.runs[dag]))

    def trigger(self, dag, conf=None):
        assert conf is None
        self.runs[dag].append(f"{dag}-{len(self.runs[dag])}")
        return self.runs[dag][-1]

    def unfinished_runs(self, dag):
        return self.cut_short.get(dag, [])

    def fail(self, dag, run_id):
        self.failed.append((dag, run_id))

    def state(self, dag, run_id):
        assert run_id in self.runs[dag]
        self.looks += 1
        if self.looks % 2:
            raise NoAnswer("busy")
        states = self.results[dag]
        if dag == "create_datasets" and states["split"] == "success" and self.asset_starts_training:
            self.runs["train_model"] = ["asset-triggered"]
        return "failed" if "failed" in states.values() else "success"

    def task_states(self, dag, run_id):
        return self.results[dag]

    def notes(self, dag, run_id, task, logger):
        assert logger == "vehicle_pricing"
        return [f"{task} notes [this]"]

    def log(self, dag, run_id, task):
        return [f"{task} of {run_id}: [red] worse than production"]


MADE = {"download": "success", "prepare": "success", "split": "success"}
NOTHING_NEW = {"download": "success", "prepare": "skipped", "split": "skipped"}
TRAINED = {"train": "success", "evaluate": "success", "promote": "success"}
REFUSED = {"train": "success", "evaluate": "success", "promote": "failed"}


@pytest.fixture
def journey():
    """A journey, and what it has shown so far."""
    shown = io.StringIO()

    def make(airflow, serves=False):
        made = Journey(airflow, "http://127.0.0.1:1", "", Progress(Console(file=shown)), lambda: 0)
        made.serves = lambda: serves
        return made, shown

    return make


def test_a_new_data_set_is_followed_to_the_training_that_it_starts(journey):
    airflow = FakeAirflow(MADE, TRAINED)
    way, shown = journey(airflow)
    way.train()
    assert airflow.runs["train_model"] == ["asset-triggered"]
    assert "train_model.promote: success" in shown.getvalue()
    assert shown.getvalue().count("promote notes [this]") == 1


def test_no_new_data_trains_nothing_while_a_model_serves(journey):
    airflow = FakeAirflow(NOTHING_NEW)
    way, shown = journey(airflow, serves=True)
    way.train()
    assert airflow.runs["train_model"] == []
    assert "the model in production stays" in shown.getvalue()


def test_no_new_data_and_no_model_starts_a_training_by_hand(journey):
    airflow = FakeAirflow(NOTHING_NEW, TRAINED)
    way, _ = journey(airflow)
    way.train()
    assert airflow.runs["train_model"] == ["train_model-0"]


def test_what_an_earlier_launch_cut_short_is_ended_before_anything_is_started(journey):
    airflow = FakeAirflow(NOTHING_NEW, TRAINED)
    airflow.cut_short = {"train_model": ["left-over"]}
    way, shown = journey(airflow)
    way.end_what_was_cut_short()
    assert airflow.failed == [("train_model", "left-over")]
    assert "left-over" in shown.getvalue()


def test_a_failed_run_is_shown_with_the_log_of_its_task_as_it_is(journey):
    way, _ = journey(FakeAirflow(MADE, REFUSED))
    with pytest.raises(RunFailed) as error:
        way.train()
    assert "train_model: task promote failed" in str(error.value)
    assert "[red] worse than production" in str(error.value)


def test_what_looks_like_markup_in_a_log_is_shown_as_it_is():
    shown = io.StringIO()
    Progress(Console(file=shown)).say("the log ends: [/red] [info] done", "yellow")
    assert "the log ends: [/red] [info] done" in shown.getvalue()


def test_waiting_ends_with_what_did_not_come_in_time():
    with pytest.raises(TookTooLong, match="the moon: not there after 0 s"):
        Progress(Console(file=io.StringIO())).wait("the moon", lambda: False, 0)
