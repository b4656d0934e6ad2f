"""The plots of a model's card.                                                        (pure)"""

import altair as alt
import pandas as pd

from price_app.palette import BLUE, DOLLARS, GREY, ORANGE

PROMISED_SHARE = 0.9
DASHES = [5, 4]
PRICE_TICKS = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000]


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
                alt.Tooltip("value:N", title="group"),
                alt.Tooltip("mae:Q", format=DOLLARS, title="mean error"),
                alt.Tooltip("coverage:Q", format=".1%", title="range holds"),
                alt.Tooltip("rows:Q", format=",", title="vehicles"),
            ],
        )
        .properties(height=alt.Step(26))
    )


def coverage(groups: pd.DataFrame) -> alt.LayerChart:
    """Share of prices in the range by group, with its 95% interval; the promise is the dashes.

    Columns label, coverage, low, high (ends of the interval), rows.
    """
    y = alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=160))
    ends = [groups["low"].min(), groups["high"].max(), PROMISED_SHARE]
    scale = alt.Scale(domain=[max(min(ends) - 0.02, 0), min(max(ends) + 0.02, 1)], nice=False)
    axis = alt.Axis(format=".0%", tickCount=5, labelOverlap=True)
    x = alt.X("low:Q", scale=scale, axis=axis, title="Prices in the 90% range")
    base = alt.Chart(groups).encode(
        y=y,
        tooltip=[
            alt.Tooltip("label:N", title="group"),
            alt.Tooltip("coverage:Q", format=".1%", title="range holds"),
            alt.Tooltip("rows:Q", format=",", title="vehicles"),
        ],
    )
    promise = alt.Chart(pd.DataFrame([{"x": PROMISED_SHARE}])).mark_rule(
        color=ORANGE, strokeDash=DASHES, strokeWidth=2
    )
    return alt.layer(
        promise.encode(x=alt.X("x:Q", scale=scale)),
        base.mark_rule(color=BLUE, strokeWidth=2, opacity=0.6).encode(x=x, x2="high:Q"),
        base.mark_point(color=BLUE, filled=True, size=90, opacity=1).encode(x="coverage:Q"),
    ).properties(height=alt.Step(30))


def predicted_against_actual(bands: pd.DataFrame) -> alt.LayerChart:
    """Actual prices by the predicted one: median, and 5 to 95% as a ribbon; right is the dashes.

    Columns predicted, low, median, high (dollars), rows.
    """
    lowest = min(bands["predicted"].min(), bands["low"].min())
    highest = max(bands["predicted"].max(), bands["high"].max())
    x = _price(
        "predicted:Q", "Predicted price", [bands["predicted"].min(), bands["predicted"].max()]
    )
    tooltip = [
        alt.Tooltip(f"{name}:Q", format=DOLLARS, title=title)
        for name, title in (
            ("predicted", "predicted"),
            ("median", "actual, half below"),
            ("low", "actual, 5% below"),
            ("high", "actual, 5% above"),
        )
    ]
    base = alt.Chart(bands).encode(x=x, tooltip=tooltip)
    # The scale of the price axis belongs to the first layer: the others follow it.
    y = _price("low:Q", "Actual price", [lowest, highest])
    return alt.layer(
        base.mark_area(color=BLUE, opacity=0.3).encode(y=y, y2="high:Q"),
        base.mark_line(color=ORANGE, strokeDash=DASHES, strokeWidth=2).encode(y="predicted:Q"),
        base.mark_line(color=BLUE, strokeWidth=2.5, point={"color": BLUE, "size": 40}).encode(
            y="median:Q"
        ),
    ).properties(height=340)


def error_by_age(bands: pd.DataFrame) -> alt.LayerChart:
    """How far actual prices lie above the predicted one by age; columns at, low, median, high."""
    base = alt.Chart(bands).encode(
        x=alt.X("at:Q", title="Age in years", axis=alt.Axis(format="d", grid=False)),
        tooltip=[
            alt.Tooltip("at:Q", format="d", title="years"),
            alt.Tooltip("median:Q", format="+.1%", title="half below"),
            alt.Tooltip("low:Q", format="+.0%", title="5% below"),
            alt.Tooltip("high:Q", format="+.0%", title="5% above"),
            alt.Tooltip("rows:Q", format=",", title="vehicles"),
        ],
    )
    # One odd vehicle among few of an age must not press all the others flat.
    highest = max(bands["high"].quantile(0.9), bands["median"].max()) * 1.2
    y = alt.Y(
        "low:Q",
        title="Actual above predicted",
        axis=alt.Axis(format="+.0%", tickCount=5),
        scale=alt.Scale(domain=[bands["low"].min() * 1.1, highest], nice=False),
    )
    right = alt.Chart(pd.DataFrame([{"y": 0}])).mark_rule(
        color=GREY, strokeDash=DASHES, strokeWidth=2
    )
    return alt.layer(
        base.mark_area(color=BLUE, opacity=0.3, clip=True).encode(y=y, y2="high:Q"),
        right.encode(y="y:Q"),
        base.mark_line(color=BLUE, strokeWidth=2.5).encode(y="median:Q"),
    ).properties(height=260)


def _price(field: str, title: str, ends: list[float]) -> alt.X | alt.Y:
    """A logarithmic axis of dollars."""
    channel = alt.X if field.startswith("predicted") else alt.Y
    scale = alt.Scale(type="log", domain=[float(end) for end in ends], nice=False)
    ticks = [tick for tick in PRICE_TICKS if ends[0] <= tick <= ends[1]]
    axis = alt.Axis(format=DOLLARS, values=ticks, labelOverlap=True)
    return channel(field, title=title, scale=scale, axis=axis)
