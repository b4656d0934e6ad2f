"""Thresholds let chance alone alarm once in a thousand windows, and no more."""

import json
from dataclasses import replace

import numpy as np
import pytest

from drift_monitor import calibration, drift
from drift_monitor.window import window_of

FRESH_WINDOWS = 10_000


@pytest.fixture(scope="module", name="fresh")
def fresh_windows(usual, limits):
    """Which columns drifted in windows that the calibration has not seen."""
    scores = calibration.null_scores(usual, 200, FRESH_WINDOWS, seed=7)
    thresholds = [*limits.thresholds.values(), limits.prediction_threshold]
    return scores > np.array(thresholds)


def test_the_false_alarm_rate_over_fresh_windows_is_a_thousandth(fresh, limits):
    shares = fresh[:, :-1].mean(axis=1)
    assert (shares > limits.share_threshold).mean() <= 0.002


def test_each_column_drifts_by_chance_about_once_in_a_thousand_windows(fresh):
    rates = fresh.mean(axis=0)
    assert rates.max() <= 0.004
    assert 0.0003 <= rates.mean() <= 0.002


def test_a_lone_drifted_column_is_tolerated_where_chance_makes_one_too_often(limits):
    assert limits.share_threshold == pytest.approx(1 / 5)


def test_windows_of_the_world_itself_raise_no_alarm(usual, limits, world):
    thresholds, alarms = limits.thresholds, 0
    for seed in range(1, 13):
        records = world(200, seed).to_dict("records")
        window = window_of(records, usual.columns)
        found = drift.compare(window.frame, usual.frame, usual.columns, thresholds)
        alarms += drift.feature_drift(found, window, usual, limits).exceeds
    assert alarms == 0


def test_smaller_windows_get_higher_thresholds(usual, limits):
    small = calibration.calibrate(usual, 40, windows=1000)
    assert all(small.thresholds[name] > limits.thresholds[name] for name in limits.thresholds)


def test_the_same_reference_gives_the_same_thresholds(usual):
    first, second = (calibration.calibrate(usual, 50, windows=300) for _ in range(2))
    assert first == second


def test_a_kept_calibration_is_not_done_anew(usual, tmp_path):
    made = calibration.calibrated(usual, 20, tmp_path)
    path = next(tmp_path.iterdir())
    path.write_text(json.dumps(json.loads(path.read_text()) | {"windows": 123}))
    assert calibration.calibrated(usual, 20, tmp_path) == replace(made, windows=123)


def test_another_reference_or_window_is_calibrated_anew(usual, tmp_path):
    calibration.calibrated(usual, 20, tmp_path)
    calibration.calibrated(usual, 25, tmp_path)
    calibration.calibrated(replace(usual, fingerprint="other"), 20, tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
