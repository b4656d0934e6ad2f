"""The fields' values in the session, filled in from a title or an address."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from price_app import texts
from price_app.describe import title
from price_app.describe.description import Description
from price_app.describe.fields import Field, known

# The other keys of the session are the features' names.
TITLE_KEY, ASKING_KEY = "_title", "_asking"
GUESSED_STATE, TOLD_STATE = "_guessed", "_told"
ASKING_LABEL = "Asking price"


def fill_from_title(fields: list[Field]) -> None:
    """Put what the pasted title says into the fields, and tell what that replaced."""
    pasted = st.session_state.get(TITLE_KEY) or ""
    said = title.read(pasted, fields)
    if not said:
        words = (
            "Nothing in this title was understood." if pasted.strip() else "Paste a title first."
        )
        tell((words, *said.notes))
        return
    # The guesses of a title before this one go; what the visitor entered stays.
    own = {key: value for key, value in entered(fields).items() if not is_guess(key)}
    guesses = _by_key(said)
    _set(fields, own | guesses)
    st.session_state[GUESSED_STATE] = guesses
    tell((*_summary(fields, guesses, own), *said.notes))


def fill_from_address(fields: list[Field], said: Description) -> None:
    """Put what an address says into the fields, in place of all that stood there."""
    _set(fields, _by_key(said))
    st.session_state[GUESSED_STATE] = {}
    tell(said.notes)


def is_guess(key: str) -> bool:
    """Whether the value that stands there is one that a title led to."""
    guesses = st.session_state.get(GUESSED_STATE, {})
    return key in guesses and guesses[key] == st.session_state.get(key)


def settle(key: str) -> None:
    """The visitor has decided on this value: it is a guess no more."""
    st.session_state.get(GUESSED_STATE, {}).pop(key, None)


def parent_value(field: Field) -> str | None:
    """What was chosen for the field's parent."""
    value = st.session_state.get(field.parent) if field.parent else None
    return None if value == texts.NOT_KNOWN else value


def tell(sentences: tuple[str, ...]) -> None:
    """Say this above the fields, from now until something else is to be said."""
    st.session_state[TOLD_STATE] = sentences


def hush() -> None:
    """Say nothing above the fields any longer."""
    tell(())


def show_told() -> None:
    """Draw what is to be said."""
    sentences = st.session_state.get(TOLD_STATE)
    if sentences:
        st.info(texts.escaped(" ".join(sentences)), icon=":material/edit:")


def _by_key(said: Description) -> dict[str, Any]:
    return dict(said.values) | ({} if said.asking is None else {ASKING_KEY: said.asking})


def entered(fields: list[Field]) -> dict[str, Any]:
    """What is known at present, the asking price with it."""
    keys = [*(field.name for field in fields), ASKING_KEY]
    return known({key: st.session_state.get(key) for key in keys})


def _set(fields: list[Field], values: Mapping[str, Any]) -> None:
    """These values and no others; a model of another make than theirs has no place."""
    for field in fields:
        value = values.get(field.name)
        if value is None or not field.keeps(value, values.get(field.parent or "")):
            value = field.blank
        st.session_state[field.name] = value
    st.session_state[ASKING_KEY] = values.get(ASKING_KEY)


def _summary(fields: list[Field], guesses: Mapping[str, Any], own: Mapping[str, Any]) -> list[str]:
    labels = {field.name: field.label for field in fields} | {ASKING_KEY: ASKING_LABEL}
    guessed = ", ".join(label.lower() for key, label in labels.items() if key in guesses)
    sentences = [f"Guessed from the listing's title: {guessed}. Look them over."]
    after = entered(fields)
    shown = {field.name: field.shown for field in fields if field.kind == "category"}
    lost = [
        f"{labels[key]} {shown.get(key, str)(value)}"
        for key, value in own.items()
        if after.get(key) != value
    ]
    if lost:
        sentences.append(f"That replaced what you had entered: {', '.join(lost)}.")
    return sentences
