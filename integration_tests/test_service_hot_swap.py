"""Following the registry under Gunicorn: starting without it, swapping with no request dropped."""

import threading
import time
from importlib import import_module

import pytest
import requests

from integration_tests.service_under_gunicorn import service_in
from unit_tests.price_service.waiting import wait_for

MODEL = "vehicle-price"


def test_without_a_registry_the_last_model_on_disk_serves(tmp_path):
    with service_in(tmp_path) as service:
        service.keep_model("7")
        service.start()
        wait_for(lambda: service.get("/ready") == 200, "a model")
        reply = service.predict().json()
        assert (reply["price"], reply["model_version"]) == (21300, "7")


def test_without_registry_and_model_it_is_alive_and_says_that_it_is_not_ready(tmp_path):
    with service_in(tmp_path) as service:
        service.start()
        reply = service.predict()
        assert reply.status_code == 503
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert service.get("/ready") == 503
        wait_for(lambda: "the model registry is away" in service.log(), "a warning")
        assert service.get("/health") == 200


def test_the_metrics_of_both_workers_are_one(tmp_path):
    with service_in(tmp_path) as service:
        service.keep_model()
        service.start()
        wait_for(lambda: service.log().count("model version 1 serves") == 2, "both workers")
        for _ in range(40):
            assert service.predict().status_code == 200
        for _ in range(5):  # whichever worker answers
            text = requests.get(f"{service.url}/metrics", timeout=10).text
            assert 'price_service_predictions_total{source="api"} 40.0' in text
            assert 'price_service_model_info{version="1"} 1.0' in text


def test_the_longest_body_is_refused_with_an_answer_that_can_be_read(tmp_path):
    with service_in(tmp_path) as service:
        service.keep_model()
        service.start()
        for path in ("/predict", "/feedback", "/no/such/page"):
            body = b" " * 50 * 2**20
            headers = {"Content-Type": "application/json"}
            reply = requests.post(service.url + path, data=body, headers=headers, timeout=30)
            assert reply.status_code == (404 if path.startswith("/no") else 413)
            assert reply.headers["Content-Type"] == "application/problem+json"


@pytest.fixture(name="client")
def registry_client(mlflow_url):
    """MLflow's client of the running registry."""
    return import_module("mlflow").MlflowClient(mlflow_url, mlflow_url)


def test_a_new_version_is_served_within_5_seconds_and_no_request_fails(service_url, client):
    listing = {"year": 2014, "manufacturer": "ford", "model": "f-150", "odometer": 80000}
    old = client.get_model_version_by_alias(MODEL, "production")
    statuses, stop = [], threading.Event()

    def ask() -> None:
        while not stop.is_set():
            statuses.append(
                requests.post(f"{service_url}/predict", json=listing, timeout=20).status_code
            )
            stop.wait(0.01)

    def served() -> set[str]:
        replies = [requests.get(f"{service_url}/model", timeout=10) for _ in range(8)]
        return {reply.json()["version"] for reply in replies}

    def seconds_to(version: str) -> float:
        client.set_registered_model_alias(MODEL, "production", version)
        begun = time.monotonic()
        wait_for(lambda: served() == {version}, f"version {version} in both workers", 15)
        return time.monotonic() - begun

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        new = client.create_model_version(
            MODEL, old.source, old.run_id, model_id=old.source.rpartition("/")[2]
        )
        forward = seconds_to(str(new.version))
        back = seconds_to(str(old.version))
    finally:
        client.set_registered_model_alias(MODEL, "production", old.version)
        stop.set()
        asking.join()
    assert forward < 5.5 and back < 5.5
    assert len(statuses) > 20 and set(statuses) == {200}
