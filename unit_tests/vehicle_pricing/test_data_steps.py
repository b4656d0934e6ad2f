from datetime import datetime, timedelta, timezone

import pandas as pd
import pytest
import sqlalchemy

from vehicle_pricing import data_steps, sample, split, vehicles
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


MODELS = (
    *(("ford", "f-150"), ("toyota", "camry"), ("honda", "civic"), ("nissan", "altima")),
    *(("jeep", "wrangler"), ("ram", "1500 laramie"), ("bmw", "3 series"), ("kia", "soul")),
)


def labelled(number, **features):
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    make, model = MODELS[number % len(MODELS)]
    named = {"year": 2015, "odometer": 50_000 + number, "manufacturer": make, "model": model}
    return {
        "prediction_id": f"{number:032x}",
        "predicted_at": now - timedelta(hours=1),
        "features": named | features,
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
    none = {"labelled": 0, "rows": 0, "held_back": 0, "held_back_by": {}, "left_out": 0}
    assert card["feedback"] == none
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


@pytest.fixture
def fed(tmp_path, log):
    """Makes a data set of the small sample and labelled rows: its card, and a reader of its files."""

    def made_of(rows):
        log(rows)
        settings = settings_in(tmp_path)
        version = data_steps.prepare(settings, data_steps.download(settings))
        data_steps.split(settings, version)
        storage = Storage.from_settings(settings)
        return storage.dataset_card(version), lambda name: storage.read_frame(
            dataset_path(version, f"{name}.parquet")
        )

    return made_of


def test_feedback_makes_a_new_version_and_is_in_it(made, fed):
    card, read = fed([labelled(number) for number in range(40)] + [labelled(99, year=1900)])
    assert card["version"] != made[3]
    assert card["to"] <= "2021-05-05"
    frames = {name: read(name) for name in SPLITS}
    counts = {name: int(frame["feedback"].sum()) for name, frame in frames.items()}
    assert counts["train"] >= 20
    assert {name: card["splits"][name]["feedback"] for name in SPLITS} == counts
    assert read("held_back")["reason"].tolist() == ["year before 1950"]


def test_the_card_says_how_much_feedback_came_and_what_became_of_it(fed):
    told = [labelled(number) for number in range(16)]
    again = [labelled(0) | {"prediction_id": f"{900 + number:032x}"} for number in range(30)]
    dear = [labelled(50 + number) | {"actual_price": 99_999.0} for number in range(3)]
    counts = fed([*told, *again, *dear, labelled(99, year=1900)])[0]["feedback"]
    far = "price more than 2 times outside its range"
    assert counts["held_back_by"] == {far: 3, "year before 1950": 1}
    assert (counts["labelled"], counts["held_back"]) == (50, 4)
    assert counts["rows"] + counts["left_out"] == 46 and 30 <= counts["left_out"] <= 36


def test_a_make_that_the_archive_does_not_know_is_held_back_for_a_person(fed):
    odd = [labelled(number, manufacturer=f"qwertz {number}") for number in range(20)]
    card, read = fed([*odd, labelled(90), labelled(91, manufacturer=None)])
    assert card["feedback"]["held_back_by"] == {"make that the archive does not know": 20}
    held_back = read("held_back")
    assert held_back["manufacturer"].tolist() == [f"qwertz {number}" for number in range(20)]
    assert held_back[["low", "high"]].drop_duplicates().values.tolist() == [[9_000, 14_000]]
    assert not read("train")["manufacturer"].str.startswith("qwertz").any()


def test_listings_that_say_the_same_and_too_little_count_once(fed):
    bare = {"year": 2015, "manufacturer": "ford"}
    rows = [labelled(number) | {"features": bare} for number in range(500)]
    assert fed(rows)[0]["feedback"]["rows"] == 1


def test_a_crowd_of_one_model_is_no_more_than_its_share_of_that_model(fed):
    crowd = [labelled(8 * number, model=f"F 150 no {number}") for number in range(800)]
    card, read = fed(crowd)
    train = read("train")
    own = train[split.kinds(train) == "ford|f150"]
    assert own["feedback"].sum() >= 5
    assert own["feedback"].mean() <= 0.2 + 1 / len(own)
    assert card["feedback"]["rows"] == sum(read(name)["feedback"].sum() for name in SPLITS)


def test_a_crowd_of_made_up_models_is_no_more_than_the_share_of_their_make(fed):
    crowd = [labelled(8 * number, model=f"zzz{number} x") for number in range(800)]
    train = fed(crowd)[1]("train")
    fords = train[train["manufacturer"] == "ford"]
    assert fords["feedback"].sum() >= 20
    assert fords["feedback"].mean() <= 0.2 + 1 / len(fords)


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
