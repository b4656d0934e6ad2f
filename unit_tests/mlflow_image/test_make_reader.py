"""MLflow behind its login, as docker-compose-aws.yml configures it: who may read, who may change."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import yaml

from unit_tests.compose.compose_files import ROOT, filled
from unit_tests.ports import free_port

MAKE_READER = ROOT / "mlflow" / "make_reader.py"
ADMIN, START_SECONDS = ("admin", "password-of-the-admin"), 90
MODELS = "api/2.0/mlflow/registered-models"


def configuration(folder: Path) -> str:
    """The file that the container gets, with a database of its own."""
    added = yaml.safe_load((ROOT / "docker-compose-aws.yml").read_text(encoding="utf-8"))
    text = filled(added["configs"]["mlflow-login"]["content"], {"POSTGRES_MLFLOW_PASSWORD": "word"})
    lines = [line for line in text.splitlines() if not line.startswith("database_uri")]
    assert len(lines) == len(text.splitlines()) - 1
    return "\n".join([*lines, f"database_uri = sqlite:///{folder}/users.db"])


def app_of_the_container() -> list[str]:
    """Return the end of the command of the container, `--app-name` and its value."""
    added = yaml.safe_load((ROOT / "docker-compose-aws.yml").read_text(encoding="utf-8"))
    return added["services"]["mlflow"]["command"][-2:]


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory):
    """A server on a free port; its address, and how the job is run on it."""
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    (folder / "login.ini").write_text(configuration(folder), encoding="utf-8")
    told = {
        "MLFLOW_AUTH_CONFIG_PATH": str(folder / "login.ini"),
        "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN[1],
        "MLFLOW_BASIC_AUTH_FAIL_CLOSED": "true",
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "key-of-the-forms",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_BACKEND_STORE_URI": f"sqlite:///{folder}/mlflow.db",
        "MLFLOW_ARTIFACTS_DESTINATION": str(folder / "artifacts"),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT / "mlflow"),
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    command += ["--port", str(port), *app_of_the_container()]
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(command, env=os.environ | told, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/health", folder / "server.log")
            yield SimpleNamespace(url=url, make_reader=lambda **more: make_reader(url, **more))
        finally:
            server.terminate()
            server.wait(20)


def wait_for(address: str, log: Path) -> None:
    """Until the address answers."""
    deadline, pause = time.monotonic() + START_SECONDS, threading.Event()
    while time.monotonic() < deadline:
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.ConnectionError:
            pause.wait(0.5)
    pytest.fail(f"MLflow did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def make_reader(url: str, password="password-of-the-reader", admin=ADMIN[1]):
    """Run the job of the containers."""
    told = {
        "MLFLOW_TRACKING_URI": url,
        "MLFLOW_TRACKING_USERNAME": ADMIN[0],
        "MLFLOW_TRACKING_PASSWORD": admin,
        "MLFLOW_READER_PASSWORD": password,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, str(MAKE_READER)]
    options = {"capture_output": True, "text": True, "check": False, "timeout": 60}
    return subprocess.run(command, env=os.environ | told, **options)


def ask(mlflow, method, path, login=None, **options) -> int:
    """The status of an answer."""
    address = f"{mlflow.url}/{path}"
    return requests.request(method, address, auth=login, timeout=20, **options).status_code


def post(mlflow, path, body) -> dict:
    """The answer to the administrator."""
    address = f"{mlflow.url}/api/2.0/mlflow/{path}"
    answer = requests.post(address, json=body, auth=ADMIN, timeout=20)
    assert answer.ok, answer.text
    return answer.json()


def test_the_reader_is_made_then_kept_and_its_password_changed(mlflow):
    first = mlflow.make_reader(password="password-that-was-first")
    assert (first.returncode, first.stderr) == (0, "made the user reader\n")
    second = mlflow.make_reader()
    assert (second.returncode, second.stderr) == (0, "the user reader is there\n")
    search, reader = f"{MODELS}/search", ("reader", "password-of-the-reader")
    assert ask(mlflow, "GET", search, reader) == 200
    assert ask(mlflow, "GET", search, ("reader", "password-that-was-first")) == 401


def test_without_a_login_nothing_but_the_health_is_answered(mlflow):
    closed = ("", f"{MODELS}/search", "metrics", "graphql", "version", "signup")
    assert {path: ask(mlflow, "GET", path) for path in closed} == dict.fromkeys(closed, 401)
    assert ask(mlflow, "GET", "health") == 200
    assert ask(mlflow, "GET", f"{MODELS}/search", ("admin", "password1234")) == 401


def test_the_reader_reads_the_production_model_and_changes_nothing_of_it(mlflow):
    mlflow.make_reader()
    reader, model = ("reader", "password-of-the-reader"), {"name": "vehicle-price"}
    alias = model | {"alias": "production", "version": "1"}
    run = post(mlflow, "runs/create", {"experiment_id": "0"})["run"]["info"]
    version = {"json": model | {"source": run["artifact_uri"], "run_id": run["run_id"]}}
    assert ask(mlflow, "POST", f"{MODELS}/create", ADMIN, json=model) == 200
    assert ask(mlflow, "POST", "api/2.0/mlflow/model-versions/create", ADMIN, **version) == 200
    assert ask(mlflow, "POST", f"{MODELS}/alias", ADMIN, json=alias) == 200

    assert ask(mlflow, "GET", f"{MODELS}/alias", reader, params=alias) == 200
    changes = [
        ("POST", f"{MODELS}/alias", alias),
        ("DELETE", f"{MODELS}/alias", alias),
        ("DELETE", f"{MODELS}/delete", model),
        ("POST", "api/2.0/mlflow/model-versions/create", version["json"]),
        ("PUT", "api/2.0/mlflow-artifacts/artifacts/0/x/artifacts/model.py", model),
        ("POST", "api/2.0/mlflow/users/create", {"username": "other", "password": "x" * 20}),
    ]
    statuses = {
        path: ask(mlflow, method, path, reader, json=body) for method, path, body in changes
    }
    assert set(statuses.values()) == {403}, statuses


@pytest.mark.parametrize("login", [None, ADMIN], ids=["without a login", "with a login"])
def test_a_page_of_another_origin_is_refused_whoever_is_signed_in(mlflow, login):
    page = {"headers": {"Origin": "http://127.0.0.1:8085"}}
    preflight = {"headers": page["headers"] | {"Access-Control-Request-Method": "POST"}}
    for method, options in (("OPTIONS", preflight), ("GET", page), ("POST", page), ("PUT", page)):
        assert ask(mlflow, method, f"{MODELS}/search", login, **options) == 403
    own = {"headers": {"Origin": mlflow.url}, "json": {"max_results": 1, "experiment_ids": ["0"]}}
    assert ask(mlflow, "POST", "api/2.0/mlflow/runs/search", login, **own) == (
        200 if login else 401
    )


def test_a_wrong_password_of_the_administrator_is_an_error_of_one_line(mlflow):
    done = mlflow.make_reader(admin="not-the-password")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"the user reader at {mlflow.url} cannot be made" in done.stderr


def test_a_password_that_mlflow_takes_for_too_short_is_said(mlflow):
    done = mlflow.make_reader(password="short")
    assert done.returncode == 1 and "cannot be made" in done.stderr


def test_a_server_that_is_not_there_is_named():
    nowhere = f"http://127.0.0.1:{free_port()}"
    done = make_reader(nowhere)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"the user reader at {nowhere} cannot be made" in done.stderr
