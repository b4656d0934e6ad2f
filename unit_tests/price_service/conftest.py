"""Applications, models on disk and logs for the tests of the price service."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from price_service import create_app
from price_service.migration import migrate
from price_service.settings import Settings

from unit_tests.price_service.fake_model import FakeModel
from unit_tests.price_service.fake_registry import FIRST, SECOND, FakeRegistry
from unit_tests.price_service.saved_model import save_model


@pytest.fixture(name="settings")
def settings_of_test(tmp_path, monkeypatch) -> Settings:
    """Settings whose every folder is the test's own."""
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    return Settings(
        outbox_dir=tmp_path / "outbox",
        spool_dir=tmp_path / "spool",
        model_cache_dir=tmp_path / "model_cache",
        prediction_log_url=f"sqlite:///{tmp_path / 'log' / 'prediction_log.db'}",
        api_key="",
    )


@pytest.fixture
def app(settings) -> Iterator[Flask]:
    """The application with the fake model."""
    application = create_app(settings, FakeModel())
    yield application
    application.extensions["price_service"].outbox.close()


@pytest.fixture
def client(app) -> FlaskClient:
    """A client of the application."""
    return app.test_client()


@pytest.fixture
def listing() -> dict[str, Any]:
    """A listing that is right in every field."""
    return {"manufacturer": "ford", "model": "f-150", "year": 2014, "odometer": 80000}


@pytest.fixture
def migrated_log(settings) -> str:
    """The URL of a prediction log with its table."""
    migrate(settings.prediction_log_url)
    return settings.prediction_log_url


@pytest.fixture(name="registry")
def registry_with_two_versions(tmp_path):
    """The first version costs a dollar a dollar, the second two."""
    registry = FakeRegistry()
    for version, factor in ((FIRST, 1.0), (SECOND, 2.0)):
        registry.models[version] = tmp_path / f"registered_{version.number}"
        save_model(registry.models[version], factor)
    registry.alias = FIRST
    return registry
