"""Whether the range holds what it promises, and where prices lie around the predicted one."""

import math

import numpy as np
import pandas as pd

from vehicle_pricing.evaluation import metrics

FIFTHS = 5
RESIDUAL_BANDS = 20
RESIDUAL_QUANTILES = (0.05, 0.5, 0.95)
OLDEST_YEARS = 40
NORMAL_95 = 1.96


def calibration(scored: pd.DataFrame) -> dict:
    """Shares of prices below and above the range, and the range by fifth of the predicted price."""
    return {
        "below": float((scored["price"] < scored["low"]).mean()),
        "above": float((scored["price"] > scored["high"]).mean()),
        "fifths": by_predicted_fifth(scored),
    }


def by_predicted_fifth(scored: pd.DataFrame) -> list[dict]:
    """Predicted prices, rows, error, coverage and mean width of the range of each fifth."""
    found = []
    for number, rows in enumerate(_parts(scored, scored["predicted_price"], FIFTHS), 1):
        figures, predicted = metrics(rows), rows["predicted_price"]
        found.append(
            {
                "value": f"{number} of {FIFTHS}",
                "from": float(predicted.min()),
                "to": float(predicted.max()),
                "rows": len(rows),
                "mae": figures["mae"],
                "coverage": figures["interval_coverage"],
                "mean_width": figures["interval_mean_width"],
            }
        )
    return found


def residuals(scored: pd.DataFrame) -> dict[str, list[dict]]:
    """Actual over predicted price, less one: 5%, median and 95% by predicted price and by age.

    By the predicted price, not the actual one: the dearest listings are those that were priced
    too low, whatever the model. Ages are whole years, all beyond 40 together.
    """
    residual = scored["price"] / scored["predicted_price"] - 1
    age = (scored["posting_date"].dt.year - scored["year"]).clip(0, OLDEST_YEARS)
    parts = _parts(scored, scored["predicted_price"], RESIDUAL_BANDS)
    return {
        "predicted_price": [
            {"at": float(rows["predicted_price"].median())} | _spread(residual[rows.index])
            for rows in parts
        ],
        "age": [{"at": float(years)} | _spread(rows) for years, rows in residual.groupby(age)],
    }


def share_interval(share: float, rows: int) -> tuple[float, float]:
    """95% interval of a share of so many rows (Wilson 1927)."""
    middle = (share + NORMAL_95**2 / (2 * rows)) / (1 + NORMAL_95**2 / rows)
    spread = share * (1 - share) / rows + NORMAL_95**2 / (4 * rows**2)
    half = NORMAL_95 * math.sqrt(spread) / (1 + NORMAL_95**2 / rows)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _spread(residual: pd.Series) -> dict:
    low, middle, high = (float(end) for end in residual.quantile(RESIDUAL_QUANTILES))
    return {"rows": len(residual), "low": low, "median": middle, "high": high}


def _parts(scored: pd.DataFrame, by: pd.Series, count: int) -> list[pd.DataFrame]:
    """As many parts of equal size as wanted, in ascending order; fewer where there are few rows."""
    order = np.argsort(by.to_numpy(), kind="stable")
    return [scored.iloc[part] for part in np.array_split(order, count) if len(part)]
