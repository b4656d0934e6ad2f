"""What the launcher does in the containers: train, show where everything is, and say what failed."""

import io
import sys

import pytest
from rich.console import Console

from local import stack
from local.journey import Journey, RunFailed
from local.pages import COMPOSE_PAGES
from local.progress import Progress, TookTooLong
from unit_tests.compose.compose_files import environment_of
from unit_tests.local.test_journey import MADE, NOTHING_NEW, REFUSED, TRAINED, FakeAirflow

PORTS = {setting: str(port) for port, (_, setting, _) in enumerate(COMPOSE_PAGES, 18_000)}
ADDRESSES = [
    f"http://127.0.0.1:{port}{path}" for port, (_, _, path) in enumerate(COMPOSE_PAGES, 18_000)
]


class Airflow(FakeAirflow):
    """One that is well, and has read the DAGs of the project, unless the test says otherwise."""

    healthy = True
    dags = ("create_datasets", "train_model", "watch_drift")

    def is_healthy(self):
        return self.healthy

    def has_dags(self, *dags):
        return set(dags) <= set(self.dags)

    def has_promoted(self):
        return bool(self.runs["train_model"]) and self.results["train_model"] == TRAINED


class Impatient(Progress):
    """Looks a few times, and does not wait."""

    def wait(self, what, condition, timeout_seconds, watch=lambda: None):
        if not any(condition() for _ in range(4)):
            raise TookTooLong(f"{what}: not there after {timeout_seconds:.0f} s.")


class JourneyWithAService(Journey):
    """One whose service answers where it has a model."""

    def first_prediction(self):
        self.progress.wait("a model in the service", self.serves, 60)
        return "ford f-150 2014: $18,000"


@pytest.fixture
def journey():
    """A journey with an Airflow that does as the test says, and what it has shown."""
    shown = io.StringIO()

    def make(airflow, has_model=False):
        progress = Impatient(Console(file=shown, width=200))
        made = JourneyWithAService(airflow, "http://127.0.0.1:1", "", progress)
        made.serves = lambda: has_model or airflow.has_promoted()
        return made, shown

    return make


def test_build_trains_prices_a_first_vehicle_and_shows_every_address(journey):
    airflow = Airflow(MADE, TRAINED)
    way, shown = journey(airflow)
    stack.build(way, PORTS)
    assert airflow.runs["train_model"] == ["asset-triggered"]
    said = shown.getvalue()
    assert "first prediction: ford f-150 2014: $18,000" in said
    assert [address for address in ADDRESSES if f"{address}\n" not in said] == []
    assert "AIRFLOW_ADMIN_PASSWORD" in said and "make down" in said


def test_a_second_build_trains_nothing_while_a_model_serves_and_nothing_is_new(journey):
    airflow = Airflow(NOTHING_NEW)
    way, shown = journey(airflow, has_model=True)
    stack.build(way, PORTS)
    assert airflow.runs["train_model"] == []
    assert "first prediction" in shown.getvalue()


def test_a_training_that_is_refused_ends_build_well_while_a_model_serves(journey):
    way, shown = journey(Airflow(MADE, REFUSED), has_model=True)
    stack.build(way, PORTS)
    said = shown.getvalue()
    assert "worse than production" in said and "The model in production stays" in said
    assert "first prediction" in said and ADDRESSES[0] in said


def test_a_training_that_is_refused_fails_build_where_no_model_serves(journey):
    way, shown = journey(Airflow(MADE, REFUSED))
    with pytest.raises(RunFailed, match="task promote failed"):
        stack.build(way, PORTS)
    assert "Everything runs" not in shown.getvalue()


@pytest.mark.parametrize(
    ("trouble", "named"),
    [({"healthy": False}, "Airflow: not there"), ({"dags": ("train_model",)}, "Airflow's DAGs")],
)
@pytest.mark.parametrize("task", [stack.build, stack.retrain])
def test_nothing_is_started_in_an_airflow_that_is_not_ready(journey, task, trouble, named):
    airflow = Airflow(MADE, TRAINED)
    vars(airflow).update(trouble)
    way, _ = journey(airflow)
    with pytest.raises(TookTooLong, match=named):
        task(way, PORTS)
    assert airflow.runs == {"create_datasets": [], "train_model": []}


def test_up_shows_a_price_and_the_addresses_and_asks_nothing_of_airflow(journey):
    airflow = Airflow(MADE, TRAINED)
    airflow.healthy = False
    way, shown = journey(airflow, has_model=True)
    stack.up(way, PORTS)
    said = shown.getvalue()
    assert "first prediction" in said
    assert [address for address in ADDRESSES if f"{address}\n" not in said] == []
    assert airflow.runs["create_datasets"] == []


def test_up_without_a_model_says_so_with_what_to_do_and_shows_the_addresses(journey):
    way, shown = journey(Airflow(MADE, TRAINED))
    stack.up(way, PORTS)
    said = shown.getvalue()
    assert "no model serves yet: `make build` trains one" in said and ADDRESSES[0] in said
    assert "first prediction" not in said


def test_retrain_follows_the_training_of_the_new_data(journey):
    airflow = Airflow(MADE, TRAINED)
    way, shown = journey(airflow, has_model=True)
    stack.retrain(way, PORTS)
    assert airflow.runs["train_model"] == ["asset-triggered"]
    assert "a prediction now: ford" in shown.getvalue()


def test_retrain_trains_on_what_is_there_where_nothing_is_new(journey):
    airflow = Airflow(NOTHING_NEW, TRAINED)
    way, _ = journey(airflow, has_model=True)
    stack.retrain(way, PORTS)
    assert airflow.runs["train_model"] == ["train_model-0"]


def test_a_retraining_that_is_refused_fails_though_a_model_serves(journey):
    way, _ = journey(Airflow(MADE, REFUSED), has_model=True)
    with pytest.raises(RunFailed, match="task promote failed"):
        stack.retrain(way, PORTS)


def test_the_launcher_of_the_containers_is_told_all_that_it_needs():
    secrets = dict.fromkeys(
        (
            *("AIRFLOW_ADMIN_PASSWORD", "POSTGRES_LOG_READER_PASSWORD"),
            *("S3_ACCESS_KEY", "S3_SECRET_KEY"),
        ),
        "word",
    )
    told = environment_of("launcher", secrets | {"API_KEY": "key"})
    way = stack.journey_of(told, Progress(Console(file=io.StringIO())))
    assert (way.airflow.url, way.airflow.password) == ("http://airflow-api:8080", "word")
    assert (way.service_url, way.api_key) == ("http://service:9696", "key")
    shown = io.StringIO()
    stack.show_addresses(Progress(Console(file=shown, width=200)), told)
    assert "http://127.0.0.1:8501/\n" in shown.getvalue()


@pytest.fixture
def nothing_runs(monkeypatch):
    """The environment of a launcher whose Airflow and service do not answer."""
    for name in ("AIRFLOW_URL", "SERVICE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("AIRFLOW_ADMIN_PASSWORD", "word")
    monkeypatch.setattr(stack, "Progress", Impatient)


def main(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["stack", *arguments])
    return stack.main()


def test_what_stopped_the_task_is_said_and_is_an_exit_status(nothing_runs, monkeypatch, capsys):
    assert main(monkeypatch, "build") == 1
    assert "Stopped: Airflow: not there after 240 s." in capsys.readouterr().out


def test_ctrl_c_says_that_the_containers_run_on(nothing_runs, monkeypatch, capsys):
    def interrupted(_journey, _variables):
        raise KeyboardInterrupt

    monkeypatch.setitem(stack.TASKS, "up", interrupted)
    assert main(monkeypatch, "up") == 130
    assert "the containers run on" in capsys.readouterr().out


def test_a_task_that_is_none_is_refused(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        main(monkeypatch, "rebuild")
    assert "rebuild" in capsys.readouterr().err
