"""The plots of the model's health.                                                    (pure)"""

import altair as alt
import pandas as pd

from price_app.palette import BLUE, GREY, ORANGE

RECENT, REFERENCE = "Lately", "Test data"


def drift_scores(columns: pd.DataFrame) -> alt.LayerChart:
    """Each column's drift score as a bar against its own threshold, drawn at 1."""
    bars = alt.Chart(columns).encode(
        y=alt.Y("label:N", sort="-x", title=None),
        x=alt.X(
            "times_threshold:Q",
            title="Score ÷ threshold",
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


def spread(column: dict, title: str, is_year: bool = False) -> alt.Chart | alt.LayerChart:
    """One column of `GET /distributions`: its values in the test data and in recent requests."""
    if column["kind"] == "number":
        return _of_numbers(number_shares(column), title, ",d" if not is_year else "d")
    return _of_values(value_shares(column))


def number_shares(column: dict) -> pd.DataFrame:
    """Columns low, high, what, share: two rows a bin."""
    edges = column["bins"]
    bins = [{"low": low, "high": high} for low, high in zip(edges, edges[1:])]
    return _long(column, bins)


def value_shares(column: dict) -> pd.DataFrame:
    """Columns value, what, share: two rows a value."""
    return _long(column, [{"value": value} for value in column["values"]])


def _long(column: dict, places: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {**place, "what": what, "share": share}
            for what, name in ((REFERENCE, "reference"), (RECENT, "recent"))
            for place, share in zip(places, column[name])
        ]
    )


def _of_numbers(shares: pd.DataFrame, title: str, form: str) -> alt.LayerChart:
    """The test data as filled bars, recent requests as the outline of bars before them."""
    x = alt.X(
        "low:Q",
        bin="binned",
        title=title,
        axis=alt.Axis(format=form, tickCount=6, labelOverlap=True, grid=False),
    )
    base = alt.Chart(shares).encode(
        x=x,
        x2="high:Q",
        y=alt.Y("share:Q", stack=None, title="Share", axis=alt.Axis(format="%", tickCount=4)),
        tooltip=[
            alt.Tooltip("what:N", title=" "),
            alt.Tooltip("low:Q", format=form, title="from"),
            alt.Tooltip("high:Q", format=form, title="to"),
            alt.Tooltip("share:Q", format=".1%"),
        ],
    )
    return alt.layer(
        base.transform_filter(alt.datum.what == REFERENCE)
        .mark_bar(opacity=0.55)
        .encode(color=_colour()),
        # An outline of no height would be a line along the axis.
        base.transform_filter((alt.datum.what == RECENT) & (alt.datum.share > 0))
        .mark_bar(fillOpacity=0.15, strokeWidth=2)
        .encode(stroke=_colour(legend=False), color=_colour()),
    ).properties(height=300)


def _of_values(shares: pd.DataFrame) -> alt.Chart:
    return (
        alt.Chart(shares)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y("value:N", sort=None, title=None, axis=alt.Axis(labelLimit=140)),
            yOffset=alt.YOffset("what:N", sort=[REFERENCE, RECENT]),
            x=alt.X("share:Q", title="Share", axis=alt.Axis(format="%", tickCount=4)),
            color=_colour(),
            tooltip=[
                alt.Tooltip("value:N", title=" "),
                alt.Tooltip("what:N", title="in"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
        .properties(height=alt.Step(13))
    )


def _colour(legend: bool = True) -> alt.Color | alt.Stroke:
    scale = alt.Scale(domain=[REFERENCE, RECENT], range=[BLUE, ORANGE])
    if not legend:
        return alt.Stroke("what:N", scale=scale, legend=None)
    return alt.Color("what:N", scale=scale, legend=alt.Legend(title=None, orient="top"))
