"""The monitor under Gunicorn, fed by the real service: silent on usual listings, loud on others."""

import io

import pandas as pd
import pytest
import requests

BATCH_ROWS = 100
DRIFT_PERIODS_SECONDS = 2 * 2
# What a run itself takes on a busy machine comes on top of two periods.
RUN_SECONDS = 20


@pytest.fixture(name="reference", scope="module")
def reference_of_production(mlflow_url, service_url):
    """The rows that the model in production brings along."""
    version = requests.get(f"{service_url}/model", timeout=30).json()["version"]
    query = f"name=vehicle-price&version={version}&path=artifacts/reference.parquet"
    answer = requests.get(f"{mlflow_url}/model-versions/get-artifact?{query}", timeout=60)
    answer.raise_for_status()
    return pd.read_parquet(io.BytesIO(answer.content))


@pytest.fixture(name="features", scope="module")
def features_of_schema(service_url):
    """The features that the service takes, by name."""
    schema = requests.get(f"{service_url}/schema", timeout=30).json()
    return {entry["name"]: entry for entry in schema["features"]}


@pytest.fixture(name="post", scope="module")
def post_listings(service_url):
    """Posts listings to the service; the results."""

    def posted(listings):
        results = []
        for start in range(0, len(listings), BATCH_ROWS):
            batch = listings[start : start + BATCH_ROWS]
            answer = requests.post(f"{service_url}/predict", json=batch, timeout=60)
            assert answer.status_code == 200, answer.text[:500]
            results += answer.json()
        return results

    return posted


@pytest.fixture(name="drift")
def drift_of_monitor(monitor_url):
    """Reads GET /drift."""

    def read():
        return requests.get(f"{monitor_url}/drift", timeout=30).json()

    return read


@pytest.fixture(name="send", scope="module")
def send_listings(reference, features, post):
    """Sends listings like the reference, or of another world; the results."""

    def sent(count, seed, other_world=False):
        listings = listings_like(reference, features, count, seed)
        return post(of_another_world(listings, features) if other_world else listings)

    return sent


def listings_like(reference, features, count, seed):
    """Listings drawn from the reference, without what is missing in them."""
    drawn = reference.sample(count, replace=count > len(reference), random_state=seed)
    records = drawn[list(features)].astype(object).to_dict("records")
    return [
        {name: plain(value) for name, value in record.items() if pd.notna(value)}
        for record in records
    ]


def of_another_world(listings, features):
    """Electric only, half the mileage, all from one state."""
    changes = {"fuel": "electric", "state": features["state"]["options"][-1]}
    return [
        listing | changes | {"odometer": listing.get("odometer", 60_000) // 2}
        for listing in listings
    ]


def plain(value):
    """Whole floats as integers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def runs_after(drift, wait_until, count=2):
    """Wait until the monitor has run `count` times more; its drift then."""
    for _ in range(count):
        last = drift()["last_run_seconds"] or 0
        wait_until(
            lambda last=last: (drift()["last_run_seconds"] or 0) > last, "a run", RUN_SECONDS
        )
    return drift()


def test_usual_listings_are_silent_and_another_world_alerts_within_two_periods(
    send, drift, wait_until
):
    wait_until(lambda: drift()["model_version"] is not None, "a model watched", 60)

    send(2000, seed=1)
    wait_until(lambda: drift()["window_rows"] == 500, "a full window", RUN_SECONDS)
    usual = runs_after(drift, wait_until)
    assert usual["alert"] is False, usual["explanation"]
    assert usual["drift_share"] is not None
    assert usual["prediction"]["score"] is not None

    send(1000, seed=2, other_world=True)
    wait_until(
        lambda: drift()["alert"], "an alert on another world", DRIFT_PERIODS_SECONDS + RUN_SECONDS
    )
    found = runs_after(drift, wait_until)
    drifted = {column["name"] for column in found["columns"] if column["drifted"]}
    assert {"fuel", "odometer", "state"} <= drifted
    assert found["since"]
    assert any(words.startswith("fuel: electric 100% now") for words in found["explanation"])

    send(1000, seed=3)
    wait_until(lambda: not drift()["alert"], "the alert over", DRIFT_PERIODS_SECONDS + RUN_SECONDS)


def test_feedback_becomes_error_and_coverage(send, drift, wait_until, service_url):
    wait_until(lambda: drift()["model_version"] is not None, "a model watched", 60)
    before = drift()["actual"]["rows"]
    for result in send(20, seed=4):
        body = {"prediction_id": result["prediction_id"], "price": result["price"]}
        assert requests.post(f"{service_url}/feedback", json=body, timeout=30).ok
    wait_until(
        lambda: drift()["actual"]["rows"] >= min(before + 20, 500), "labels counted", RUN_SECONDS
    )
    actual = drift()["actual"]
    assert actual["mae"] >= 0
    assert 0 <= actual["interval_coverage"] <= 1
    assert actual["reference_mae"] > 0


def test_report_and_gauges_are_served_when_the_window_is_full(send, drift, wait_until, monitor_url):
    send(500, seed=5)
    wait_until(lambda: drift()["drift_share"] is not None, "a full window", 60)
    report = requests.get(f"{monitor_url}/report", timeout=60)
    assert (report.status_code, report.headers["Content-Type"][:9]) == (200, "text/html")
    assert len(report.content) > 100_000
    gauges = requests.get(f"{monitor_url}/metrics", timeout=30).text
    version = drift()["model_version"]
    assert f'vehicle_price_drift_share{{model_version="{version}"}}' in gauges
    assert f'column="odometer",model_version="{version}"' in gauges
