"""Says how prices are spread, by a few of their quantiles."""

from collections.abc import Sequence

import numpy as np

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
FEWEST_PRICES = 10


def quantiles(prices: Sequence[float] | np.ndarray) -> dict[float, float]:
    """Dollars by quantile; empty for so few prices that the outer ones would say nothing."""
    if len(prices) < FEWEST_PRICES:
        return {}
    return dict(zip(LEVELS, np.quantile(prices, LEVELS).tolist()))
