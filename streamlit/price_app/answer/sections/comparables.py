"""The section of the listings that are most like the vehicle."""

from typing import Any

import pandas as pd
import streamlit as st

from price_app import texts
from price_app.answer import alternatives, detail_charts, likeness
from price_app.answer.result import Answer
from price_app.answers import Comparables, Curves, Estimate
from price_app.describe.fields import Field

SHOWN_FIRST = 6
NO_POINTS = pd.DataFrame([], columns=alternatives.COLUMNS)


def show_comparables(
    found: Comparables,
    curves: Curves | None,
    fields: list[Field],
    answer: Answer,
    asking: int | None,
) -> None:
    """How alike they are, where the price falls among them, a scatter and the table."""
    listings = found.listings
    alike = any(one.same in ("model", "family") for one in listings)
    words = texts.escaped(likeness.who_is_alike(listings, answer.record))
    if not alike:
        st.info(words, icon=":material/info:")
    else:
        st.markdown(words)
    if not listings:
        return
    st.markdown(
        f"**{texts.escaped(likeness.where_it_falls(listings, answer.estimate.price, asking))}**"
    )
    _show_scatter(found, curves, fields, _own(answer.record, answer.estimate))
    table = likeness.table(listings, fields).map(texts.escaped)
    st.table(table.head(SHOWN_FIRST), border="horizontal", hide_index=True)
    if len(table) > SHOWN_FIRST:
        with st.expander(f"The other {len(table) - SHOWN_FIRST}"):
            st.table(table.iloc[SHOWN_FIRST:], border="horizontal", hide_index=True)
    st.caption(
        "The nearest first; what differs is seen from your vehicle. The prices were asked for, "
        "which is not to say that they were paid."
    )


def _own(record: dict[str, Any], estimate: Estimate) -> pd.DataFrame:
    if record.get("odometer") is None:
        return NO_POINTS
    row = (record["odometer"], estimate.price, estimate.low, estimate.high)
    return pd.DataFrame([row], columns=alternatives.COLUMNS)


def _show_scatter(
    found: Comparables, curves: Curves | None, fields: list[Field], own: pd.DataFrame
) -> None:
    points = likeness.points(found.listings, fields)
    if points.empty:
        return
    along = curves.curves.get("odometer", ()) if curves else ()
    curve = alternatives.curve(along) if along else NO_POINTS
    st.altair_chart(
        detail_charts.comparables(points, curve, own),
        width="stretch",
        alt="Price by mileage of the listings in the table below, and of your vehicle",
    )
    line = " The dashed line is the model's price of yours at other mileages." if along else ""
    mark = "" if own.empty else " The diamond is your vehicle."
    st.caption(f"Each dot is a listing.{mark}{line}")
