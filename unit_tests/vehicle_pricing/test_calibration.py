"""Calibration: shares outside the range, fifths, residuals, and what chance moves a share by."""

import pandas as pd
import pytest

from vehicle_pricing.calibration import calibration, residuals, share_interval


def scored(**columns) -> pd.DataFrame:
    """Ten listings, priced 1,000 to 10,000, each exactly; columns may be replaced."""
    price = [1_000.0 * number for number in range(1, 11)]
    frame = {
        "price": price,
        "predicted_price": price,
        "low": [one - 100 for one in price],
        "high": [one + 300 for one in price],
        "year": [2021.0] * 4 + [2011.0] * 4 + [1950.0] * 2,
        "posting_date": pd.to_datetime(["2021-04-20"] * 10),
    }
    return pd.DataFrame(frame | columns)


def test_prices_below_and_above_the_range_are_told_apart():
    price = scored()["price"].to_numpy().copy()
    price[:2] -= 500
    price[9] += 500
    found = calibration(scored(price=price))
    assert (found["below"], found["above"]) == (0.2, 0.1)


def test_each_fifth_has_its_own_prices_coverage_and_width():
    price = scored()["price"].to_numpy().copy()
    price[0] += 5_000
    fifths = calibration(scored(price=price))["fifths"]
    assert [one["value"] for one in fifths] == [f"{number} of 5" for number in range(1, 6)]
    assert [(one["from"], one["to"]) for one in fifths][:2] == [(1_000, 2_000), (3_000, 4_000)]
    assert [one["coverage"] for one in fifths] == [0.5, 1, 1, 1, 1]
    assert fifths[0]["mae"] == 2_500 and fifths[4]["mean_width"] == 400


def test_equal_predictions_still_fall_into_fifths_and_few_rows_into_fewer():
    assert len(calibration(scored(predicted_price=5_000.0))["fifths"]) == 5
    assert [one["rows"] for one in calibration(scored().head(3))["fifths"]] == [1, 1, 1]


def test_residuals_are_shares_of_the_predicted_price_by_price_and_age():
    price = scored()["price"].to_numpy().copy()
    price[8:] *= 1.5
    found = residuals(scored(price=price))
    assert [band["at"] for band in found["age"]] == [0, 10, 40], "beyond 40 years all are one"
    assert [band["median"] for band in found["age"]] == pytest.approx([0, 0, 0.5])
    assert found["predicted_price"][-1]["median"] == pytest.approx(0.5)
    assert sum(band["rows"] for band in found["predicted_price"]) == 10


def test_a_share_of_more_rows_is_surer():
    few, many = share_interval(0.9, 20), share_interval(0.9, 2_000)
    assert few[0] < many[0] < 0.9 < many[1] < few[1]
    assert many == pytest.approx((0.886, 0.912), abs=0.001)


def test_a_share_of_one_is_not_certain():
    low, high = share_interval(1.0, 10)
    assert 0.7 < low < 0.75 and high == 1.0
