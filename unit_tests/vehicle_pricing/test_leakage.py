"""No model knows an answer beforehand: not by its features, its encoding, or copies of vehicles."""

import os
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sqlalchemy

from vehicle_pricing import data_steps, model_steps
from vehicle_pricing import schema as schemas
from vehicle_pricing import vehicles
from vehicle_pricing.errors import DataSetError
from vehicle_pricing.features import records
from vehicle_pricing.registry import Registry
from vehicle_pricing.schema import FEATURE_NAMES
from vehicle_pricing.serving_model import Encoder
from vehicle_pricing.settings import Settings
from vehicle_pricing.split import SPLITS
from vehicle_pricing.storage import Storage, dataset_path
from vehicle_pricing.tracking import Tracking
from vehicle_pricing.training import fit_price, prepare_matrices

from unit_tests.vehicle_pricing.model_world import card, listings, splits

PARAMETERS = {"max_depth": 5, "learning_rate": 0.2, "subsample": 0.8, "colsample_bytree": 0.5}
VERSION = "aaaaaaaaaaaa"
TOLD_OF_EACH_SPLIT = 40
NOW = datetime.now(timezone.utc).replace(tzinfo=None)


def shuffled(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The listings with one another's prices."""
    return frame.assign(price=np.random.default_rng(seed).permutation(frame["price"]))


def error_of(train: pd.DataFrame, validation: pd.DataFrame, test: pd.DataFrame) -> float:
    """The mean error in dollars, on the test listings, of a model of the others."""
    schema = schemas.build(train, card())
    prepared = prepare_matrices(train, validation, schema)
    booster = fit_price(prepared, PARAMETERS, 100, seed=1).booster
    encoder = Encoder(prepared.encoding)
    names = [feature["name"] for feature in schema["features"]]
    log_prices = booster.inplace_predict(encoder.encode(records(test, names)))
    return float(np.abs(np.exp(log_prices) - test["price"]).mean())


def test_a_model_of_shuffled_prices_is_as_wrong_as_the_median_of_all():
    train, validation, test = (
        listings(2_000),
        listings(500, 1, 10_000),
        listings(1_500, 2, 20_000),
    )
    median = float(np.abs(train["price"].median() - test["price"]).mean())
    # There is nothing to learn: only who knows the answers is better, and who learned noise worse.
    learned = error_of(shuffled(train, 1), shuffled(validation, 2), test)
    assert learned == pytest.approx(median, rel=0.05)
    assert error_of(train, validation, test) < 0.4 * median, "of the true prices there is much"


@pytest.fixture(scope="module", name="copies")
def data_set_with_copies(tmp_path_factory):
    """A sample's data set, and one of the same with feedback on vehicles of each of its splits."""
    folder = tmp_path_factory.mktemp("copies")
    settings = Settings(
        dataset="sample",
        sample_rows=4_000,
        data_uri=str(folder / "data"),
        prediction_log_url=f"sqlite:///{folder / 'log.db'}",
    )
    storage, archive = Storage.from_settings(settings), data_steps.download(settings)
    first = read_splits(storage, data_steps.split(settings, data_steps.prepare(settings, archive)))
    told = {
        name: frame[vehicles.driven(frame)].head(TOLD_OF_EACH_SPLIT)
        for name, frame in first.items()
    }
    put_log(settings, pd.concat(told.values(), ignore_index=True))
    version = data_steps.split(settings, data_steps.prepare(settings, archive))
    return SimpleNamespace(
        told=told,
        splits=read_splits(storage, version),
        listings=storage.read_frame(dataset_path(version, "listings.parquet")),
    )


def read_splits(storage: Storage, version: str) -> dict[str, pd.DataFrame]:
    """The splits of a data set."""
    return {name: storage.read_frame(dataset_path(version, f"{name}.parquet")) for name in SPLITS}


def put_log(settings: Settings, told: pd.DataFrame) -> None:
    """A prediction log in which each listing was sold twice, in another place, a little dearer."""
    twice = pd.concat([told, told], ignore_index=True)
    elsewhere = twice.assign(region="nowhere", state="zz")
    log = pd.DataFrame(
        {
            "prediction_id": [f"{number:032x}" for number in range(len(twice))],
            "predicted_at": NOW - timedelta(hours=1),
            "features": records(elsewhere, FEATURE_NAMES),
            "low": twice["price"] * 0.7,
            "high": twice["price"] * 1.3,
            "actual_price": twice["price"] + np.arange(1, len(twice) + 1),
            "actual_at": NOW,
        }
    )
    engine = sqlalchemy.create_engine(settings.prediction_log_url)
    log.to_sql("predictions", engine, index=False, dtype={"features": sqlalchemy.JSON})
    engine.dispose()


def test_reposts_and_feedback_of_a_vehicle_never_stand_in_two_splits(copies):
    ids = pd.concat([frame["vehicle_id"] for frame in copies.splits.values()])
    assert copies.listings["vehicle_id"].duplicated().mean() > 0.3, "there are copies to part"
    assert ids.is_unique
    keys = [
        set(vehicles.attribute_keys(frame[vehicles.driven(frame)]).tolist()) - {int(vehicles.NONE)}
        for frame in copies.splits.values()
    ]
    assert len(set.union(*keys)) == sum(map(len, keys)), "nor by what is said of them"


@pytest.mark.parametrize("split", SPLITS)
def test_feedback_on_a_vehicle_stays_in_the_split_that_has_it(copies, split):
    told, found = set(copies.told[split]["vehicle_id"]), copies.splits[split]
    mine = found[found["vehicle_id"].isin(told)]
    assert set(mine["vehicle_id"]) == told, "each once, as feedback or as it was"
    assert mine["feedback"].sum() > TOLD_OF_EACH_SPLIT / 3
    assert set(mine.loc[mine["feedback"], "state"]) == {"zz"}


CANARIES = {
    "the price": lambda price, _: price,
    "a multiple": lambda price, _: price * 1.609,
    "its logarithm": lambda price, _: np.log(price),
    "what is left of 300,000 USD": lambda price, _: 300_000 - price,
    "the price but for a few rows": lambda price, rows: price.where(rows % 20 != 0, 7.0),
    "the price where it is known": lambda price, rows: price.where(rows % 4 == 0),
}
TEXTS = {
    "the price": lambda price: f"{price:.0f}",
    "in dollars": lambda price: f"asking ${price:,.2f} or best offer",
    "after another number": lambda price: f"f-150 xlt {price:.0f}",
    "in thousands": lambda price: f"{price / 1000:.2f}k",
}


@pytest.mark.parametrize("column", schemas.NUMBERS)
@pytest.mark.parametrize("canary", CANARIES)
def test_a_number_that_tells_the_price_is_refused_by_name(column, canary):
    frame = listings(1_000)
    rows = pd.Series(range(len(frame)))
    told = frame.assign(**{column: CANARIES[canary](frame["price"], rows)})
    with pytest.raises(DataSetError, match=f"the price can be read from {column}:"):
        schemas.build(told, card())


@pytest.mark.parametrize("column", ["model", "paint_color", "region"])
@pytest.mark.parametrize("canary", TEXTS)
def test_a_text_that_tells_the_price_is_refused_by_name(column, canary):
    frame = listings(1_000)
    told = frame.assign(**{column: frame["price"].map(TEXTS[canary]).astype("str")})
    with pytest.raises(DataSetError, match=f"the price can be read from {column}:"):
        schemas.build(told, card())


def test_all_columns_that_tell_the_price_are_named():
    frame = listings(300)
    told = frame.assign(odometer=frame["price"], fuel=frame["price"].astype("str"))
    with pytest.raises(DataSetError, match="read from odometer and fuel:"):
        schemas.build(told, card())


@pytest.mark.parametrize("seed", range(5))
def test_honest_listings_are_not_taken_for_a_leak(copies, seed):
    for honest in (listings(210, seed), copies.listings.sample(210, random_state=seed)):
        assert schemas.build(honest, card())["features"]


def test_too_few_rows_to_tell_are_let_through():
    frame = listings(49)
    assert schemas.build(frame.assign(odometer=frame["price"]), card())["features"]


def test_nothing_of_the_validation_rows_enters_the_encoding_of_the_search():
    frames = splits()
    train, validation = frames["train"], frames["validation"]
    schema = schemas.build(train, card())
    other = validation.assign(
        price=99_999.0, manufacturer="ford", model="edsel ranger", state="ak", fuel="steam"
    )
    encodings = [prepare_matrices(train, rows, schema).encoding for rows in (validation, other)]
    assert encodings[0] == encodings[1]


@pytest.fixture(scope="module", name="folder")
def folder_of_runs(tmp_path_factory):
    """The working directory, where MLflow keeps artifacts of a plain database."""
    folder, home = tmp_path_factory.mktemp("runs"), os.getcwd()
    os.chdir(folder)
    yield folder
    os.chdir(home)


def artifacts_of(folder, name: str, frames: dict[str, pd.DataFrame]) -> dict[str, bytes]:
    """What `train` leaves of a data set of these splits: file → content, but the time."""
    settings = Settings(
        data_uri=str(folder / name), mlflow_tracking_uri=f"sqlite:///{folder / 'mlflow.db'}"
    )
    storage = Storage.from_settings(settings)
    for split, frame in frames.items():
        storage.write_frame(frame, dataset_path(VERSION, f"{split}.parquet"))
    storage.write_json(card(VERSION), dataset_path(VERSION, "card.json"))
    run_id = model_steps.train(settings, VERSION, trials=1)
    kept = folder / f"{name}-fitted"
    kept.mkdir()
    fitted = Tracking(Registry(settings.mlflow_tracking_uri)).fetch_fitted(run_id, kept)
    files = {path.name: path.read_bytes() for path in fitted.iterdir()}
    del files["trained.json"]
    return files


def test_what_is_served_does_not_depend_on_the_test_split(folder):
    frames = {
        "train": listings(260),
        "validation": listings(220, 1, 10_000),
        "test": listings(150, 2, 20_000),
    }
    dearer = {name: frame.assign(price=frame["price"] * 3) for name, frame in frames.items()}
    first = artifacts_of(folder, "first", frames)
    boosters = {"model.ubj", "prices.onnx.zlib"}
    assert set(first) == boosters | {"encoding.json.zlib", "schema.json"}
    assert artifacts_of(folder, "other-test", frames | {"test": dearer["test"]}) == first
    other = artifacts_of(folder, "other-validation", frames | {"validation": dearer["validation"]})
    assert all(other[name] != first[name] for name in first if name != "schema.json")
