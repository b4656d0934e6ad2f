"""Who is let in, and that no secret stands where it may be read.

MLflow asks for no login in the local stack: whoever reaches its port may do anything there, so it
listens on the loopback alone, which a test holds. What the containers' images hold is not tested
here.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psutil
import pyarrow.parquet
import pytest
import requests
import streamlit
from mlflow import MlflowClient
from streamlit.testing.v1 import AppTest

from price_service import create_app
from price_service.settings import Settings
from vehicle_pricing.storage import PART_PREFIX

from integration_tests.service_under_gunicorn import LISTING, NOBODY, GunicornService, service_in
from integration_tests.stack import files_below, where_still_there
from local.airflow_api import ENDED
from local.environment import part_variables
from local.journey import Journey
from local.progress import Progress
from unit_tests.price_service.fake_model import FakeModel
from unit_tests.price_service.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent
KEY = "the-key-of-this-test-4f1d"
OPEN = {"/health", "/ready", "/metrics", "/docs", "/openapi.json"}
NOT_THE_KEY = [None, "", "wrong", KEY.upper(), KEY + "x", KEY[:-1], "ключ".encode()]
SECRET_NAME = re.compile(r"PASSWORD|KEY|SECRET|TOKEN|WEBHOOK")
# It is here that Airflow reads the password of its user.
PASSWORDS_FILE = "airflow/passwords.json"


def as_headers(key: str | bytes | None) -> dict:
    """The header that carries the key, if there is one."""
    return {} if key is None else {"X-API-Key": key}


# --- the service's key ----------------------------------------------------------------------------
@pytest.fixture(name="locked", scope="module")
def service_with_a_key(tmp_path_factory, mlflow_url, production_model) -> Iterator[GunicornService]:
    """The service with API_KEY set and the model in production."""
    with service_in(tmp_path_factory.mktemp("locked")) as service:
        service.migrate()
        service.start(API_KEY=KEY, MLFLOW_TRACKING_URI=mlflow_url)
        wait_for(lambda: service.log().count(" serves") >= 2, "both workers ready", 60)
        yield service


@pytest.fixture(name="form")
def form_at_the_locked_service(locked, monkeypatch) -> Iterator[AppTest]:
    """The web form, not drawn yet; the key comes from the environment."""
    monkeypatch.setenv("SERVICE_URL", locked.url)
    monkeypatch.setenv("MONITOR_URL", NOBODY)
    streamlit.cache_data.clear()
    yield AppTest.from_file(str(ROOT / "streamlit" / "app.py"), default_timeout=60)
    streamlit.cache_data.clear()


@pytest.fixture(name="routes")
def routes_of_application(tmp_path) -> list[tuple[str, str]]:
    """Every method and path that the application knows."""
    settings = Settings(outbox_dir=tmp_path, model_cache_dir=tmp_path, api_key=KEY)
    rules = create_app(settings, FakeModel()).url_map.iter_rules()
    return [(method, rule.rule) for rule in rules for method in sorted(rule.methods or ())]


def test_the_description_names_every_route_and_which_need_the_key(locked, routes):
    described = requests.get(f"{locked.url}/openapi.json", timeout=10).json()["paths"]
    assert set(described) == {path for _, path in routes}
    secured = {
        path
        for path, methods in described.items()
        if any("security" in m for m in methods.values())
    }
    assert secured == set(described) - OPEN


def test_every_other_route_refuses_without_the_key_and_with_a_wrong_one(locked, routes):
    asked = [(method, path) for method, path in routes if path not in OPEN]
    assert len({path for _, path in asked}) >= 5
    for method, path in [*asked, ("GET", "/no/such/page"), ("POST", "/predict/")]:
        for wrong in NOT_THE_KEY:
            reply = requests.request(
                method, locked.url + path, headers=as_headers(wrong), json=LISTING, timeout=10
            )
            assert reply.status_code == 401, (method, path, wrong)
            assert reply.headers["Content-Type"] == "application/problem+json"
            assert reply.headers["WWW-Authenticate"]
            assert method == "HEAD" or reply.json()["status"] == 401


@pytest.mark.parametrize("path", ["/health/", "//model", "/health/../model", "/HEALTH", "/model?"])
def test_a_path_like_an_open_one_is_not_open(locked, path):
    asked = requests.Request("GET", locked.url).prepare()
    asked.url = locked.url + path  # as it is, not tidied up
    with requests.Session() as session:
        assert session.send(asked, timeout=10).status_code == 401


def test_a_key_in_the_address_or_the_body_opens_nothing(locked):
    for where in ({"params": {"api_key": KEY, "X-API-Key": KEY}}, {"json": {"api_key": KEY}}):
        assert requests.post(f"{locked.url}/predict", timeout=10, **where).status_code == 401


def test_the_open_routes_answer_without_the_key_and_the_others_with_it(locked, routes):
    for method, path in routes:
        headers = {} if path in OPEN else as_headers(KEY)
        reply = requests.request(method, locked.url + path, headers=headers, timeout=30)
        assert reply.status_code not in (401, 403), (method, path)
        assert reply.status_code < 500


def test_the_form_works_with_the_key_and_shows_it_nowhere(form, monkeypatch):
    monkeypatch.setenv("API_KEY", KEY)
    form.run()
    form.text_input(key="year").set_value("2014").run()
    next(button for button in form.button if button.label == "Price it").click().run()
    assert not form.exception
    assert "Nine in ten such vehicles" in "\n".join(text.value for text in form.markdown)
    assert KEY not in str(form.main) + str(form.sidebar)


def test_the_form_without_the_key_says_so(form, monkeypatch):
    monkeypatch.setenv("API_KEY", "")
    form.run()
    assert not form.exception and not form.text_input
    assert "key" in "\n".join(text.value for text in form.error)


def traffic(service_url: str, mlflow_url: str, key: str) -> subprocess.CompletedProcess:
    """What `make traffic` runs."""
    places = {"SERVICE_URL": service_url, "MLFLOW_TRACKING_URI": mlflow_url, "API_KEY": key}
    command = [sys.executable, "-m", "local.traffic", "--count", "40", "--rate", "1000"]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | places, capture_output=True, text=True, timeout=60
    )


def test_traffic_and_the_launcher_work_with_the_key_alone(locked, mlflow_url):
    done = traffic(locked.url, mlflow_url, KEY)
    assert done.returncode == 0 and "40 listings sent" in done.stdout
    refused = traffic(locked.url, mlflow_url, "")
    assert refused.returncode == 1 and "API_KEY" in refused.stdout
    assert KEY not in done.stdout + done.stderr
    assert "$" in Journey(None, locked.url, KEY, Progress()).first_prediction()


# --- sign-in --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "user, password",
    [("admin", "admin"), ("airflow", "airflow"), ("admin", "airflow"), ("admin", ""), ("", "")],
)
def test_no_default_password_opens_airflow(airflow, user, password):
    body = {"username": user, "password": password}
    reply = requests.post(f"{airflow.url}/auth/token", json=body, timeout=30)
    assert reply.status_code in (400, 401, 403, 422)
    assert "access_token" not in reply.text


def test_airflow_is_closed_without_a_sign_in_and_open_with_the_password_of_env(airflow):
    for path in ("/auth/token", "/auth/token/login"):
        reply = requests.get(airflow.url + path, timeout=30, allow_redirects=False)
        assert reply.status_code in (401, 403) and "access_token" not in reply.text
    for path in ("/api/v2/dags", "/api/v2/config", "/api/v2/variables", "/api/v2/connections"):
        assert requests.get(airflow.url + path, timeout=30).status_code == 401
    body = {"username": "admin", "password": airflow.password}
    reply = requests.post(f"{airflow.url}/auth/token", json=body, timeout=30)
    assert "access_token" in reply.json()


def test_what_is_saved_in_airflow_is_encrypted_and_read_by_another_process_after_a_restart(
    airflow, demo, environment, tmp_path
):
    assert airflow.has_dags("train_model")  # signed in
    body = {"key": "greeting", "value": "saved-in-the-page"}
    address = f"{airflow.url}/api/v2/variables"
    reply = requests.post(address, headers=airflow.headers, json=body, timeout=30)
    assert reply.status_code == 201 and reply.json()["is_encrypted"]
    elsewhere = {
        "AIRFLOW_HOME": str(
            tmp_path
        ),  # as another container has it: with a configuration of its own
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{environment.folder}/airflow/airflow.db",
    }
    variables = part_variables(demo.processes.variables, "airflow-scheduler") | elsewhere
    command = ["airflow", "variables", "get", "greeting"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["saved-in-the-page"], done.stderr
    requests.delete(f"{address}/greeting", headers=airflow.headers, timeout=30)


def test_what_the_local_stack_listens_on_is_the_loopback_alone(demo, airflow, mlflow_url, form_url):
    """MLflow asks for no login: that is how it is closed off."""
    connections = []
    for process in demo.processes.alive():
        with where_still_there():
            connections += process.net_connections(kind="inet")
    listening = [each.laddr for each in connections if each.status == psutil.CONN_LISTEN]
    assert int(mlflow_url.rpartition(":")[2]) in {address.port for address in listening}
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}


# --- where no secret may stand --------------------------------------------------------------------
def found_in(content: bytes, secrets: dict[str, str]) -> list[str]:
    """The names of the secrets whose value stands in the content."""
    return [name for name, value in secrets.items() if value.encode() in content]


def contents(path: Path) -> Iterator[bytes]:
    """A file as it is, and what is packed in it."""
    yield path.read_bytes()
    if path.suffix == ".parquet" and not path.parent.name.startswith(PART_PREFIX):
        yield pd.read_parquet(path).to_csv().encode()
        yield repr(pyarrow.parquet.read_metadata(path).metadata).encode()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as opened:
            yield from (opened.read(name) for name in opened.namelist())


def leaks_below(folder: Path, secrets: dict[str, str]) -> list[tuple[str, list[str]]]:
    """Every file of a folder that holds a secret, and which."""
    found = []
    for path in sorted(files_below(folder)):
        if path.is_file() and path.relative_to(folder).as_posix() != PASSWORDS_FILE:
            with where_still_there():
                names = {name for each in contents(path) for name in found_in(each, secrets)}
                found += [(str(path.relative_to(folder)), sorted(names))] if names else []
    return found


@pytest.fixture(name="secrets", scope="module")
def secrets_of_env(environment) -> dict[str, str]:
    """The secrets of `.env` by name."""
    found = {
        name: value
        for name, value in environment.settings.items()
        if SECRET_NAME.search(name) and value
    }
    assert {"AIRFLOW_ADMIN_PASSWORD", "AIRFLOW_FERNET_KEY", "S3_SECRET_KEY"} <= set(found)
    assert min(len(value) for value in found.values()) >= 16
    return found


@pytest.fixture(name="stack", scope="module")
def stack_after_a_run_and_requests(airflow, monitor_url, form_url, service_url, production_model):
    """The whole local stack, after a training in Airflow, good requests and bad ones."""
    run_id = airflow.trigger("train_model", {"trials": 1, "rows": 500})  # which the gate refuses
    for body in (LISTING, {"year": "soon"}, [LISTING, {}]):
        requests.post(f"{service_url}/predict", json=body, timeout=30)
    wait_for(lambda: airflow.state("train_model", run_id) in ENDED, "the training ended", 240)
    return {"airflow": airflow, "run": run_id, "service": service_url, "monitor": monitor_url}


def test_the_search_finds_a_secret_in_every_kind_of_file(tmp_path):
    secret = {"A_PASSWORD": "a-secret-of-24-letters-xx"}
    value = secret["A_PASSWORD"]
    (tmp_path / "a.log").write_text(f"connected as {value}@host")
    pd.DataFrame({"a": [value] * 50}).to_parquet(tmp_path / "b.parquet", compression="zstd")
    with zipfile.ZipFile(tmp_path / "c.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("inside", value * 50)
    (tmp_path / "d.log").write_text("nothing")
    assert [path for path, _ in leaks_below(tmp_path, secret)] == ["a.log", "b.parquet", "c.zip"]


def test_no_secret_stands_in_a_log_or_any_other_file_of_the_local_stack(
    stack, environment, secrets
):
    logs = list((environment.folder / "logs").glob("*.log"))
    assert {"service", "mlflow", "airflow-scheduler"} <= {path.stem for path in logs}
    assert files_below(environment.folder / "airflow" / "logs", "*.log")
    assert files_below(environment.folder / "artifacts", "model.ubj")
    assert leaks_below(environment.folder, secrets) == []


def test_no_secret_stands_in_the_registry(stack, mlflow_url, secrets):
    client = MlflowClient(mlflow_url)
    experiments = client.search_experiments()
    runs = client.search_runs([each.experiment_id for each in experiments], max_results=1000)
    versions = client.search_model_versions()
    models = client.search_registered_models()
    assert runs and versions
    told = [dict(each) for each in (*experiments, *versions, *models)]
    told += [run.to_dictionary() for run in runs]
    assert found_in(json.dumps(told, default=str).encode(), secrets) == []


def test_no_secret_stands_in_a_page_or_an_error(stack, mlflow_url, form_url, airflow, secrets):
    service, monitor = stack["service"], stack["monitor"]
    described = requests.get(f"{service}/openapi.json", timeout=30).json()["paths"]
    pages = [service + path for path in (*described, "/no/such/page")]
    pages += [monitor + path for path in ("/", "/drift", "/report", "/metrics", "/runbook", "/x")]
    pages += [mlflow_url + path for path in ("/", "/version", "/health", "/x", "/api/2.0/x")]
    pages += [form_url + path for path in ("/", "/_stcore/host-config", "/_stcore/health", "/x")]
    pages += [airflow.url + path for path in ("/", "/auth/login", "/api/v2/x", "/openapi.json")]
    for page in pages:
        for method in ("GET", "POST"):
            reply = requests.request(method, page, data="{", timeout=30)
            told = f"{reply.headers}{reply.text}".encode()
            assert found_in(told, secrets) == [], page


def test_no_secret_stands_in_what_airflow_tells_its_user(stack, airflow, secrets):
    run = f"/api/v2/dags/train_model/dagRuns/{stack['run']}"
    paths = ["config", "variables", "connections", "dags", "plugins", "providers", "jobs"]
    pages = [f"/api/v2/{path}" for path in paths] + [run, f"{run}/taskInstances"]
    airflow.state("train_model", stack["run"])  # signs in where that has run out
    for page in pages:
        reply = requests.get(airflow.url + page, headers=airflow.headers, timeout=30)
        assert found_in(reply.content, secrets) == [], page
    for task in ("train", "evaluate", "promote"):
        log = "\n".join(airflow.log("train_model", stack["run"], task)).encode()
        assert found_in(log, secrets) == [] and log


def test_a_service_that_reaches_nothing_names_no_secret_in_its_log_or_answers(tmp_path):
    """Whatever it cannot reach, it says why: with the address, and without what opens it."""
    secrets = {
        "API_KEY": "key-of-the-clients-8842",
        "S3_SECRET_KEY": "key-of-the-bucket-1177",
        "POSTGRES_PASSWORD": "password-of-the-log-3391",
        "MLFLOW_TRACKING_PASSWORD": "password-of-mlflow-5520",
        "in MLFLOW_TRACKING_URI": "password-in-address-6678",
    }
    reach_nothing = {
        "PREDICTION_LOG_URL": f"postgresql://log:{secrets['POSTGRES_PASSWORD']}@127.0.0.1:9/log",
        "MLFLOW_TRACKING_URI": f"http://ml:{secrets['in MLFLOW_TRACKING_URI']}@127.0.0.1:9",
        "MLFLOW_TRACKING_USERNAME": "ml",
        "MODEL_FALLBACK_URI": "s3://bucket/models",
        "S3_ENDPOINT_URL": NOBODY,
        "S3_ACCESS_KEY": "key",
        "STOP_SECONDS": "3",
    }
    given = {name: value for name, value in secrets.items() if name.isupper()} | reach_nothing
    with service_in(tmp_path) as service:
        service.keep_model()
        service.start(**given)
        wait_for(lambda: service.log().count(" serves") >= 2, "both workers ready")
        told = ""
        for headers in ({}, as_headers(secrets["API_KEY"])):
            for method, body in (("POST", LISTING), ("POST", {"year": "x"}), ("GET", None)):
                reply = requests.request(
                    method, f"{service.url}/predict", json=body, headers=headers, timeout=10
                )
                told += f"{reply.headers}{reply.text}"
        told += requests.get(f"{service.url}/metrics", timeout=10).text
        for complaint in ("log takes nothing", "registry is away"):
            wait_for(lambda complaint=complaint: complaint in service.log(), complaint)
        migrate = [sys.executable, "-m", "price_service", "migrate"]
        failed = subprocess.run(
            migrate, env=service.environment(**given), capture_output=True, timeout=60
        )
        assert failed.returncode == 1
        told += service.log() + (failed.stdout + failed.stderr).decode()
    assert found_in(told.encode(), secrets) == []
