"""The plot of a price in its range.                                                  (pure)"""

import altair as alt
import pandas as pd

from price_app import texts
from price_app.palette import BLUE, DOLLARS, ORANGE


def price_band(low: int, price: int, high: int, asking: int | None) -> alt.LayerChart:
    """The range as a band on a dollar axis, with the estimate and the asking price on it."""
    marks = [("Estimate", price)] + ([("Asking price", asking)] if asking else [])
    points = pd.DataFrame(marks, columns=["what", "dollars"])
    axis = alt.X(
        "low:Q",
        scale=alt.Scale(domain=_padded([low, high, *points["dollars"]]), nice=False, zero=False),
        axis=alt.Axis(format=DOLLARS, title=None, tickCount=5, grid=False, labelOverlap=True),
    )
    band = alt.Chart(pd.DataFrame([{"low": low, "high": high}])).mark_bar(
        height=26, cornerRadius=6, color=BLUE, opacity=0.35
    )
    return alt.layer(
        band.encode(x=axis, x2="high:Q", tooltip=_tooltips("low", "high")),
        _marked(points),
    ).properties(height=110)


def _marked(points: pd.DataFrame) -> alt.Chart:
    names = ["Estimate", "Asking price"][: len(points)]
    legend = alt.Legend(title=None, orient="top", symbolSize=140)
    return (
        alt.Chart(points)
        .mark_point(size=190, filled=True, opacity=1)
        .encode(
            x=alt.X("dollars:Q"),
            color=alt.Color(
                "what:N", scale=alt.Scale(domain=names, range=[BLUE, ORANGE]), legend=legend
            ),
            shape=alt.Shape(
                "what:N", scale=alt.Scale(domain=names, range=["circle", "diamond"]), legend=legend
            ),
            tooltip=[alt.Tooltip("what:N", title=" "), *_tooltips("dollars")],
        )
    )


def _tooltips(*names: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:Q", format=DOLLARS) for name in names]


def _padded(values: list[float]) -> list[float]:
    margin = max((max(values) - min(values)) * 0.08, 100)
    return [max(min(values) - margin, 0), max(values) + margin]


def band_in_words(low: int, price: int, high: int, asking: int | None) -> str:
    """What `price_band` shows, for those who do not see it."""
    words = f"Range {texts.money(low)} to {texts.money(high)}, estimate {texts.money(price)}"
    return words + (f", asking price {texts.money(asking)}" if asking else "")
