"""Grafana, SeaweedFS and Mailpit by their own APIs, after the loop: its mails and objects."""

import json
import os
import subprocess

import pytest

from integration_tests.compose.stack import ROOT, Stack
from local.http import request, request_json

pytestmark = pytest.mark.skipif(
    os.environ.get("REAL_IMAGES") != "1",
    reason="their images may be stood in for by others: REAL_IMAGES=1 where they run",
)

DASHBOARDS = {"vehicle-price-drift", "vehicle-price-service", "vehicle-price-model"}
RESTART_SECONDS = "120"
# Runs where the tasks run: the bucket is on the inner network alone.
OBJECTS = """
import hashlib, json, os
from pyarrow import fs
keys = {"access_key": "S3_ACCESS_KEY", "secret_key": "S3_SECRET_KEY",
        "endpoint_override": "S3_ENDPOINT_URL", "region": "AWS_REGION"}
store = fs.S3FileSystem(**{name: os.environ[variable] for name, variable in keys.items()})
bucket = os.environ["DATA_URI"].split("/")[2]
infos = store.get_file_info(fs.FileSelector(bucket, recursive=True))
read = {info.path: store.open_input_stream(info.path).read() for info in infos if info.is_file}
hashes = {path.partition("/")[2]: hashlib.sha256(text).hexdigest() for path, text in read.items()}
print("objects", json.dumps(hashes))
"""


@pytest.fixture(scope="module")
def stack() -> Stack:
    """The containers that run.sh has started, after the loop."""
    return Stack()


# --- Grafana -------------------------------------------------------------------------------------


def grafana(stack: Stack, path: str, method: str = "GET", **options) -> dict:
    """An answer of Grafana to its administrator."""
    login = ("admin", stack.variables["GRAFANA_ADMIN_PASSWORD"])
    return request_json(method, stack.url("GRAFANA") + path, auth=login, **options)


def panels_of(dashboard: dict) -> list[dict]:
    """The panels with queries, those of folded rows among them."""
    rows = dashboard["panels"] + [
        inner for row in dashboard["panels"] for inner in row.get("panels", [])
    ]
    return [panel for panel in rows if panel.get("targets")]


def frames(stack: Stack, expression: str) -> list[dict]:
    """What Grafana's own data source answers to an expression of the last hour."""
    query = {"refId": "A", "datasource": {"uid": "prometheus"}, "expr": expression}
    body = {
        "from": "now-1h",
        "to": "now",
        "queries": [query | {"maxDataPoints": 100, "intervalMs": 15000}],
    }
    return grafana(stack, "/api/ds/query", "POST", json=body)["results"]["A"]["frames"]


def test_grafana_lists_every_dashboard_and_has_them_from_their_files(stack):
    listed = {found["uid"] for found in grafana(stack, "/api/search?type=dash-db")}
    assert listed >= DASHBOARDS
    shown = [grafana(stack, f"/api/dashboards/uid/{uid}") for uid in sorted(DASHBOARDS)]
    assert all(each["meta"]["provisioned"] for each in shown)


@pytest.mark.parametrize("uid", sorted(DASHBOARDS))
def test_grafana_shows_what_the_file_says(stack, uid):
    name = uid.removeprefix("vehicle-price-")
    path = ROOT / "evidently_service" / "config" / "grafana" / "dashboards" / f"{name}.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    shown = grafana(stack, f"/api/dashboards/uid/{uid}")["dashboard"]
    assert panels_of(shown)
    assert [panel["title"] for panel in panels_of(shown)] == [
        panel["title"] for panel in panels_of(written)
    ]


def test_grafana_reaches_prometheus_and_draws_the_traffic_of_the_loop(stack):
    assert grafana(stack, "/api/datasources/uid/prometheus/health")["status"] == "OK"
    drawn = frames(stack, "vehicle_price_drift_share")
    assert any(value for frame in drawn for value in frame["data"]["values"][1])


@pytest.mark.parametrize("login", [None, ("admin", "admin"), ("admin", "")])
def test_grafana_opens_to_no_default_password(stack, login):
    answer = request("GET", f"{stack.url('GRAFANA')}/api/search", auth=login)
    assert answer.status_code == 401


# --- Mailpit -------------------------------------------------------------------------------------


def test_the_mailbox_is_mailpit_and_finds_the_mail_of_the_drift(stack):
    assert request_json("GET", f"{stack.url('MAILBOX')}/api/v1/info")["Version"]
    params = {"query": "subject:InputDrift"}
    found = request_json("GET", f"{stack.url('MAILBOX')}/api/v1/search", params=params)
    assert found["messages_count"] >= 1
    mail = request_json(
        "GET", f"{stack.url('MAILBOX')}/api/v1/message/{found['messages'][0]['ID']}"
    )
    assert mail["To"] and "/runbook#inputdrift" in mail["HTML"] + mail["Text"]


# --- SeaweedFS -----------------------------------------------------------------------------------


def compose(*arguments: str) -> str:
    """What local/compose.sh prints; fails with it when that does."""
    command = ["local/compose.sh", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def objects() -> dict[str, str]:
    """The bucket's objects: key → SHA-256."""
    command = ["local/in_launcher.sh", "python", "-c", OBJECTS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("objects ")]
    assert lines, done.stdout + done.stderr
    return json.loads(lines[0].removeprefix("objects "))


@pytest.mark.parametrize(
    "command",
    [["restart"], ["up", "--detach", "--no-deps", "--force-recreate"]],
    ids=["restart", "new"],
)
def test_the_bucket_outlives_its_server(command):
    before = objects()
    assert any(key.startswith("data/") for key in before)
    assert any(key.startswith("mlflow/") for key in before)
    compose(*command, "seaweedfs")
    compose("up", "--detach", "--no-deps", "--wait", "--wait-timeout", RESTART_SECONDS, "seaweedfs")
    assert objects() == before


def test_a_model_can_be_read_from_the_bucket_after_all_that(stack):
    params = {"name": "vehicle-price", "alias": "production"}
    path = "/api/2.0/mlflow/registered-models/alias"
    version = request_json("GET", stack.url("MLFLOW") + path, params=params)["model_version"]
    assert version["version"] == stack.version()
    assert stack.usual(1)  # drawn from the reference, which is read through MLflow from the bucket
