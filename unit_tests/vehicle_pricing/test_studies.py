"""The studies beside a training: what more rows bring, what a random split hides."""

import pandas as pd

from vehicle_pricing import schema as schemas
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage
from vehicle_pricing.studies import learning_curve, random_against_honest
from vehicle_pricing.training_data import TrainingData

from unit_tests.vehicle_pricing.model_world import card, listings, put_dataset, splits

VERSION = "aaaaaaaaaaaa"


def curve(train: pd.DataFrame, validation: pd.DataFrame) -> list[dict]:
    """The learning curve of such splits."""
    data = TrainingData(train, validation, schemas.build(train, card()))
    return learning_curve(data, data.prepared(), seed=1)


def test_more_listings_bring_a_smaller_error():
    world = splits()
    found = curve(world["train"], world["validation"])
    assert [point["rows"] for point in found] == [200, 400, 800, 1_600]
    assert found[-1]["mae"] < found[0]["mae"]


def test_parts_too_small_to_train_on_are_left_out():
    found = curve(listings(420), listings(250, 1, 10_000))
    assert [point["rows"] for point in found] == [210, 420]


def test_both_splits_are_measured_with_the_same_rival(tmp_path):
    storage = Storage.from_settings(Settings(data_uri=str(tmp_path)))
    put_dataset(storage, VERSION)
    found = random_against_honest(storage, VERSION, seed=1)
    assert found["honest"]["rows"] == 600, "the test split"
    assert found["random"]["mae"] < found["honest"]["mae"]
    assert random_against_honest(storage, VERSION, seed=1) == found


def test_without_the_cleaned_listings_there_is_no_study(tmp_path):
    storage = Storage.from_settings(Settings(data_uri=str(tmp_path)))
    assert random_against_honest(storage, VERSION, seed=1) is None
