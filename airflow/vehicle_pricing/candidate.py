"""A trained model before it is registered: scores the test split, beside the one in production."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from mlflow.entities.model_registry import ModelVersion

from vehicle_pricing import schema as schemas
from vehicle_pricing.errors import DataSetError, MissingObjectError, RegistryError
from vehicle_pricing.evaluation import baseline, group_medians
from vehicle_pricing.features import records
from vehicle_pricing.gate import Answers, Production
from vehicle_pricing.onnx_form import packed
from vehicle_pricing.registry import ARTIFACTS, Registry
from vehicle_pricing.serving_model import VehiclePrice
from vehicle_pricing.storage import Storage, dataset_path

log = logging.getLogger(__name__)

TRAINED_ON = ("train", "validation")
ASKED_ROWS = 5_000


class Candidate:
    """The model that a run left in a folder, and its prices for its data set's test split."""

    def __init__(self, storage: Storage, version: str, folder: Path, seed: int = 0):
        self.dataset = storage.dataset_card(version)
        self.schema = read_json(folder / "schema.json")
        self.trained = read_json(folder / "trained.json")
        self.features = [feature["name"] for feature in self.schema["features"]]
        test = storage.read_frame(dataset_path(version, "test.parquet"))
        known = pd.concat(
            storage.read_frame(dataset_path(version, f"{name}.parquet")) for name in TRAINED_ON
        )
        seen = test["vehicle_id"].isin(known["vehicle_id"]).to_numpy()
        self.model = load_folder(folder)
        self.scored = score(self.model, test).assign(trained_on=seen)
        self.baseline = baseline(known, test)
        self.answers = answers(self.model, known, self.scored, seed)


def load_folder(folder: Path) -> VehiclePrice:
    """The serving model over files that are not registered yet, exactly as it will be served."""
    write_json({}, folder / "model_card.json")
    model = VehiclePrice()
    paths = {key: str(folder / name) for key, name in ARTIFACTS.items()}
    model.load_context(SimpleNamespace(artifacts=paths))
    return model


def score(model: VehiclePrice, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with predicted_price, low and high as the service would answer."""
    results = model.predict_records(records(rows, list(schemas.FEATURE_NAMES)))
    found = pd.DataFrame.from_records(results, columns=["price", "low", "high"])
    return rows.reset_index(drop=True).assign(
        predicted_price=found["price"], low=found["low"], high=found["high"]
    )


def answers(
    model: VehiclePrice,
    known: pd.DataFrame,
    scored: pd.DataFrame,
    seed: int,
    most: int = ASKED_ROWS,
) -> list[Answers]:
    """Return the model's answers to each of its schema's questions about scored rows.

    About so many of them at most, a seeded sample. `known` are the rows it was fitted on.
    """
    chosen = scored if len(scored) <= most else scored.sample(most, random_state=seed)
    found = []
    for question in model.schema.get("questions", []):
        untold = [name for name in schemas.FEATURE_NAMES if name not in question["told"]]
        asked = score(model, chosen.assign(**dict.fromkeys(untold)))
        medians = group_medians(known, chosen, question["told"])
        found.append(Answers(question["name"], question["label"], asked, medians))
    return found


def production_on(
    registry: Registry, storage: Storage, version: ModelVersion | None, rows: pd.DataFrame
) -> Production | None:
    """The model in production on the same rows, and which of them it was not trained on."""
    if version is None:
        return None
    number, synthetic = str(version.version), version.tags.get("synthetic") == "true"
    try:
        known = trained_vehicles(storage, version.tags.get("dataset_version", ""))
        predicted = score(registry.load(version), rows)["predicted_price"].to_numpy()
    except (RegistryError, MissingObjectError, DataSetError) as error:
        log.warning("version %s in production cannot be compared: %s", number, error)
        return Production(number, synthetic, unavailable=str(error))
    return Production(number, synthetic, predicted, ~rows["vehicle_id"].isin(known).to_numpy())


def trained_vehicles(storage: Storage, version: str) -> np.ndarray:
    """Vehicles that went into a model of that data set."""
    names = [dataset_path(version, f"{split}.parquet") for split in TRAINED_ON]
    frames = [storage.read_frame(name, ["vehicle_id"]) for name in names]
    return pd.concat(frames)["vehicle_id"].unique()


def read_json(path: Path) -> dict:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(content: dict, path: Path) -> None:
    """A compact JSON file; one named *.zlib is packed."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    path.write_bytes(packed(text) if path.suffix == ".zlib" else text)
