"""The real parts, started once for all tests but those in apart/: on free ports, in one folder."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from vehicle_pricing.registry import Registry
from vehicle_pricing.settings import Settings

from integration_tests import stack
from integration_tests.stack import poll, start
from local.airflow_api import AirflowApi
from local.demo import Demo
from local.environment import Environment
from local.http import is_up

SAMPLE_LISTINGS = 8000
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
# No test reports to anybody. MLflow knows the word alone, Evidently any value.
os.environ["DO_NOT_TRACK"] = "true"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"


@pytest.fixture(scope="session")
def wait_until() -> Callable:
    """Polls until a condition holds: `wait_until(condition, what, timeout_seconds)`."""
    return poll


@pytest.fixture(scope="session")
def environment(tmp_path_factory) -> Environment:
    """Settings of a stack that shares nothing with one that may be running."""
    return stack.environment_in(tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="session")
def variables(environment) -> dict[str, str]:
    """All variables of the stack."""
    # What other tests give as feedback would make a new data set.
    return stack.variables_of(environment, SAMPLE_ROWS=str(SAMPLE_LISTINGS), FEEDBACK_DAYS="0")


@pytest.fixture(scope="session")
def demo(environment, variables) -> Iterator[Demo]:
    """The launcher, with nothing started yet; ends what the tests have started."""
    launched = stack.launcher(environment, variables)
    yield launched
    launched.stop()


@pytest.fixture(scope="session")
def mlflow_url(demo) -> str:
    """A real MLflow server."""
    return start(demo, "MLFLOW")


@pytest.fixture(scope="session")
def pipeline_settings(variables) -> Settings:
    """The pipeline's settings in this stack."""
    return stack.settings_of(variables)


@pytest.fixture(scope="session")
def production_model(mlflow_url, pipeline_settings) -> str:
    """The version of a model trained on a small sample and promoted by the real steps."""
    return stack.train_and_promote(pipeline_settings, stack.make_dataset(pipeline_settings))


@pytest.fixture
def production_is_put_back(mlflow_url, production_model):
    """What a test promotes does not stay for the others."""
    yield
    Registry(mlflow_url).client.set_registered_model_alias(
        "vehicle-price", "production", production_model
    )


@pytest.fixture(scope="session", name="browser")
def chromium() -> Iterator[Browser]:
    """One browser for all tests, as Playwright runs once in a process; each makes a context."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


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
