"""The service where the disk goes with the machine: its last model on S3, its rows in the log."""

import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from price_service.migration import migrate

from integration_tests.service_under_gunicorn import NOBODY, GunicornService, service_in
from unit_tests.price_service.waiting import wait_for

KEYS = {"S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret"}
# What is answered this long before a machine is lost without a word is in the log. A row waits for
# a fifth of a second; the rest is for a busy machine.
LOST_SECONDS = 2


@pytest.fixture(name="endpoint", scope="module")
def address_of_s3() -> Iterator[str]:
    """The address of moto's S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Bucket:
    """A bucket of its own that remembers every upload."""

    def __init__(self, endpoint: str):
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
        self.client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
        self.name = f"bucket-{uuid4().hex}"
        self.client.create_bucket(Bucket=self.name)
        versioning = {"Status": "Enabled"}
        self.client.put_bucket_versioning(Bucket=self.name, VersioningConfiguration=versioning)
        self.settings = KEYS | {
            "MODEL_FALLBACK_URI": f"s3://{self.name}/models",
            "S3_ENDPOINT_URL": endpoint,
        }

    def uploads(self, ending: str) -> list[str]:
        """The keys of everything that was ever uploaded, in no order."""
        found = self.client.list_object_versions(Bucket=self.name).get("Versions", [])
        return [each["Key"] for each in found if each["Key"].endswith(ending)]


@pytest.fixture(name="bucket")
def empty_bucket(endpoint) -> Bucket:
    """A bucket with nothing in it."""
    return Bucket(endpoint)


@pytest.fixture(name="task")
def task_with_empty_disk(tmp_path_factory) -> Iterator[Callable[[], GunicornService]]:
    """Makes a service on a disk of its own; nothing started yet."""
    with contextlib.ExitStack() as running:
        yield lambda: running.enter_context(service_in(tmp_path_factory.mktemp("task")))


@pytest.fixture(name="silent_s3")
def s3_that_takes_requests_and_never_answers() -> Iterator[str]:
    """The address of a server that accepts connections, and that is all."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def ready(service: GunicornService, **changes: str) -> GunicornService:
    """Start it and wait for a model in both workers."""
    service.start(**changes)
    wait_for(lambda: service.log().count(" serves") >= 2, "both workers ready", 60)
    return service


def logged(service: GunicornService) -> set[str]:
    """The ids in the prediction log."""
    connection = sqlite3.connect(service.log_file, timeout=30)  # workers write meanwhile
    rows = connection.execute("SELECT prediction_id FROM predictions").fetchall()
    connection.close()
    return {row[0] for row in rows}


def failures(service: GunicornService) -> float:
    """How often the log took nothing."""
    text = requests.get(f"{service.url}/metrics", timeout=10).text
    found = re.search(r"^price_service_shipping_failures_total (\S+)", text, re.M)
    return float(found[1]) if found else 0


def seconds_to_end(service: GunicornService, number: signal.Signals) -> float:
    """Stop it, and take its disk away."""
    begun = time.monotonic()
    service.stop(number)
    seconds = time.monotonic() - begun
    shutil.rmtree(service.folder / "outbox")
    return seconds


def spanned(answered: list[tuple[float, str]]) -> float:
    """The seconds from the first answer to the last."""
    return answered[-1][0] - answered[0][0] if answered else 0


class Clients:
    """Several clients that ask as fast as they are answered, until they are not."""

    def __init__(self, service: GunicornService, count: int = 4):
        self.answered: list[tuple[float, str]] = []
        self._service, self._stop = service, threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                reply = self._service.predict()
            except requests.RequestException:
                return
            self.answered.append((time.monotonic(), reply.json()["prediction_id"]))


def test_a_new_task_without_the_registry_serves_what_another_has_kept(
    task, bucket, mlflow_url, production_model
):
    first = ready(task(), MLFLOW_TRACKING_URI=mlflow_url, **bucket.settings)
    wait_for(lambda: bucket.uploads("/current"), "the model kept")
    price = first.predict().json()["price"]
    ready(task(), MLFLOW_TRACKING_URI=mlflow_url, **bucket.settings)
    late = ready(task(), **bucket.settings)
    reply = late.predict().json()
    assert (reply["price"], reply["model_version"]) == (price, production_model)
    assert "the model registry is away" in late.log()
    (uploaded,) = bucket.uploads(".tar")  # four workers of two tasks, one upload
    assert uploaded.startswith(f"models/{production_model}-")
    assert len(bucket.uploads("/current")) == 1


def test_with_s3_away_a_service_warns_counts_and_serves(task, mlflow_url, production_model):
    away = KEYS | {"MODEL_FALLBACK_URI": "s3://nowhere/models", "S3_ENDPOINT_URL": NOBODY}
    service = ready(task(), MLFLOW_TRACKING_URI=mlflow_url, **away)
    assert service.predict().json()["model_version"] == production_model
    wait_for(lambda: "the model fallback is not usable" in service.log(), "a warning")
    metrics = requests.get(f"{service.url}/metrics", timeout=10).text
    assert "price_service_model_fallback_failures_total" in metrics
    assert service.predict().status_code == 200


def test_an_s3_that_never_answers_holds_up_neither_the_start_nor_the_end(
    task, silent_s3, mlflow_url, production_model
):
    silent = KEYS | {"MODEL_FALLBACK_URI": "s3://silent/models", "S3_ENDPOINT_URL": silent_s3}
    service = task()
    service.migrate()
    ready(service, MLFLOW_TRACKING_URI=mlflow_url, STOP_SECONDS="6", **silent)
    asked = service.predict().json()["prediction_id"]
    assert seconds_to_end(service, signal.SIGTERM) < 6 + 2
    assert logged(service) == {asked}


def test_with_an_empty_fallback_and_no_registry_the_service_is_alive_and_not_ready(task, bucket):
    service = task()
    service.start(**bucket.settings)
    wait_for(lambda: "the model registry is away" in service.log(), "a warning")
    assert (service.get("/health"), service.get("/ready")) == (200, 503)


def test_what_waits_for_a_log_that_is_back_is_shipped_after_sigterm(task):
    """An idle connection, as a load balancer keeps it, does not take the drain's time."""
    service = task()
    service.keep_model()
    ready(service, STOP_SECONDS="5", SHIPPING_BACKOFF_SECONDS="60")
    with requests.Session() as idle:
        asked = set()
        for _ in range(20):
            reply = idle.post(f"{service.url}/predict", json={"year": 2014}, timeout=10)
            asked.add(reply.json()["prediction_id"])
        wait_for(lambda: failures(service) >= 4, "a shipper that rests for 8 seconds")
        migrate(f"sqlite:///{service.log_file}")
        assert seconds_to_end(service, signal.SIGTERM) < 5 + 1
    assert logged(service) == asked


def test_of_what_is_answered_until_the_end_nothing_is_lost_by_sigterm(task):
    service = task()
    service.keep_model()
    service.migrate()
    ready(service)
    with Clients(service) as clients:
        wait_for(lambda: len(clients.answered) > 200, "many answers")
        seconds_to_end(service, signal.SIGTERM)
    assert {answered for _, answered in clients.answered} <= logged(service)


def test_a_task_lost_without_a_word_loses_the_rows_of_its_last_moment_alone(task):
    service = task()
    service.keep_model()
    service.migrate()
    ready(service)
    with Clients(service) as clients:
        wait_for(lambda: spanned(clients.answered) > LOST_SECONDS + 1, "some seconds of traffic")
        for pid in service.workers():
            os.kill(pid, signal.SIGKILL)
        lost_at = time.monotonic()
        service.stop(signal.SIGKILL)
    shutil.rmtree(service.folder / "outbox")
    old = {answered for at, answered in clients.answered if at < lost_at - LOST_SECONDS}
    assert len(old) > 20
    assert old <= logged(service)
