import pytest
from pydantic import ValidationError

from vehicle_pricing.settings import Settings

NAMES = ("DATASET", "KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN", "DATA_URI", "TRAIN_TRIALS")


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_without_keys_the_sample_is_the_data_set():
    assert Settings().dataset == "sample"


@pytest.mark.parametrize(
    "keys", [{"KAGGLE_USERNAME": "ada", "KAGGLE_KEY": "secret"}, {"KAGGLE_API_TOKEN": "token"}]
)
def test_with_kaggles_keys_kaggle_is_the_data_set(monkeypatch, keys):
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    assert Settings().dataset == "kaggle"


def test_half_an_account_is_no_account(monkeypatch):
    monkeypatch.setenv("KAGGLE_USERNAME", "ada")
    assert Settings().dataset == "sample"


def test_a_data_set_that_is_named_wins_over_the_keys(monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
    monkeypatch.setenv("DATASET", "/data/vehicles.zip")
    assert Settings().dataset == "/data/vehicles.zip"


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("DATA_URI", "")
    monkeypatch.setenv("TRAIN_TRIALS", "")
    assert (Settings().data_uri, Settings().train_trials) == (".local/data", 5)


def test_secrets_do_not_show(monkeypatch):
    monkeypatch.setenv("KAGGLE_KEY", "very-secret")
    assert "very-secret" not in repr(Settings())


def test_a_number_that_makes_no_sense_is_refused(monkeypatch):
    monkeypatch.setenv("TRAIN_TRIALS", "none")
    with pytest.raises(ValidationError, match="train_trials"):
        Settings()
