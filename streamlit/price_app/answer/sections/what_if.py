"""The section on the same vehicle with another number or another choice."""

from typing import Any

import pandas as pd
import streamlit as st

from price_app import texts
from price_app.answer import alternatives, detail_charts, labels
from price_app.answers import Curves
from price_app.describe.fields import Field

# How a curve's numbers are written on its axis.
AXIS_NUMBERS = {"year": "d"}
CURVES_SHOWN = ("odometer", "year")


def show_what_if(curves: Curves, fields: list[Field], record: dict[str, Any]) -> None:
    """Price by mileage and by year, and with other choices side by side."""
    by_name = {field.name: field for field in fields}
    names = [name for name in CURVES_SHOWN if name in by_name and curves.curves.get(name)]
    for column, name in zip(st.columns(len(names) or 1), names):
        with column:
            _show_curve(curves, by_name[name], record)
    st.caption(
        "All else as you described it. The ribbon is the range that holds nine in ten; the "
        "diamond is your vehicle."
    )
    if alternatives.comparable_fields(curves, fields):
        _show_choices(curves, fields, record)


def _show_curve(curves: Curves, field: Field, record: dict[str, Any]) -> None:
    label = labels.plain_label(field)
    st.markdown(f"**Price by {texts.escaped(label.lower())}**")
    curve = alternatives.curve(curves.curves[field.name])
    own = alternatives.own_point(curves, field.name, record)
    title = labels.unit_of(field).capitalize() or label
    st.altair_chart(
        detail_charts.price_curve(
            curve, own, title, AXIS_NUMBERS.get(field.name, detail_charts.MILES)
        ),
        width="stretch",
        alt=_curve_words(curve, own, field),
    )
    if own.empty:
        st.caption(f"You gave no {texts.escaped(label.lower())}: your vehicle is not marked.")


@st.fragment
def _show_choices(curves: Curves, fields: list[Field], record: dict[str, Any]) -> None:
    """Drawn anew by itself, so that another choice of feature asks for nothing."""
    offered = {field.name: field for field in alternatives.comparable_fields(curves, fields)}
    name = st.selectbox(
        "Compare with another",
        list(offered),
        format_func=lambda name: offered[name].label.lower(),
        key="_compared_by",
    )
    every_choice = alternatives.side_by_side(curves, offered[name], record.get(name))
    shown = alternatives.most_shown(every_choice)
    st.altair_chart(
        detail_charts.choices(shown), width="stretch", alt=_choices_words(shown, offered[name])
    )
    if len(shown) < len(every_choice):
        with st.expander(f"All {len(every_choice)} as a table"):
            st.table(_table(every_choice), border="horizontal", hide_index=True, height=360)


def _table(choices: pd.DataFrame) -> pd.DataFrame:
    ordered = choices.sort_values("price", ascending=False)
    money = {
        title: [texts.escaped(texts.round_money(dollars)) for dollars in ordered[name]]
        for title, name in (("Price", "price"), ("From", "low"), ("To", "high"))
    }
    return pd.DataFrame({" ": [texts.escaped(label) for label in ordered["label"]], **money})


def _curve_words(curve: pd.DataFrame, own: pd.DataFrame, field: Field) -> str:
    first, last = curve.iloc[0], curve.iloc[-1]
    ends = " and ".join(
        f"about {texts.round_money(end['price'])} at {labels.number(field, float(end['value']))}"
        for end in (first, last)
    )
    yours = "" if own.empty else f"; yours {texts.money(int(own.iloc[0]['price']))}"
    return f"Price by {labels.plain_label(field).lower()}: {ends}{yours}"


def _choices_words(shown: pd.DataFrame, field: Field) -> str:
    said = ", ".join(
        f"{label} {texts.round_money(price)}"
        for label, price in zip(shown["label"], shown["price"])
    )
    return f"Price by {field.label.lower()}, dearest first: {said}"
