"""The stack as it stands on AWS: PostgreSQL and S3 elsewhere, MLflow behind a login, a task of the service outside.

run.sh has started it, to its first model; the tests here ask it.
"""

import os
import subprocess

import pytest

from integration_tests.compose.stack import Stack, wait_until
from local.http import NoAnswer, request, request_json
from local.traffic import Listing

HOST = os.environ.get("HOST_ADDRESS", "")
TASK, TASK_PORT = "vehicle-price-test-task", 29696
READY_SECONDS = 60
LISTING = {"manufacturer": "ford", "model": "f-150", "year": 2015, "odometer": 80_000}
MODEL_API = "api/2.0/mlflow/registered-models"


@pytest.fixture(scope="module")
def stack() -> Stack:
    """The containers of the host."""
    return Stack()


@pytest.fixture(scope="module")
def reader(stack) -> tuple[str, str]:
    """The login of what serves and watches."""
    return "reader", stack.variables["MLFLOW_READER_PASSWORD"]


@pytest.fixture(scope="module")
def writer(stack) -> tuple[str, str]:
    """The login of the pipeline."""
    return "admin", stack.variables["MLFLOW_ADMIN_PASSWORD"]


@pytest.fixture(scope="module")
def mlflow_url(stack) -> str:
    """MLflow as the tasks on other machines reach it."""
    return f"http://{HOST}:{stack.variables['MLFLOW_PORT']}"


@pytest.fixture(scope="module")
def task(stack, reader, mlflow_url):
    """The service outside the project, told what Terraform's task definition tells it; its address."""
    image = f"{os.environ.get('IMAGES', 'vehicle-price')}/service:{os.environ.get('IMAGE_TAG', 'local')}"
    told = {
        "API_KEY": stack.variables["API_KEY"],
        "MLFLOW_TRACKING_URI": mlflow_url,
        "MLFLOW_TRACKING_USERNAME": reader[0],
        "MLFLOW_TRACKING_PASSWORD": reader[1],
        "PREDICTION_LOG_URL": f"postgresql+psycopg2://price_service@{HOST}:5432/predictions",
        "PGPASSWORD": stack.variables["POSTGRES_PRICE_SERVICE_PASSWORD"],
        "MODEL_FALLBACK_URI": f"s3://{os.environ['S3_BUCKET']}/models",
        "S3_ENDPOINT_URL": os.environ["S3_ENDPOINT_URL"],
        "S3_ACCESS_KEY": os.environ["AWS_ACCESS_KEY_ID"],
        "S3_SECRET_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
        "AWS_REGION": os.environ["AWS_REGION"],
        "STOP_SECONDS": "20",
    }
    command = ["docker", "run", "--detach", "--name", TASK, "--read-only", "--tmpfs", "/tmp"]
    command += ["--cap-drop", "ALL", "--publish", f"127.0.0.1:{TASK_PORT}:9696"]
    command += [word for name in told for word in ("--env", name)]
    subprocess.run([*command, image], env=os.environ | told, check=True, capture_output=True)
    return f"http://127.0.0.1:{TASK_PORT}"


def test_neither_postgresql_nor_s3_runs_in_the_project(stack):
    names = ["docker", "ps", "--format", "{{.Names}}", "--filter", "name=vehicle-price-test"]
    running = subprocess.run(names, capture_output=True, text=True, check=True).stdout
    assert "mlflow" in running
    assert "postgres" not in running and "seaweedfs" not in running


def test_the_service_on_the_host_predicts(stack):
    assert stack.client.predict([Listing(LISTING, 20_000.0)])[0]["price"] > 0


def test_mlflow_asks_for_a_login_wherever_it_listens(stack, mlflow_url):
    path = f"{MODEL_API}/alias?name=vehicle-price&alias=production"
    for address in (mlflow_url, stack.url("MLFLOW")):
        assert request("GET", f"{address}/health").status_code == 200
        assert request("GET", f"{address}/{path}").status_code == 401
        assert request("GET", f"{address}/").status_code == 401
        assert request("GET", f"{address}/{path}", auth=("admin", "admin")).status_code == 401


def test_what_serves_may_read_every_model_and_change_none(mlflow_url, reader, writer):
    names = {"name": "vehicle-price", "alias": "production"}
    found = request_json("GET", f"{mlflow_url}/{MODEL_API}/alias", params=names, auth=reader)
    version = found["model_version"]["version"]
    move = {"json": names | {"version": version}}
    assert (
        request("POST", f"{mlflow_url}/{MODEL_API}/alias", auth=reader, **move).status_code == 403
    )
    assert (
        request("POST", f"{mlflow_url}/{MODEL_API}/alias", auth=writer, **move).status_code == 200
    )
    artifact = f"{mlflow_url}/api/2.0/mlflow-artifacts/artifacts/1/x/artifacts/model.py"
    assert request("PUT", artifact, data=b"print()", auth=reader).status_code == 403
    user = {"json": {"username": "another", "password": "a-long-enough-password"}}
    address = f"{mlflow_url}/api/2.0/mlflow/users/create"
    assert request("POST", address, auth=reader, **user).status_code == 403


def test_a_task_elsewhere_gets_the_model_predicts_and_logs(stack, task):
    headers = {"X-API-Key": stack.variables["API_KEY"]}
    wait_until(lambda: is_ready(task), "the task is ready", READY_SECONDS)
    answer = request_json("POST", f"{task}/predict", json=LISTING, headers=headers)
    assert answer["price"] > 0
    assert request_json("GET", f"{task}/model", headers=headers)["version"] == stack.version()
    # The host's service reads the same log: it knows what the task has answered.
    price = {"prediction_id": answer["prediction_id"], "price": 20_000}
    address = f"{stack.url('SERVICE')}/feedback"
    wait_until(
        lambda: request("POST", address, json=price, headers=headers).ok, "the row in the log", 30
    )


def is_ready(address: str) -> bool:
    """Whether the service there has a model."""
    try:
        return request("GET", f"{address}/ready").status_code == 200
    except NoAnswer:
        return False


def test_prometheus_finds_tasks_by_their_name(stack):
    # By two names of one container here: to Prometheus they are one service.
    pools = {"service", "service-tasks"}
    wait_until(lambda: pools_that_answer(stack) == pools, "both kinds of targets scraped", 60)
    assert not stack.query('up{job="service"} == 0')


def pools_that_answer(stack: Stack) -> set[str]:
    """Under which names Prometheus has found the service, and got its metrics."""
    found = request_json("GET", f"{stack.url('PROMETHEUS')}/api/v1/targets")["data"]
    return {
        target["scrapePool"]
        for target in found["activeTargets"]
        if target["labels"]["job"] == "service" and target["health"] == "up"
    }


def test_the_monitor_reads_the_models_reference_behind_the_login(stack):
    known = wait_until(lambda: stack.drift()["model_version"], "a look of the monitor", 60)
    assert known == stack.version()
