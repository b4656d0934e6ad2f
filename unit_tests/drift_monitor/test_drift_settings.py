"""The environment of the monitor."""

import pytest
from pydantic import ValidationError

from drift_monitor.settings import Settings


def test_variables_are_typed_and_empty_ones_count_as_not_set(monkeypatch):
    monkeypatch.setenv("DRIFT_WINDOW", "250")
    monkeypatch.setenv("DRIFT_PERIOD", "")
    settings = Settings()
    assert (settings.drift_window, settings.drift_period) == (250, 15)


@pytest.mark.parametrize("name, value", [("DRIFT_WINDOW", "5"), ("DRIFT_PERIOD", "0")])
def test_values_that_cannot_work_are_refused(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()
