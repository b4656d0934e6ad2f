"""The plots of the form.                                                              (pure)"""

import altair as alt
import pandas as pd

from price_app import texts

DOLLARS = "$,.0f"
# Legible on a light and on a dark ground.
BLUE, ORANGE, GREY = "#3b8fd6", "#e8853a", "#8a8f98"


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


def segment_errors(segments: pd.DataFrame) -> alt.Chart:
    """Mean absolute error by value of one segment; columns value, mae, rows, coverage."""
    return (
        alt.Chart(segments)
        .mark_bar(color=BLUE, cornerRadiusEnd=3)
        .encode(
            y=alt.Y("value:N", sort=None, title=None, axis=alt.Axis(labelLimit=140)),
            x=alt.X(
                "mae:Q",
                title="Mean absolute error",
                axis=alt.Axis(format=DOLLARS, tickCount=4, labelOverlap=True),
            ),
            tooltip=[
                alt.Tooltip("value:N"),
                *_tooltips("mae"),
                alt.Tooltip("coverage:Q", format=".1%"),
                alt.Tooltip("rows:Q", format=","),
            ],
        )
        .properties(height=alt.Step(26))
    )


def drift_scores(columns: pd.DataFrame) -> alt.LayerChart:
    """Each column's drift score as a bar against its own threshold, drawn at 1."""
    bars = alt.Chart(columns).encode(
        y=alt.Y("label:N", sort="-x", title=None),
        x=alt.X(
            "times_threshold:Q",
            title="Score, as a multiple of the column's threshold",
            axis=alt.Axis(tickCount=5),
        ),
        color=alt.condition("datum.drifted", alt.value(ORANGE), alt.value(BLUE)),
        tooltip=[
            alt.Tooltip("label:N", title="column"),
            alt.Tooltip("score:Q", format=".4f"),
            alt.Tooltip("threshold:Q", format=".4f"),
        ],
    )
    line = alt.Chart(pd.DataFrame([{"x": 1}])).mark_rule(
        color=GREY, strokeDash=[5, 4], strokeWidth=2
    )
    return alt.layer(bars.mark_bar(cornerRadiusEnd=3), line.encode(x="x:Q")).properties(
        height=alt.Step(24)
    )
