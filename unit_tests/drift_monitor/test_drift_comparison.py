"""What Evidently's scores mean for a window, and in words."""

import numpy as np
import pandas as pd
import pytest

from drift_monitor import drift
from drift_monitor.errors import DriftFailed
from drift_monitor.window import Columns, window_of


@pytest.fixture(name="drift_of")
def drift_of_records(usual, limits):
    """Features' drift of rows."""

    def compared(rows):
        window = window_of(rows.to_dict("records"), usual.columns)
        found = drift.compare(window.frame, usual.frame, usual.columns, limits.thresholds)
        return drift.feature_drift(found, window, usual, limits)

    return compared


def test_another_world_exceeds_the_threshold_and_names_what_changed(drift_of, world, other_world):
    found = drift_of(other_world(world(200, 3)))
    assert found.exceeds
    assert {column.name for column in found.drifted} == {"fuel", "odometer", "state"}
    assert found.share == pytest.approx(3 / 5)


def test_the_operator_reads_what_changed_and_by_how_much(drift_of, world, other_world):
    rows = other_world(world(200, 3)).assign(odometer=45_000)
    words = {column.name: column.explanation for column in drift_of(rows).columns}
    assert words["fuel"] == "fuel: electric 100% now, 2% in the reference"
    assert words["odometer"].startswith("odometer: median 45,000 now, 7")


def test_a_value_that_the_reference_never_had_is_named(drift_of, world):
    found = drift_of(world(200, 3).assign(fuel="Steam"))
    fuel = next(column for column in found.columns if column.name == "fuel")
    assert fuel.drifted
    assert "most often steam" in fuel.explanation


def test_a_number_that_no_longer_comes_has_drifted_without_a_score(drift_of, world):
    found = drift_of(world(200, 3).assign(odometer=np.nan))
    odometer = next(column for column in found.columns if column.name == "odometer")
    assert (odometer.score, odometer.drifted, odometer.missing_share) == (None, True, 1.0)
    assert odometer.explanation == "odometer: missing 100% now, 5% in the reference"
    assert found.drifted[0] is odometer


def test_missing_shares_are_of_the_window(drift_of, world):
    rows = world(200, 3)
    rows.loc[:49, "fuel"] = None
    fuel = next(column for column in drift_of(rows).columns if column.name == "fuel")
    assert fuel.missing_share == 0.25


def test_a_score_at_the_threshold_has_not_drifted_for_evidently_either(usual, limits, world):
    window = window_of(world(200, 3).to_dict("records"), usual.columns).frame
    scores = drift.compare(window, usual.frame, usual.columns, limits.thresholds).scores
    below = {name: score - 1e-9 for name, score in scores.items()}
    pages = [
        drift.compare(window, usual.frame, usual.columns, thresholds).html()
        for thresholds in (scores, below)
    ]
    assert [page.count("Data drift detected") for page in pages] == [0, 5]
    assert [page.count("Data drift not detected") for page in pages] == [5, 0]


def test_evidentlys_page_is_html(usual, limits, world):
    window = window_of(world(200, 3).to_dict("records"), usual.columns).frame
    page = drift.compare(window, usual.frame, usual.columns, limits.thresholds).html()
    assert "<html" in page[:500]
    assert len(page) > 100_000


def test_dearer_predictions_have_drifted(usual, limits):
    prices = list(usual.prices[:200])
    assert not drift.prediction_drift(prices, usual, limits).drifted
    assert drift.prediction_drift([price * 1.5 for price in prices], usual, limits).drifted


def test_what_evidently_refuses_is_a_named_error(usual):
    empty = pd.DataFrame({"fuel": pd.Series([], dtype=object)})
    with pytest.raises(DriftFailed, match="could not compare"):
        drift.compare(empty, usual.frame, Columns((), {"fuel": ()}), {"fuel": 0.1})
