"""The plot of the prices of a table.                                                  (pure)"""

import altair as alt
import pandas as pd

from price_app import texts
from price_app.palette import BLUE, DOLLARS

MOST_BINS = 30
WIDTHS_DOLLARS = (250, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 25_000, 50_000)
# A few very dear vehicles would press all others into one bar.
OUTERMOST_QUANTILE = 0.99


def price_counts(prices: pd.Series) -> pd.DataFrame:
    """Columns low, high, vehicles: bins of one round width, the last with all that is dearer."""
    known = prices.dropna()
    if known.empty:
        return pd.DataFrame({"low": [], "high": [], "vehicles": []})
    lowest, top = known.min(), known.quantile(OUTERMOST_QUANTILE)
    width = next((w for w in WIDTHS_DOLLARS if (top - lowest) / w < MOST_BINS - 1), None)
    width = width or (top - lowest) / (MOST_BINS - 1)
    start = lowest // width * width
    bins = ((known.clip(upper=top) - start) // width).astype(int)
    counts = bins.value_counts().reindex(range(bins.max() + 1), fill_value=0)
    low = start + width * counts.index.to_series()
    return pd.DataFrame({"low": low, "high": low + width, "vehicles": counts})


def price_histogram(counts: pd.DataFrame) -> alt.Chart:
    """How many vehicles are worth how much, of `price_counts`."""
    return (
        alt.Chart(counts)
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X(
                "low:Q",
                bin="binned",
                title="Estimated price",
                axis=alt.Axis(format=DOLLARS, tickCount=6, labelOverlap=True, grid=False),
            ),
            x2="high:Q",
            y=alt.Y("vehicles:Q", title="Vehicles", axis=alt.Axis(tickMinStep=1, tickCount=4)),
            tooltip=[
                alt.Tooltip("low:Q", format=DOLLARS, title="from"),
                alt.Tooltip("high:Q", format=DOLLARS, title="to"),
                alt.Tooltip("vehicles:Q", format=",", title="vehicles"),
            ],
        )
        .properties(height=260)
    )


def prices_in_words(prices: pd.Series) -> str:
    """What the histogram shows, for those who do not see it."""
    low, middle, high = (texts.money(value) for value in prices.quantile([0.1, 0.5, 0.9]))
    return f"{prices.count():,} prices: half below {middle}, eight in ten from {low} to {high}"
