"""The NumPy distances are Evidently's."""

import numpy as np
import pandas as pd
import pytest

from drift_monitor import calibration, drift
from drift_monitor.distances import JensenShannonDistance, WassersteinDistance
from drift_monitor.window import Columns


@pytest.mark.parametrize("size", [1, 7, 200, 9000])
def test_windows_of_the_reference_score_as_evidently_scores_them(usual, limits, size):
    rows = np.random.default_rng(size).integers(0, len(usual.frame), size)
    window = usual.frame.iloc[rows].reset_index(drop=True)
    ours = [distance.of_windows(rows[None, :])[0] for distance in calibration.distances_of(usual)]
    theirs = drift.compare(window, usual.frame, usual.columns, limits.thresholds).scores
    assert dict(zip(usual.columns.names, ours)) == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def test_predicted_prices_score_as_evidently_scores_them(usual, limits):
    rows = np.random.default_rng(5).integers(0, len(usual.frame), 200)
    ours = calibration.distances_of(usual)[-1].of_windows(rows[None, :])[0]
    theirs = drift.prediction_drift(list(usual.prices[rows]), usual, limits).score
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_wasserstein_with_ties_and_missing_values_equals_evidently():
    reference = pd.DataFrame({"x": [1.0, 1, 2, np.nan, 5, 5, 5, np.nan, 9, 40] * 30})
    rows = np.array([[3, 0, 4, 4, 7, 9], [1, 1, 1, 1, 1, 1], [9, 9, 9, 3, 3, 3]])
    ours = WassersteinDistance(reference["x"].to_numpy()).of_windows(rows)
    columns = Columns(("x",), {})
    theirs = [
        drift.compare(reference.iloc[line], reference, columns, {"x": 1.0}).scores["x"]
        for line in rows
    ]
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_a_constant_reference_is_divided_by_evidentlys_least_norm():
    distance = WassersteinDistance(np.array([3.0, 3.0, 3.0]))
    assert distance.norm == 0.001
    assert distance.of_windows(np.array([[0, 1, 2]])).tolist() == [0.0]


def test_a_window_without_any_number_has_no_distance():
    distance = WassersteinDistance(np.array([1.0, np.nan, 4.0]))
    assert distance.of_windows(np.array([[1, 1, 1]])).tolist() == [0.0]


def test_jensen_shannon_of_disjoint_halves_is_known():
    distance = JensenShannonDistance(np.array(["a", "b"], dtype=object))
    whole, half = distance.of_windows(np.array([[0, 1], [0, 0]]))
    assert whole == 0
    assert half == pytest.approx(0.46450140402245893)  # SciPy's documentation: [1, 0], [.5, .5]
