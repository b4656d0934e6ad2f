"""Metrics, segments, the baseline and the bootstrap, on figures worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from vehicle_pricing.evaluation import (
    baseline,
    intervals,
    metrics,
    paired_bootstrap,
    price_metrics,
    segments,
)


def scored(**columns) -> pd.DataFrame:
    """Four scored listings; columns may be replaced."""
    frame = {
        "price": [1_000.0, 7_000.0, 15_000.0, 60_000.0],
        "predicted_price": [1_100.0, 7_000.0, 12_000.0, 70_000.0],
        "low": [900.0, 6_000.0, 11_000.0, 61_000.0],
        "high": [1_300.0, 8_000.0, 15_000.0, 80_000.0],
        "year": [1990.0, 2010.0, 2015.0, 2022.0],
        "posting_date": pd.to_datetime(["2021-04-20"] * 4),
        "type": pd.array(["sedan", "sedan", None, "suv"], dtype="str"),
    }
    return pd.DataFrame(frame | columns)


def many(count: int) -> pd.DataFrame:
    """Scored listings with an error of a tenth, nine of ten in their range."""
    rng = np.random.default_rng(11)
    price = rng.uniform(2_000, 40_000, count)
    predicted = price * rng.lognormal(0, 0.1, count)
    ends = {"low": predicted * 0.85, "high": predicted * 1.18}
    return pd.DataFrame({"price": price, "predicted_price": predicted} | ends)


def test_metrics_of_four_listings():
    found = metrics(scored())
    assert found["mae"] == pytest.approx((100 + 0 + 3_000 + 10_000) / 4)
    assert found["rmse"] == pytest.approx(np.sqrt((100**2 + 3_000**2 + 10_000**2) / 4))
    assert found["median_absolute_percentage_error"] == pytest.approx(
        0.1 + (10 / 60 - 0.2) / 2, abs=0.1
    )
    assert found["interval_coverage"] == 0.75
    assert found["interval_mean_width"] == pytest.approx((400 + 2_000 + 4_000 + 19_000) / 4)
    assert found["rows"] == 4


def test_r2_is_one_for_the_truth_and_nought_for_the_mean():
    actual = np.array([1_000.0, 2_000.0, 6_000.0])
    assert price_metrics(actual, actual)["r2"] == 1.0
    assert price_metrics(actual, np.full(3, 3_000.0))["r2"] == pytest.approx(0.0)


def test_every_listing_stands_in_one_segment_of_each_kind():
    found = segments(scored())
    for kind in ("price_band", "age_band", "type"):
        assert sum(row["rows"] for row in found if row["segment"] == kind) == 4


def test_segments_have_their_own_error_and_coverage():
    by_value = {row["value"]: row for row in segments(scored())}
    assert by_value["50,000 USD and more"]["mae"] == 10_000
    assert by_value["50,000 USD and more"]["coverage"] == 0.0
    assert by_value["0 to 5,000 USD"]["rows"] == 1
    assert by_value["25 years and more"]["mae"] == 100
    assert by_value["0 to 3 years"]["rows"] == 1, "next year's model is new, not without an age"
    assert by_value["not given"]["mae"] == 3_000


def test_segments_come_in_the_order_of_their_bands():
    values = [row["value"] for row in segments(scored()) if row["segment"] == "price_band"]
    assert values == [
        "0 to 5,000 USD",
        "5,000 to 10,000 USD",
        "10,000 to 20,000 USD",
        "50,000 USD and more",
    ]


def test_the_baseline_falls_back_from_model_and_year_to_all():
    train = pd.DataFrame(
        {
            "manufacturer": ["ford", "ford", "ford", "kia", None],
            "model": ["focus", "focus", "fiesta", "rio", None],
            "year": [2010.0, 2010.0, 2012.0, 2015.0, 1970.0],
            "price": [4_000.0, 6_000.0, 9_000.0, 11_000.0, 2_000.0],
        }
    )
    asked = pd.DataFrame(
        {
            "manufacturer": ["ford", "ford", "ford", None, "audi"],
            "model": ["focus", "focus", "unheard of", None, "a4"],
            "year": [2010.0, 2019.0, 2012.0, 1970.0, 2001.0],
        }
    )
    assert baseline(train, asked).tolist() == [5_000.0, 5_000.0, 9_000.0, 2_000.0, 6_000.0]


def test_the_bootstrap_repeats_and_holds_the_mean():
    rng = np.random.default_rng(1)
    errors, others = rng.normal(100, 30, 400), rng.normal(90, 30, 400)
    first, second = (paired_bootstrap(errors, others, seed=3) for _ in range(2))
    assert first == second
    assert first.mean == pytest.approx((errors - others).mean())
    assert 0 < first.low < first.mean < first.high


def test_equal_errors_differ_by_nothing():
    errors = np.arange(50.0)
    assert paired_bootstrap(errors, errors, seed=1).high == 0


def test_intervals_hold_the_metrics_and_repeat():
    frame = many(400)
    found, again = (intervals(frame, seed=3) for _ in range(2))
    assert found == again
    for name, (low, high) in found.items():
        assert low < metrics(frame)[name] < high
    assert set(found) == set(metrics(frame)) - {"rows"}


def test_intervals_narrow_with_the_root_of_the_rows():
    few, many_ = (intervals(many(count), seed=3) for count in (200, 5_000))
    for name in ("mae", "rmse", "median_absolute_percentage_error", "interval_coverage"):
        few_width, many_width = (ends[name][1] - ends[name][0] for ends in (few, many_))
        assert 2.5 < few_width / many_width < 10


def test_the_interval_of_a_share_is_that_of_the_binomial():
    frame = many(2_000)
    coverage = metrics(frame)["interval_coverage"]
    off = 1.96 * np.sqrt(coverage * (1 - coverage) / 2_000)
    ends = intervals(frame, seed=1)["interval_coverage"]
    assert ends == pytest.approx([coverage - off, coverage + off], abs=0.003)
