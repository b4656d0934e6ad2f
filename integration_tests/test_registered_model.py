"""The registered model as another process gets it from a real MLflow, without this package."""

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request

import pytest

from vehicle_pricing import model_steps
from vehicle_pricing.model_card import MODEL_NAME
from vehicle_pricing.registry import PRODUCTION, Registry

SCORE_REFERENCE = """
import json, sys
import mlflow, pandas
model = mlflow.pyfunc.load_model("models:/vehicle-price@production").unwrap_python_model()
folder = mlflow.artifacts.download_artifacts("models:/vehicle-price@production")
kept = pandas.read_parquet(next(__import__("pathlib").Path(folder).rglob("reference.parquet")))
names = [feature["name"] for feature in model.schema["features"]]
columns = kept[names].astype(object)
rows = columns.where(columns.notna(), None).to_dict("records")[:300]
priced = [model.predict_records([row])[0] for row in rows]
print(json.dumps({
    "equal": [one["price"] for one in priced] == kept["predicted_price"].head(300).tolist(),
    "low": [one["low"] for one in priced] == kept["low"].head(300).tolist(),
    "rows": len(rows),
    "in_bulk": model.predict_records(rows) == priced,
    "package": "vehicle_pricing" in sys.modules,
    "synthetic": model.schema["dataset"]["synthetic"],
}))
"""


def call(url: str) -> dict:
    """The JSON that an address answers with."""
    with urllib.request.urlopen(url, timeout=30) as reply:
        return json.load(reply)


@pytest.fixture(name="registry", scope="module")
def real_registry(production_model, mlflow_url) -> Registry:
    """The registry in which the model in production stands."""
    assert production_model
    return Registry(mlflow_url)


def test_another_process_scores_the_reference_as_training_did(registry, tmp_path):
    environment = os.environ | {"MLFLOW_TRACKING_URI": registry.tracking_uri}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "-c", SCORE_REFERENCE],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    assert said.pop("rows") > 100
    assert said == {
        "equal": True,
        "low": True,
        "in_bulk": True,
        "package": False,
        "synthetic": True,
    }


def test_the_artifacts_are_served_by_the_server_and_small(registry, production_model):
    base = f"{registry.tracking_uri}/api/2.0"
    query = urllib.parse.urlencode({"name": MODEL_NAME, "version": production_model})
    uri = call(f"{base}/mlflow/model-versions/get-download-uri?{query}")["artifact_uri"]
    assert uri.startswith("mlflow-artifacts:")
    path = urllib.parse.quote(urllib.parse.urlparse(uri).path.strip("/") + "/artifacts")
    files = call(f"{base}/mlflow-artifacts/artifacts?path={path}")["files"]
    sizes = {os.path.basename(file["path"]): file["file_size"] for file in files}
    boosters = {"model.ubj", "prices.onnx.zlib"}
    documents = {"schema.json", "encoding.json.zlib", "model_card.json", "reference.parquet"}
    assert set(sizes) == boosters | documents
    assert sum(sizes.values()) < 20_000_000


def test_promoting_and_evaluating_again_change_nothing(
    registry, production_model, pipeline_settings
):
    run_id = registry.version(production_model).tags["run_id"]
    assert model_steps.evaluate(pipeline_settings, run_id) == production_model
    assert "already" in model_steps.promote(pipeline_settings, production_model)
    assert str(registry.named(PRODUCTION).version) == production_model
