"""The commands, and the settings that they and the service read."""

import pytest

from price_service.__main__ import main
from price_service.migration import revision
from price_service.settings import Settings


@pytest.fixture(name="log_url")
def url_in_environment(tmp_path, monkeypatch):
    """PREDICTION_LOG_URL of a log in a folder that is not there yet."""
    url = f"sqlite:///{tmp_path / 'new' / 'prediction_log.db'}"
    monkeypatch.setenv("PREDICTION_LOG_URL", url)
    return url


def test_migrate_and_prune_say_what_they_did(log_url, capsys):
    assert [main(["migrate"]), main(["migrate"]), main(["prune"])] == [0, 0, 0]
    assert revision(log_url) == "0001"
    assert capsys.readouterr().out.splitlines() == [
        "prediction log at revision 0001",
        "prediction log at revision 0001",
        "0 rows older than 90 days deleted",
    ]


def test_a_log_that_cannot_be_used_is_an_exit_status_and_names_the_variable(log_url, capsys):
    assert main(["prune"]) == 1
    assert "PREDICTION_LOG_URL" in capsys.readouterr().err
    assert log_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_a_postgresql_address_names_the_driver_that_is_installed(scheme):
    settings = Settings(prediction_log_url=f"{scheme}://user:word@host/name")
    assert settings.prediction_log_url == "postgresql+psycopg2://user:word@host/name"


def test_an_empty_variable_means_its_default(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    monkeypatch.setenv("PREDICTION_LOG_URL", "")
    settings = Settings()
    assert settings.mlflow_tracking_uri == "http://127.0.0.1:5000"
    assert settings.prediction_log_url == "sqlite:///.local/prediction_log.db"
