"""Quantiles of prices are those of their definition, and wait for a few prices."""

import pytest

from drift_monitor.quantiles import FEWEST_PRICES, LEVELS, quantiles


def test_quantiles_of_evenly_spread_prices():
    assert quantiles(list(range(0, 10_001, 100))) == pytest.approx(
        {0.1: 1000, 0.25: 2500, 0.5: 5000, 0.75: 7500, 0.9: 9000}
    )


def test_a_few_prices_are_needed():
    assert not quantiles([9000.0] * (FEWEST_PRICES - 1))
    assert quantiles([9000.0] * FEWEST_PRICES) == dict.fromkeys(LEVELS, 9000.0)
