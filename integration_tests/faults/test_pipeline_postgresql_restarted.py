"""PostgreSQL crashes and comes back: under the monitor's reading, and under MLflow's backend."""

import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest
import requests
from mlflow import MlflowClient

from price_service.migration import migrate
from price_service.prediction_log import PredictionLog, predictions
from vehicle_pricing.tracking import EXPERIMENT

from integration_tests import stack
from integration_tests.faults.pipeline_steps import Steps
from integration_tests.stack import poll
from local.http import is_up
from local.traffic import listings_of, reference_rows
from unit_tests.mlflow_image.postgresql_server import (
    IS_THERE,
    PG_CTL,
    WHY_NOT,
    as_nobody,
    postgresql,
)
from unit_tests.ports import free_port

pytestmark = pytest.mark.skipif(not IS_THERE, reason=WHY_NOT)
ROWS, SECONDS = 500, 90


@pytest.fixture(name="server")
def server_of_one_drill():
    """A server with nothing in it."""
    with postgresql() as running:
        yield running


def crash(server):
    """End the server as a crash does; the folder of its data."""
    data = server.run("postgres", "postgres", "show data_directory")[0][0]
    as_nobody(PG_CTL, "stop", "-D", data, "-m", "immediate")
    return data


def start_again(data):
    """Start it with the options that it had, and wait until it takes connections."""
    as_nobody(PG_CTL, "restart", "-w", "-D", data, "-l", f"{data}.log")


@pytest.fixture(name="log_url")
def log_with_a_window(server, service_url, mlflow_url):
    """A prediction log on PostgreSQL with one window of usual listings."""
    url = server.url("postgres", "postgres")
    migrate(url)
    schema = requests.get(f"{service_url}/schema", timeout=30).json()
    add_rows(url, listings_of(reference_rows(mlflow_url), schema, ROWS, seed=1))
    return url


def add_rows(url, listings):
    """Log that these listings were priced just now."""
    now, log = datetime.now(timezone.utc), PredictionLog(url)
    common = {"model_version": "1", "source": "api", "price": 9_000, "low": 8_000, "high": 10_000}
    rows = [
        common
        | {
            "prediction_id": f"{number:032x}",
            "features": listing.features,
            "latency_seconds": 0.001,
        }
        | {"predicted_at": now - timedelta(milliseconds=number)}
        for number, listing in enumerate(listings)
    ]
    with log.engine.begin() as connection:
        connection.execute(predictions.insert(), rows)
    log.close()


@pytest.fixture(name="monitor")
def monitor_on_postgresql(environment, variables, log_url):
    """The address of a monitor that reads that log."""
    port = str(free_port())
    place = {"MONITOR_PORT": port, "MONITOR_DIR": str(environment.folder / "monitor_of_a_drill")}
    demo = stack.launcher(environment, variables | place | {"PREDICTION_LOG_URL": log_url})
    try:
        demo.processes.start("monitor")
        poll(lambda: is_up(f"http://127.0.0.1:{port}/health"), "the monitor healthy", SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        demo.stop()


def test_the_monitor_reads_on_after_postgresql_crashed_under_it(server, monitor):
    def drift():
        return requests.get(f"{monitor}/drift", timeout=30).json()

    poll(
        lambda: drift()["window_rows"] == ROWS and drift()["drift_share"] is not None,
        "a run",
        SECONDS,
    )
    before = drift()
    data = crash(server)
    poll(lambda: "prediction log" in " ".join(drift()["problems"]), "the monitor says so", SECONDS)
    assert drift()["drift_share"] == before["drift_share"], "the last result stays"
    start_again(data)
    poll(lambda: not drift()["problems"], "the monitor reads on", SECONDS)
    assert drift()["last_run_seconds"] > before["last_run_seconds"]
    assert drift()["window_rows"] == ROWS


@pytest.fixture(name="mlflow_on_postgresql")
def mlflow_with_its_backend_on_postgresql(server, tmp_path):
    """The address of MLflow, whose backend is that server."""
    port = free_port()
    url, command = f"http://127.0.0.1:{port}", [sys.executable, "-m", "mlflow", "server"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", server.url("postgres", "postgres")]
    command += ["--artifacts-destination", str(tmp_path / "artifacts")]
    with (tmp_path / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        poll(lambda: is_up(f"{url}/health"), "MLflow healthy", SECONDS)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def test_a_training_survives_postgresql_restarted_under_mlflow_or_is_continued(
    server, mlflow_on_postgresql, tmp_path
):
    steps = Steps(tmp_path / "place", MLFLOW_TRACKING_URI=mlflow_on_postgresql)
    steps.make_dataset()
    client = MlflowClient(mlflow_on_postgresql)

    def runs():
        found = client.get_experiment_by_name(EXPERIMENT)
        return client.search_runs([found.experiment_id]) if found else []

    def a_trial_has_ended():
        return [run for run in runs() if "trial" in run.data.tags and run.info.status == "FINISHED"]

    process = steps.start("train", "--trials", "2")
    poll(lambda: a_trial_has_ended() or process.poll() is not None, "a trial", SECONDS)
    assert process.poll() is None
    start_again(crash(server))
    code, out, said = steps.ended(process)
    if code:
        assert "RegistryError: cannot" in said and "check that MLflow runs there" in said
        out = steps.run("train", "--trials", "2")
    (whole,) = [run for run in runs() if "trial" not in run.data.tags]
    assert whole.info.run_id == out.strip().splitlines()[-1]
    assert (whole.info.status, whole.data.params["trials"]) == ("FINISHED", "2")
