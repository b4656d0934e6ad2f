"""Error and coverage are those of their definitions."""

import pytest

from drift_monitor.feedback import measure


def test_error_and_coverage_of_known_rows():
    rows = [
        {"price": 100, "low": 80, "high": 120, "actual_price": 110},
        {"price": 100, "low": 80, "high": 120, "actual_price": 120},
        {"price": 100, "low": 80, "high": 120, "actual_price": 70},
    ]
    found = measure(rows)
    assert found.rows == 3
    assert found.mae == pytest.approx(20)
    assert found.interval_coverage == pytest.approx(2 / 3)


def test_without_labels_there_is_no_figure():
    found = measure([])
    assert (found.rows, found.mae, found.interval_coverage) == (0, None, None)
