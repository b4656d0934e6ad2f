"""The widgets that describe a vehicle."""

from typing import Any

import streamlit as st

from price_app import texts
from price_app.fields import UP_FRONT, Field, divided, known

FRONT_COLUMNS = 2
DETAIL_COLUMNS = 3


def show_fields(fields: list[Field]) -> dict[str, Any]:
    """Ask for every field; the known answers by feature name.

    Each widget's key is its feature's name and outlives the page, so that what the visitor
    entered is still there after another page, a failure or a new model version.
    """
    front, details = divided(fields)
    answers = _grid(front, FRONT_COLUMNS)
    if details:
        with st.expander("More details (optional, for a closer price)"):
            answers |= _grid(details, DETAIL_COLUMNS)
    return known(answers)


def _grid(fields: list[Field], columns_count: int) -> dict[str, Any]:
    """Rows of widgets: filled by row, so that the order holds on a telephone too."""
    answers = {}
    for start in range(0, len(fields), columns_count):
        for column, field in zip(st.columns(columns_count), fields[start : start + columns_count]):
            with column:
                answers[field.name] = _widget(field)
    return answers


def _widget(field: Field) -> Any:
    parent_value = st.session_state.get(field.parent) if field.parent else None
    if parent_value == texts.NOT_KNOWN:
        parent_value = None
    if not field.keeps(st.session_state.get(field.name), parent_value):
        st.session_state[field.name] = _start_value(field)
    if field.kind == "number":
        return _number(field)
    return _category(field, parent_value)


def _start_value(field: Field) -> str | None:
    asks_plainly = field.kind == "number" or field.required or field.name in UP_FRONT
    return None if asks_plainly else texts.NOT_KNOWN


def _number(field: Field) -> int | float | None:
    whole = not any(isinstance(bound, float) for bound in field.bounds)
    minimum, maximum = (_typed(bound, whole) for bound in field.bounds)
    return st.number_input(
        field.label,
        min_value=minimum,
        max_value=maximum,
        value=None,
        step=1 if whole else 0.1,
        key=field.name,
        help=field.help,
        placeholder="Needed" if field.required else texts.NOT_KNOWN,
        persist_state="session",
    )


def _typed(bound: int | float | None, whole: bool) -> int | float | None:
    """The bounds of one number input have to be of one type."""
    return bound if bound is None or whole else float(bound)


def _category(field: Field, parent_value: str | None) -> str | None:
    return st.selectbox(
        field.label,
        _choices(field, parent_value),
        index=None if _start_value(field) is None else 0,
        format_func=field.shown,
        key=field.name,
        help=field.help,
        on_change=_tidy,
        args=(field, parent_value),
        placeholder="Choose or type" if field.is_name else "Choose",
        accept_new_options=field.is_name,
        persist_state="session",
    )


def _tidy(field: Field, parent_value: str | None) -> None:
    """Take what was typed for the option that it means, so that it shows as that option."""
    typed = st.session_state[field.name]
    if typed is not None:
        st.session_state[field.name] = field.meant(typed, parent_value)


def _choices(field: Field, parent_value: str | None) -> list[str]:
    """The options, with "Not known" before them, and after them what the visitor typed."""
    first = [] if field.required else [texts.NOT_KNOWN]
    options = [*first, *field.options_for(parent_value)]
    typed = st.session_state.get(field.name)
    return options if typed is None or typed in options else [*options, typed]
