"""Feedback against the real service: what it says reaches the prediction log."""

import uuid

import pytest
import requests
import sqlalchemy

from unit_tests.price_service.waiting import wait_for


@pytest.fixture(name="logged")
def reader_of_log(prediction_log_url):
    """Reads (price, actual_price) of a prediction."""
    engine = sqlalchemy.create_engine(prediction_log_url)

    def read(identity: str):
        query = "SELECT price, actual_price FROM predictions WHERE prediction_id = :id"
        with engine.connect() as connection:
            return connection.execute(sqlalchemy.text(query), {"id": identity}).fetchone()

    yield read
    engine.dispose()


def give(service_url: str, identity: str, price: float) -> int:
    """The status of POST /feedback."""
    body = {"prediction_id": identity, "price": price}
    return requests.post(f"{service_url}/feedback", json=body, timeout=20).status_code


def test_feedback_stands_beside_its_prediction_and_the_last_counts(service_url, logged):
    result = requests.post(f"{service_url}/predict", json={"year": 2014}, timeout=20).json()
    identity = result["prediction_id"]
    assert [give(service_url, identity, price) for price in (9000, 9000, 9500)] == [202] * 3
    wait_for(lambda: logged(identity) == (result["price"], 9500), "both prices in the log", 5)


def test_feedback_of_an_unknown_prediction_waits_for_it(service_url, logged):
    identity = uuid.uuid4().hex
    assert give(service_url, identity, 9000) == 202
    wait_for(lambda: logged(identity) == (None, 9000), "the actual price in the log", 5)


@pytest.mark.parametrize(
    "identity, price, field",
    [
        ("no such id!", 9000, "prediction_id"),
        ("A" * 32, 9000, "prediction_id"),
        (None, 9000, "prediction_id"),
        ("a" * 32, -5, "price"),
        ("a" * 32, "much", "price"),
        ("a" * 32, None, "price"),
        ("a" * 32, True, "price"),
    ],
)
def test_bad_feedback_is_a_problem(service_url, identity, price, field):
    body = {"prediction_id": identity, "price": price}
    reply = requests.post(f"{service_url}/feedback", json=body, timeout=20)
    assert reply.status_code == 422
    assert [error["field"] for error in reply.json()["errors"]] == [field]
