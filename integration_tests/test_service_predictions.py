"""Parity: what the service answers is what training wrote down for the same listings."""

import io
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests

from unit_tests.price_service.waiting import wait_for

MODEL = "vehicle-price"
ROWS = 300


@pytest.fixture(scope="module", name="features")
def names_of_features(service_url) -> list[str]:
    """The features of the model in production."""
    schema = requests.get(f"{service_url}/schema", timeout=10).json()
    return [feature["name"] for feature in schema["features"]]


@pytest.fixture(scope="module", name="reference")
def held_out_rows(service_url, mlflow_url, tmp_path_factory) -> pd.DataFrame:
    """Rows that training held out, with the prices that it wrote down for them."""
    client = import_module("mlflow").MlflowClient(mlflow_url, mlflow_url)
    version = requests.get(f"{service_url}/model", timeout=10).json()["version"]
    folder = tmp_path_factory.mktemp("registered")
    import_module("mlflow.artifacts").download_artifacts(
        artifact_uri=client.get_model_version_download_uri(MODEL, version),
        dst_path=str(folder),
        tracking_uri=mlflow_url,
    )
    (path,) = Path(folder).rglob("reference.parquet")
    frame = pd.read_parquet(path)
    return frame.sample(min(ROWS, len(frame)), random_state=1)


def listing_of(row: dict[str, Any], features: list[str]) -> dict[str, Any]:
    """The row as a client would send it: without what is missing."""
    return {name: row[name] for name in features if pd.notna(row[name])}


def predict(service_url: str, body: Any) -> Any:
    """The results of POST /predict, which must be 200."""
    reply = requests.post(f"{service_url}/predict", json=body, timeout=60)
    assert reply.status_code == 200, reply.text[:300]
    return reply.json()


def prices(results: list[dict]) -> list[tuple[int, int, int]]:
    """(price, low, high) of each result."""
    return [(result["price"], result["low"], result["high"]) for result in results]


def written_down(reference: pd.DataFrame) -> list[tuple[int, int, int]]:
    """(price, low, high) as training had them, in whole dollars."""
    columns = reference[["predicted_price", "low", "high"]]
    return [tuple(map(round, row)) for row in columns.itertuples(index=False)]


def test_held_out_rows_in_bulk_get_the_prices_that_training_wrote_down(
    service_url, reference, features
):
    rows = [listing_of(row, features) for row in reference.to_dict("records")]
    assert prices(predict(service_url, rows)) == written_down(reference)


def test_held_out_rows_one_by_one_get_the_prices_that_training_wrote_down(
    service_url, reference, features
):
    rows = [listing_of(row, features) for row in reference.to_dict("records")]
    assert any(len(row) < len(features) for row in rows), "some rows have missing values"
    session = requests.Session()
    replies = [session.post(f"{service_url}/predict", json=row, timeout=20) for row in rows]
    session.close()
    assert prices([reply.json() for reply in replies]) == written_down(reference)


def test_held_out_rows_as_a_csv_get_the_prices_that_training_wrote_down(
    service_url, reference, features
):
    body = reference[features].to_csv(index=False).encode()
    reply = requests.post(
        f"{service_url}/predict/csv", data=body, headers={"Content-Type": "text/csv"}, timeout=60
    )
    answer = pd.read_csv(io.BytesIO(reply.content))
    assert answer["error"].isna().all()
    columns = answer[["predicted_price", "low", "high"]]
    assert [tuple(row) for row in columns.itertuples(index=False)] == written_down(reference)


@pytest.mark.parametrize("unknown", ["zzyzx motors", "日本", "citroën ügly", "🚗" * 100])
def test_an_unknown_category_is_priced_like_any_other_unknown_one_and_named(service_url, unknown):
    results = predict(
        service_url,
        [{"year": 2014, "manufacturer": unknown}, {"year": 2014, "manufacturer": "qqqq"}],
    )
    assert prices(results)[0] == prices(results)[1]
    assert "manufacturer" in [warning["field"] for warning in results[0]["warnings"]]


def test_missing_values_may_be_left_out_null_or_blank(service_url):
    forms = [
        {"year": 2014},
        {"year": 2014, "odometer": None, "model": None},
        {"year": 2014, "model": " ", "fuel": ""},
    ]
    first, second, third = prices(predict(service_url, forms))
    assert first == second == third


def test_every_answer_is_in_the_prediction_log(service_url, prediction_log_url):
    log = import_module("sqlalchemy").create_engine(prediction_log_url)
    result = requests.post(
        f"{service_url}/predict", json={"year": 2014}, headers={"X-Source": "form"}, timeout=20
    ).json()

    def row() -> Any:
        with log.connect() as connection:
            return connection.exec_driver_sql(
                f"SELECT price, low, high, source, model_version FROM predictions"
                f" WHERE prediction_id = '{result['prediction_id']}'"
            ).fetchone()

    found = wait_for(row, "the row in the log", 3)
    log.dispose()
    shown = (result["price"], result["low"], result["high"], "form", result["model_version"])
    assert tuple(found) == shown
