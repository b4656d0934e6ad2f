"""The plots of what is told about a priced vehicle beside its price.                  (pure)"""

import altair as alt
import pandas as pd

from price_app.palette import BLUE, DOLLARS, GREY, ORANGE

# Text on a bar's end, legible on both grounds.
INK = "#7c818a"
LABEL_PIXELS = 150
MILES = ",.0f"
OWN, OTHERS = "This vehicle", "Otherwise the same"


def waterfall(bars: pd.DataFrame) -> alt.LayerChart:
    """Bars from the baseline to the price; columns label, start, end, kind, amount."""
    low, high = bars[["start", "end"]].min().min(), bars[["start", "end"]].max().max()
    kinds = alt.Scale(domain=["whole", "more", "less"], range=[GREY, BLUE, ORANGE])
    frame = bars.assign(right=bars[["start", "end"]].max(axis=1))
    y = alt.Y("label:N", sort=None, title=None, axis=_category_axis())
    base = alt.Chart(frame).encode(y=y)
    drawn = base.mark_bar(cornerRadius=2, height=18).encode(
        x=alt.X(
            "start:Q",
            # Room at the right for the amounts.
            scale=alt.Scale(domain=[min(low, 0), high * 1.22], nice=False),
            axis=alt.Axis(
                format="$~s",
                labelExpr="datum.value === 0 ? '$0' : datum.label",
                title=None,
                tickCount=4,
                labelOverlap=True,
            ),
        ),
        x2="end:Q",
        color=alt.Color("kind:N", scale=kinds, legend=None),
        tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("amount:N")],
    )
    amounts = base.mark_text(align="left", dx=5, color=INK, fontWeight="bold").encode(
        x="right:Q", text="amount:N"
    )
    return alt.layer(drawn, amounts).properties(height=alt.Step(28))


def price_curve(curve: pd.DataFrame, own: pd.DataFrame, title: str, numbers: str) -> alt.LayerChart:
    """Price by one number with its range as a ribbon; columns value, price, low, high."""
    x = alt.X(
        "value:Q",
        title=title,
        scale=alt.Scale(zero=False, nice=False),
        axis=alt.Axis(format=numbers, tickCount=5, grid=False, labelOverlap=True),
    )
    base = alt.Chart(curve).encode(x=x, tooltip=_curve_tooltips(title, numbers))
    ribbon = base.mark_area(color=BLUE, opacity=0.25).encode(y=_dollars("low"), y2="high:Q")
    line = base.mark_line(color=BLUE, strokeWidth=2.5).encode(y="price:Q")
    mark = (
        alt.Chart(own)
        .mark_point(**_OWN_MARK)
        .encode(x="value:Q", y="price:Q", tooltip=_curve_tooltips(title, numbers))
    )
    return alt.layer(ribbon, line, mark).properties(height=240)


def choices(table: pd.DataFrame) -> alt.LayerChart:
    """Price and range of each choice in the table's order; columns as of `side_by_side`."""
    names = [OWN, OTHERS]
    # Without a legend: the label of the vehicle's own row says which it is.
    color = alt.Color("whose:N", scale=alt.Scale(domain=names, range=[ORANGE, BLUE]), legend=None)
    tips = [alt.Tooltip("label:N", title=" "), *map(_dollar_tip, ("price", "low", "high"))]
    base = alt.Chart(table).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=_category_axis()), color=color, tooltip=tips
    )
    ranges = base.mark_bar(height=8, cornerRadius=4, opacity=0.35).encode(
        x=alt.X(
            "low:Q",
            scale=alt.Scale(zero=False),
            axis=alt.Axis(format="$~s", title=None, tickCount=4, labelOverlap=True),
        ),
        x2="high:Q",
    )
    dots = base.mark_point(size=110, filled=True, opacity=1).encode(
        x="price:Q",
        shape=alt.Shape(
            "whose:N", scale=alt.Scale(domain=names, range=["diamond", "circle"]), legend=None
        ),
    )
    return alt.layer(ranges, dots).properties(height=alt.Step(26))


def comparables(points: pd.DataFrame, curve: pd.DataFrame, own: pd.DataFrame) -> alt.LayerChart:
    """Listings by mileage, the model's curve among them, and the vehicle.

    `points` has the columns odometer, price, what, differs; the others are those of a curve, and
    may be empty.
    """
    ends = [*points["odometer"], *own["value"]]
    margin = max((max(ends) - min(ends)) * 0.08, 2_000)
    domain = [max(min(ends) - margin, 0), max(ends) + margin]
    shown = alt.Chart(points).mark_point(size=70, filled=True, color=BLUE, opacity=0.75)
    tips = [
        alt.Tooltip("what:N", title=" "),
        _dollar_tip("price"),
        alt.Tooltip("odometer:Q", title="miles", format=MILES),
        alt.Tooltip("differs:N"),
    ]
    dots = shown.encode(
        x=alt.X(
            "odometer:Q",
            title="Miles",
            scale=alt.Scale(domain=domain, nice=False),
            axis=alt.Axis(format=MILES, tickCount=5, grid=False, labelOverlap=True),
        ),
        y=_dollars("price"),
        tooltip=tips,
    )
    line = alt.Chart(_across(curve, *domain)).mark_line(
        color=GREY, strokeWidth=2, strokeDash=[6, 4], clip=True
    )
    mark = alt.Chart(own).mark_point(**_OWN_MARK)
    return alt.layer(
        line.encode(x="value:Q", y="price:Q"),
        dots,
        mark.encode(x="value:Q", y="price:Q", tooltip=[_dollar_tip("price")]),
    ).properties(height=280)


_OWN_MARK = {"size": 190, "filled": True, "opacity": 1, "color": ORANGE, "shape": "diamond"}


def _across(curve: pd.DataFrame, low: float, high: float) -> pd.DataFrame:
    """The curve from its last point before the plot to its first behind it."""
    before, after = curve["value"] <= low, curve["value"] >= high
    beyond = before & before.shift(-1, fill_value=False)
    return curve[~(beyond | after & after.shift(1, fill_value=False))]


def _dollars(name: str) -> alt.Y:
    return alt.Y(
        f"{name}:Q",
        title=None,
        scale=alt.Scale(zero=False),
        axis=alt.Axis(format="$~s", tickCount=5, labelOverlap=True),
    )


def _category_axis() -> alt.Axis:
    return alt.Axis(labelLimit=LABEL_PIXELS, ticks=False, domain=False)


def _curve_tooltips(title: str, numbers: str) -> list[alt.Tooltip]:
    value = alt.Tooltip("value:Q", title=title, format=numbers)
    return [value, *map(_dollar_tip, ("price", "low", "high"))]


def _dollar_tip(name: str) -> alt.Tooltip:
    return alt.Tooltip(f"{name}:Q", format=DOLLARS)
