"""The widgets that describe a vehicle."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from price_app import texts
from price_app.describe import filling
from price_app.describe.fields import Field, divided, known

COLUMNS = 2
LOOKED_OVER_STATE = "_looked_over"
HINT = "[data-testid='InputInstructions']"


def show_title(fields: list[Field]) -> None:
    """Take a listing's title and fill the fields in from it."""
    # Over the end of a long title on a telephone; the button beside it says as much.
    st.html(f"<style>.st-key-{filling.TITLE_KEY} {HINT} {{display: none}}</style>")
    with st.form("title", border=False):
        box, button = st.columns([4, 1], vertical_alignment="bottom")
        box.text_input(
            "Paste a listing's title (optional)",
            key=filling.TITLE_KEY,
            help="Make, model, year, miles and what else it says fill in the fields below. "
            "Look them over: they are guesses.",
            placeholder="2014 Ford F-150 XLT 4x4 89k miles $18,500",
            persist_state="session",
        )
        button.form_submit_button(
            "Fill in", width="stretch", on_click=filling.fill_from_title, args=(fields,)
        )


def show_fields(fields: list[Field]) -> dict[str, Any]:
    """Ask for every field; the known answers by feature name.

    Each widget's key is its feature's name and outlives the page, so that what the visitor
    entered is still there after another page, a failure or a new model version.
    """
    labels = {field.name: field.label for field in fields}
    front, details = divided(fields)
    answers = _grid(front, labels)
    if details:
        with st.expander(
            "More details (optional, for a closer price)",
            expanded=_has_guesses(details),
        ):
            answers |= _grid(details, labels)
    return known(answers)


def show_asking() -> int | None:
    """Ask for the asking price, which the model never sees."""
    with st.container(gap="xxsmall"):
        st.text_input(
            "Asking price (dollars, optional)",
            key=filling.ASKING_KEY,
            on_change=filling.settle,
            args=(filling.ASKING_KEY,),
            help="Compared with what such vehicles are listed for. It does not change the price.",
            placeholder="To compare with",
            persist_state="session",
        )
        asking = _show_reading(filling.ASKING)
        _show_guess(filling.ASKING_KEY)
    return asking


def _grid(fields: list[Field], labels: Mapping[str, str]) -> dict[str, Any]:
    """Rows of widgets: filled by row, so that the order holds on a telephone too."""
    answers = {}
    for start in range(0, len(fields), COLUMNS):
        for column, field in zip(st.columns(COLUMNS), fields[start : start + COLUMNS]):
            with column.container(gap="xxsmall"):
                answers[field.name] = _widget(field, labels)
                _show_guess(field.name)
    return answers


def _has_guesses(details: list[Field]) -> bool:
    """Whether one is to be looked over: an expander opened for that does not close again."""
    guessed = any(filling.is_guess(field.name) for field in details)
    st.session_state[LOOKED_OVER_STATE] = guessed or st.session_state.get(LOOKED_OVER_STATE, False)
    return st.session_state[LOOKED_OVER_STATE]


def _show_guess(key: str) -> None:
    if filling.is_guess(key):
        st.caption("Guessed from the listing's title")


def _widget(field: Field, labels: Mapping[str, str]) -> Any:
    if field.kind == "number":
        return _number(field)
    parent_value = filling.parent_value(field)
    if not field.keeps(st.session_state.get(field.name), parent_value):
        st.session_state[field.name] = field.blank
    return _category(field, parent_value, labels.get(field.parent or "", ""))


def _number(field: Field) -> int | float | None:
    # No number input: a browser's reads 89 of a pasted `89k`, and 80 of `80.000`.
    st.text_input(
        field.label,
        key=field.name,
        help=field.help,
        on_change=filling.settle,
        args=(field.name,),
        placeholder="Needed" if field.required else texts.NOT_KNOWN,
        persist_state="session",
    )
    return _show_reading(field)


def _show_reading(field: Field) -> int | float | None:
    """Return the number that stands in the field; say why there is none, or what was changed."""
    reading = filling.reading(field)
    words = reading.problem or reading.note
    if words:
        st.caption(texts.escaped(words))
    return reading.value


def _category(field: Field, parent_value: str | None, parent_label: str) -> str | None:
    shown = field.shown_options(parent_value)
    options = list(shown)
    answer = st.selectbox(
        field.label,
        _choices(field, options),
        index=None if field.blank is None else 0,
        format_func=lambda option: shown.get(option) or field.shown(option),
        key=field.name,
        help=field.help,
        on_change=_tidy,
        args=(field, parent_value),
        placeholder=_placeholder(field, options, parent_label),
        accept_new_options=field.is_name,
        persist_state="session",
    )
    if answer not in (None, texts.NOT_KNOWN) and answer not in options:
        st.caption("Not in the list: priced by the words as they stand here")
    return answer


def _placeholder(field: Field, options: list[str], parent_label: str) -> str:
    if not field.is_name:
        return "Choose"
    if parent_label and not options:
        return f"Choose the {parent_label.lower()} first, or type"
    return "Choose or type"


def _tidy(field: Field, parent_value: str | None) -> None:
    """Take what was typed for the option that it means, so that it shows as that option."""
    filling.settle(field.name)
    typed = st.session_state[field.name]
    if typed is None:
        return
    if field.parent and parent_value is None:
        parent_value = field.parent_meant(typed)
        if parent_value:
            st.session_state[field.parent] = parent_value
    st.session_state[field.name] = field.chosen(typed, parent_value)


def _choices(field: Field, options: list[str]) -> list[str]:
    """The options, with "Not known" before them, and after them what the visitor typed."""
    choices = options if field.required else [texts.NOT_KNOWN, *options]
    typed = st.session_state.get(field.name)
    return choices if typed is None or typed in choices else [*choices, typed]
