"""The real parts, started once for all integration tests: on free ports, in a folder of their own."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vehicle_pricing import data_steps, model_steps
from vehicle_pricing.settings import Settings

from local.airflow_api import AirflowApi
from local.demo import HEALTH, Demo
from local.environment import Environment, make_env_file, part_variables, read_settings
from local.http import is_up
from local.processes import Processes
from local.progress import Progress

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("SERVICE", "FORM", "AIRFLOW", "MLFLOW", "MONITOR")
SAMPLE_LISTINGS = 8000


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def poll(
    condition: Callable[[], bool],
    what: str,
    timeout_seconds: float = 60,
    every_seconds: float = 0.2,
) -> None:
    """Poll until the condition holds; fails the test with `what` when it does not in time."""
    pause, deadline = threading.Event(), time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_seconds} s: {what}"
        pause.wait(every_seconds)


@pytest.fixture(scope="session")
def wait_until() -> Callable:
    """Polls until a condition holds: `wait_until(condition, what, timeout_seconds)`."""
    return poll


@pytest.fixture(scope="session")
def environment(tmp_path_factory) -> Environment:
    """Settings of a stack that shares nothing with one that may be running."""
    folder = tmp_path_factory.mktemp("stack")
    (folder / ".env.example").write_text((ROOT / ".env.example").read_text())
    make_env_file(folder)
    settings = read_settings(folder, {})
    ports = {f"{part}_PORT": str(free_port()) for part in PARTS}
    chosen = {"DATASET": "sample", "DRIFT_PERIOD": "2", "TRAIN_TRIALS": "1"}
    return Environment(ROOT, folder / ".local", settings | ports | chosen)


@pytest.fixture(scope="session")
def variables(environment) -> dict[str, str]:
    """What every part is started with."""
    return part_variables(environment, dict(os.environ)) | {
        "SAMPLE_ROWS": str(SAMPLE_LISTINGS),
        "FEEDBACK_DAYS": "0",  # what other tests give as feedback would make a new data set
    }


@pytest.fixture(scope="session")
def demo(environment, variables) -> Iterator[Demo]:
    """The launcher, with nothing started yet; ends what the tests have started."""
    logs = environment.folder / "logs"
    processes = Processes(ROOT, logs, variables, ROOT / "local" / "Procfile")
    launched = Demo(environment, processes, Progress())
    yield launched
    launched.stop()


def start(demo: Demo, part: str) -> str:
    """Start a part and wait until it is healthy; its address."""
    url = demo.environment.url(part)
    started = demo.processes.start(part.lower())

    def healthy() -> bool:
        started.require_running()
        return is_up(url + HEALTH[part])

    poll(healthy, f"{part} healthy", 90)
    return url


@pytest.fixture(scope="session")
def mlflow_url(demo) -> str:
    """A real MLflow server."""
    return start(demo, "MLFLOW")


@pytest.fixture(scope="session")
def pipeline_settings(variables) -> Settings:
    """The pipeline's settings in this stack."""
    known = {
        name: variables[name.upper()] for name in Settings.model_fields if name.upper() in variables
    }
    return Settings(**{name: value for name, value in known.items() if value})


@pytest.fixture(scope="session")
def production_model(mlflow_url, pipeline_settings) -> str:
    """The version of a model trained on a small sample and promoted by the real steps."""
    archive = data_steps.download(pipeline_settings)
    version = data_steps.split(pipeline_settings, data_steps.prepare(pipeline_settings, archive))
    run_id = model_steps.train(pipeline_settings, version)
    model_version = model_steps.evaluate(pipeline_settings, run_id)
    model_steps.promote(pipeline_settings, model_version)
    return model_version


@pytest.fixture(scope="session")
def prediction_log_url(demo, variables) -> str:
    """A migrated prediction log."""
    demo.processes.run("log-migrate")
    return variables["PREDICTION_LOG_URL"]


@pytest.fixture(scope="session")
def service_url(demo, production_model, prediction_log_url) -> str:
    """The service under Gunicorn, with the model in production loaded."""
    url = start(demo, "SERVICE")
    poll(lambda: is_up(f"{url}/ready"), f"model version {production_model} in the service")
    return url


@pytest.fixture(scope="session")
def monitor_url(demo, service_url) -> str:
    """The monitor under Gunicorn, looking every two seconds."""
    return start(demo, "MONITOR")


@pytest.fixture(scope="session")
def form_url(demo, service_url) -> str:
    """The web form under Streamlit."""
    return start(demo, "FORM")


@pytest.fixture(scope="session")
def archive(environment) -> Path:
    """The archive that Airflow's `create_datasets` reads; tests write it."""
    return environment.folder / "archive.zip"


@pytest.fixture(scope="session")
def airflow(demo, mlflow_url, archive) -> AirflowApi:
    """A real Airflow with the project's DAGs."""
    demo.write_airflow_password()
    demo.processes.variables["DATASET"] = str(archive)
    demo.processes.run("airflow-migrate")
    for part in ("airflow-api", "airflow-scheduler", "airflow-dags"):
        demo.processes.start(part)
    api = demo.journey.airflow
    poll(api.is_healthy, "Airflow healthy", 180)
    poll(lambda: api.has_dags("create_datasets", "train_model", "watch_drift"), "DAGs read")
    return api
