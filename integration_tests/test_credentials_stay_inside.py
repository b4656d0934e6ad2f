"""With a credential in every address and everything down, no output of service or monitor has one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from integration_tests.service_under_gunicorn import ROOT, service_in
from unit_tests.ports import free_port

SECRET = "S3cretPw"
# Nothing listens at the port 9.
ADDRESSES = {
    "MLFLOW_TRACKING_URI": f"http://admin:{SECRET}@127.0.0.1:9",
    "PREDICTION_LOG_URL": f"postgresql+psycopg2://writer:{SECRET}@127.0.0.1:9/log?sslpassword={SECRET}2",
    "MODEL_FALLBACK_URI": f"s3://user:{SECRET}@bucket/models",
    "S3_ENDPOINT_URL": f"http://key:{SECRET}@127.0.0.1:9",
    "S3_SECRET_KEY": f"{SECRET}3",
}
DEADLINE_SECONDS = 240
SERVICE_PAGES = (
    *("/health", "/ready", "/metrics", "/docs", "/openapi.json", "/schema", "/model"),
    *("/model/versions", "/comparables?year=2014", "/no/such"),
)
MONITOR_PAGES = ("/", "/drift", "/distributions", "/report", "/runbook", "/metrics", "/health")


def answers(url: str, pages: tuple[str, ...]) -> str:
    """All that these pages answer."""
    replies = [requests.get(url + page, timeout=30) for page in pages]
    return "\n".join(f"{reply.headers}\n{reply.text}" for reply in replies)


def wait_for_words(log: Path, *words: str) -> str:
    """Wait until a log has all the words; the log."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not all(word in log.read_text("utf-8") for word in words):
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.2)
    return log.read_text("utf-8")


def test_no_output_of_the_service_has_a_credential(tmp_path):
    with service_in(tmp_path) as service:
        service.start(**ADDRESSES)
        feedback = {"prediction_id": "a" * 32, "price": 9000}
        assert (
            requests.post(f"{service.url}/feedback", json=feedback, timeout=30).status_code == 202
        )
        said = answers(service.url, SERVICE_PAGES) + service.predict().text
        log = tmp_path / "service.log"
        wait_for_words(log, "the registry said", "log takes nothing", "fallback is not usable")
        service.stop()
        assert SECRET not in said + log.read_text("utf-8")


@pytest.fixture(name="monitor_log")
def log_of_monitor(tmp_path):
    """A running monitor: its address, and the file of its log."""
    port, log = free_port(), tmp_path / "monitor.log"
    own = {
        "PYTHONPATH": str(ROOT / "evidently_service"),
        "MONITOR_PORT": str(port),
        "MONITOR_DIR": str(tmp_path / "monitor"),
        "RUNBOOK_PATH": str(ROOT / "setup" / "runbook.md"),
        "DRIFT_PERIOD": "1",
    }
    config = ROOT / "evidently_service" / "gunicorn.conf.py"
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(config),
        "drift_monitor:create_app()",
    ]
    with open(log, "wb") as output:
        environment = os.environ | own | ADDRESSES
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=output, stderr=output
        ) as process:
            yield f"http://127.0.0.1:{port}", log
            process.terminate()


def test_no_output_of_the_monitor_has_a_credential(monitor_log):
    url, log = monitor_log
    wait_for_words(log, "MLflow at http://127.0.0.1:9", "The prediction log cannot be read")
    said = answers(url, MONITOR_PAGES)
    assert "MLflow at http://127.0.0.1:9" in said
    assert SECRET not in said + log.read_text("utf-8")
    assert "GET /drift" not in log.read_text("utf-8")  # no line for each request
