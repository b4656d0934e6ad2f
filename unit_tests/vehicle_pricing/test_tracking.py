"""Trainings that are cut short leave a run in MLflow; which of them are continued, and with what."""

import shutil
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from vehicle_pricing.errors import RegistryError, TrainingError
from vehicle_pricing.registry import Registry
from vehicle_pricing.study import Tried
from vehicle_pricing.tracking import Tracking
from vehicle_pricing.training import Fit

TAGS = {"dataset_version": "aaaaaaaaaaaa", "search": "0123456789abcdef"}
PARAMETERS = {
    "max_depth": 7,
    "min_child_weight": 1.0 / 3.0,
    "subsample": 0.1 + 0.7,
    "colsample_bytree": 0.30000000000000004,
    "reg_lambda": 19.999999999999996,
}
CURVE = [9_000.1, 8_000.0 / 3.0, 2_345.678901234567]


class CutShort:
    """An MLflow client that dies when it is asked to end a run."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        return getattr(self.client, name)

    def set_terminated(self, *arguments):
        """Die."""
        raise ConnectionResetError(f"cut short: {arguments}")


@pytest.fixture(scope="module", name="template")
def template_database(tmp_path_factory):
    """A database with one run, of another search; to make a database takes seconds."""
    path = tmp_path_factory.mktemp("tracking") / "mlflow.db"
    with Tracking(Registry(f"sqlite:///{path}")).run(TAGS | {"search": "none"}):
        return path


@pytest.fixture(name="tracking")
def fresh_tracking(template, tmp_path):
    """The runs of a database that has one, of another search."""
    shutil.copy(template, tmp_path / "mlflow.db")
    return Tracking(Registry(f"sqlite:///{tmp_path / 'mlflow.db'}"))


def fit(curve: Sequence[float] = CURVE) -> Fit:
    """A fit with that error by round."""
    booster = SimpleNamespace(num_boosted_rounds=lambda: len(curve))
    return Fit(booster, PARAMETERS | {"learning_rate": 0.1}, 1.5, list(curve))


def cut_short(tracking, trials: int) -> str:
    """A training that fails after so many trials, the second given up: its run."""
    with pytest.raises(TrainingError):
        with tracking.run(TAGS) as run:
            for number in range(trials):
                tracking.log_trial(run.run_id, number, fit(), number == 1)
            raise TrainingError("cut short")
    return run.run_id


def trial_runs(tracking, parent: str) -> dict[str, list[str]]:
    """The statuses of the nested runs of each name."""
    experiment = tracking.find(parent).info.experiment_id
    found: dict[str, list[str]] = {}
    query = f"tags.`mlflow.parentRunId` = '{parent}'"
    for run in tracking.client.search_runs([experiment], query):
        found.setdefault(run.info.run_name, []).append(run.info.status)
    return {name: sorted(statuses) for name, statuses in found.items()}


def test_a_new_run_has_kept_nothing(tracking):
    with tracking.run(TAGS) as run:
        assert run.kept == []
    assert tracking.find(run.run_id).info.status == "FINISHED"


@pytest.mark.parametrize("status", ["FAILED", "RUNNING", "KILLED"])
def test_a_run_cut_short_is_continued_with_its_trials_to_the_last_digit(tracking, status, caplog):
    first = cut_short(tracking, 3)
    tracking.client.update_run(first, status=status)
    with caplog.at_level("INFO"), tracking.run(TAGS) as run:
        assert run.run_id == first
        assert tracking.find(first).info.status == "RUNNING"
    assert run.kept == [Tried(number, PARAMETERS, CURVE, number == 1) for number in range(3)]
    assert f"continues run {first}: 3 trials kept" in caplog.text
    assert tracking.find(first).info.status == "FINISHED"


def test_a_run_that_came_to_its_end_is_not_continued(tracking):
    cut_short(tracking, 1)
    with tracking.run(TAGS) as whole:
        tracking.log_whole(whole.run_id, fit(), 1)
    with tracking.run(TAGS) as run:
        assert run.run_id != whole.run_id and run.kept == []


def test_a_whole_run_whose_judging_failed_is_not_continued(tracking):
    with tracking.run(TAGS) as whole:
        tracking.log_whole(whole.run_id, fit(), 1)
    tracking.client.set_terminated(whole.run_id, "FAILED")
    with tracking.run(TAGS) as run:
        assert run.run_id != whole.run_id


def test_a_whole_run_that_was_killed_before_it_could_say_so_is_ended(tracking):
    with tracking.run(TAGS) as whole:
        tracking.log_whole(whole.run_id, fit(), 1)
    tracking.client.update_run(whole.run_id, "RUNNING")
    with tracking.run(TAGS) as run:
        assert run.run_id != whole.run_id
    assert tracking.client.get_run(whole.run_id).info.status == "FINISHED"


def test_a_run_of_another_search_is_not_continued(tracking):
    other = cut_short(tracking, 1)
    with tracking.run(TAGS | {"search": "another"}) as run:
        assert run.run_id != other and run.kept == []


def test_a_run_that_was_deleted_is_not_continued(tracking):
    deleted = cut_short(tracking, 1)
    tracking.client.delete_run(deleted)
    with tracking.run(TAGS) as run:
        assert run.run_id != deleted


def test_a_trial_cut_short_in_the_middle_is_marked_and_tried_again(tracking):
    first = cut_short(tracking, 2)
    dying = Tracking(tracking.registry)
    dying.client = CutShort(tracking.client)
    with pytest.raises(ConnectionResetError):
        dying.log_trial(first, 2, fit(), False)
    assert trial_runs(tracking, first)["trial 2"] == ["RUNNING"]
    with tracking.run(TAGS) as run:
        assert [trial.number for trial in run.kept] == [0, 1]
        assert trial_runs(tracking, first)["trial 2"] == ["FAILED"]
        tracking.log_trial(run.run_id, 2, fit(), False)
    assert trial_runs(tracking, first)["trial 2"] == ["FAILED", "FINISHED"]


def test_trials_after_one_that_is_missing_do_not_count(tracking):
    with pytest.raises(TrainingError):
        with tracking.run(TAGS) as run:
            for number in (0, 2, 3):
                tracking.log_trial(run.run_id, number, fit(), False)
            raise TrainingError("cut short")
    with tracking.run(TAGS) as run:
        assert [trial.number for trial in run.kept] == [0]


def test_a_curve_of_a_whole_search_fit_comes_back_in_order(tracking):
    curve = [5_000.0 - step / 7 for step in range(400)]
    with pytest.raises(TrainingError):
        with tracking.run(TAGS) as run:
            tracking.log_trial(run.run_id, 0, fit(curve), False)
            raise TrainingError("cut short")
    with tracking.run(TAGS) as run:
        assert run.kept[0].curve == curve


def test_a_run_that_cannot_be_ended_is_a_named_error(tracking):
    with pytest.raises(RegistryError, match="cannot end the run"):
        with tracking.run(TAGS) as run:
            tracking.client.delete_run(run.run_id)
