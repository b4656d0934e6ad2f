from datetime import datetime, timedelta, timezone

import pandas as pd
import pytest
import sqlalchemy

from vehicle_pricing import data_steps, sample, vehicles
from vehicle_pricing.errors import DataSetError, NoNewData
from vehicle_pricing.schema import FEATURE_NAMES
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage, dataset_path

SPLITS = ("train", "validation", "test")
COLUMNS = {"listing_id", "vehicle_id", "posting_date", "price", *FEATURE_NAMES}


def settings_in(folder, **changes):
    common = {
        "dataset": "sample",
        "sample_rows": 3000,
        "data_uri": str(folder / "data"),
        "prediction_log_url": f"sqlite:///{folder / 'log.db'}",
    }
    return Settings(**common | changes)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Settings, storage, archive and version of a data set made of a small sample."""
    settings = settings_in(tmp_path_factory.mktemp("made"))
    archive = data_steps.download(settings)
    version = data_steps.split(settings, data_steps.prepare(settings, archive))
    return settings, Storage.from_settings(settings), archive, version


@pytest.fixture
def log(tmp_path):
    """Writes labelled rows to a prediction log beside the data."""

    def written(rows):
        engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'log.db'}")
        pd.DataFrame(rows).to_sql(
            "predictions", engine, index=False, dtype={"features": sqlalchemy.JSON}
        )
        engine.dispose()

    return written


def labelled(number, **features):
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    return {
        "prediction_id": f"{number:032x}",
        "predicted_at": now - timedelta(hours=1),
        "features": {"year": 2015, "odometer": 50_000 + number, "model": "f-150"} | features,
        "low": 9_000.0,
        "high": 14_000.0,
        "actual_price": 12_000.0,
        "actual_at": now,
    }


def test_the_files_of_a_data_set_are_those_of_the_contract(made):
    _, storage, archive, version = made
    names = {name.rpartition("/")[2] for name in storage.list(f"datasets/{version}")}
    assert names >= {f"{name}.parquet" for name in ("listings", "rejected", *SPLITS)} | {
        "card.json"
    }
    assert storage.list("archives") == [f"archives/{archive}.json", f"archives/{archive}.zip"]
    assert len(version) == 12 and storage.latest_dataset() == version


def test_the_card_tells_what_the_data_set_is_made_of(made):
    _, storage, archive, version = made
    card = storage.dataset_card(version)
    assert (card["version"], card["archive"], card["source"]) == (version, archive, "sample")
    assert card["synthetic"] is True
    assert card["rows_read"] == 3000
    assert card["rows_read"] == card["rows_kept"] + sum(card["rejected"].values())
    assert "2021-04-07" == card["from"] < card["to"] <= "2021-05-05"
    assert card["feedback"] == {"rows": 0, "held_back": 0}
    assert card["blank_columns"] == []
    assert sum(split["rows"] for split in card["splits"].values()) == card["vehicles"]
    assert datetime.fromisoformat(card["created_at"]).utcoffset() == timedelta(0)


def test_no_vehicle_stands_in_two_splits_of_the_files(made):
    _, storage, _, version = made
    frames = [storage.read_frame(dataset_path(version, f"{name}.parquet")) for name in SPLITS]
    ids = pd.concat([frame["vehicle_id"] for frame in frames])
    assert ids.is_unique
    driven = [frame[vehicles.driven(frame)] for frame in frames]
    keys = [set(vehicles.attribute_keys(frame).tolist()) - {0} for frame in driven]
    of_vin = sample.listings(3000).dropna(subset="VIN").set_index("id")["VIN"].astype(str)
    vins = [set(of_vin.reindex(frame["listing_id"].astype("int64")).dropna()) for frame in frames]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert vins[one].isdisjoint(vins[other])
        assert keys[one].isdisjoint(keys[other])
    assert all(set(frame) == COLUMNS | {"feedback"} for frame in frames)


def test_the_same_input_again_is_no_new_data(made):
    settings, storage, archive, version = made
    assert data_steps.download(settings) == archive
    created_at = storage.dataset_card(version)["created_at"]
    with pytest.raises(NoNewData) as caught:
        data_steps.prepare(settings, archive)
    assert caught.value.version == version
    assert data_steps.split(settings, version) == version
    assert storage.dataset_card(version)["created_at"] == created_at


def test_another_parameter_is_another_version(made, tmp_path):
    settings, _, archive, version = made
    other = settings.model_copy(update={"feedback_max_share": 0.1})
    assert data_steps.prepare(other, archive) != version


def test_a_data_set_without_its_card_does_not_exist_and_is_made_again(tmp_path):
    settings = settings_in(tmp_path)
    archive = data_steps.download(settings)
    version = data_steps.prepare(settings, archive)
    storage = Storage.from_settings(settings)
    assert storage.latest_dataset() is None
    with pytest.raises(DataSetError):
        storage.dataset_card(version)
    assert data_steps.prepare(settings, archive) == version
    data_steps.split(settings, version)
    assert storage.latest_dataset() == version


def test_unknown_ids_say_which_step_comes_first(tmp_path):
    settings = settings_in(tmp_path)
    with pytest.raises(DataSetError, match="run download first"):
        data_steps.prepare(settings, "0" * 64)
    with pytest.raises(DataSetError, match="run prepare first"):
        data_steps.split(settings, "0" * 12)


def test_feedback_makes_a_new_version_and_is_in_it(made, tmp_path, log):
    _, _, _, without = made
    log([labelled(number) for number in range(40)] + [labelled(99, actual="x", year=1900)])
    settings = settings_in(tmp_path)
    version = data_steps.prepare(settings, data_steps.download(settings))
    assert version != without
    data_steps.split(settings, version)
    storage = Storage.from_settings(settings)
    card = storage.dataset_card(version)
    assert card["feedback"] == {"rows": 40, "held_back": 1}
    assert card["to"] <= "2021-05-05"
    train = storage.read_frame(dataset_path(version, "train.parquet"))
    assert 20 <= train["feedback"].sum() <= 36
    held_back = storage.read_frame(dataset_path(version, "held_back.parquet"))
    assert held_back["reason"].tolist() == ["year before 1950"]


def test_feedback_on_a_vehicle_of_the_archive_stays_in_that_vehicles_split(made, tmp_path, log):
    _, old, _, version = made
    test = old.read_frame(dataset_path(version, "test.parquet"))
    known = test[(test["odometer"] > 1000) & test["model"].notna()].iloc[0]
    features = {name: known[name] for name in FEATURE_NAMES if pd.notna(known[name])}
    log([labelled(1) | {"features": features}])
    settings = settings_in(tmp_path)
    version = data_steps.prepare(settings, data_steps.download(settings))
    storage = Storage.from_settings(settings)
    data_steps.split(settings, version)
    rows = storage.read_frame(dataset_path(version, "test.parquet"))
    mine = rows[rows["vehicle_id"] == known["vehicle_id"]]
    assert mine["feedback"].tolist() == [True]
    assert mine["price"].tolist() == [12_000.0]


def test_a_blank_column_is_warned_about(tmp_path, caplog):
    path = tmp_path / "vehicles.csv"
    sample.listings(3000).assign(drive=None).to_csv(path, index=False)
    settings = settings_in(tmp_path, dataset=str(path))
    version = data_steps.prepare(settings, data_steps.download(settings))
    data_steps.split(settings, version)
    card = Storage.from_settings(settings).dataset_card(version)
    assert card["blank_columns"] == ["drive"] and card["synthetic"] is False
    assert "left out of the model: drive" in caplog.text
