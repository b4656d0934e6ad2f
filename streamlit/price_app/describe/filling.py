"""The fields' values in the session, filled in from a title or an address."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from price_app import texts
from price_app.describe import numbers, title
from price_app.describe.description import MOST_DOLLARS, Description
from price_app.describe.fields import Field, known

# The other keys of the session are the features' names.
TITLE_KEY, ASKING_KEY = "_title", "_asking"
GUESSED_STATE, TOLD_STATE = "_guessed", "_told"
ASKING_LABEL = "Asking price"
ASKING = Field(ASKING_KEY, "number", ASKING_LABEL, bounds=(1, MOST_DOLLARS))


def fill_from_title(fields: list[Field]) -> None:
    """Put what the pasted title says into the fields, and tell what that replaced."""
    pasted = st.session_state.get(TITLE_KEY) or ""
    said = title.read(pasted, fields)
    # The guesses of a title before this one go, whatever this one says; what the visitor entered
    # stays.
    own = {key: value for key, value in entered(fields).items() if not is_guess(key)}
    guesses = _by_key(said)
    _set(fields, own | guesses)
    st.session_state[GUESSED_STATE] = guesses
    if said:
        tell((*_summary(fields, guesses, own), *said.notes))
    elif pasted.strip():
        tell(("Nothing in this title was understood.", *said.notes))
    else:
        tell(("Paste a title first.",))


def fill_from_address(fields: list[Field], said: Description) -> None:
    """Put what an address says into the fields, in place of all that stood there."""
    _set(fields, _by_key(said))
    st.session_state[GUESSED_STATE] = {}
    tell(said.notes)


def is_guess(key: str) -> bool:
    """Whether the value that stands there is one that a title led to."""
    guesses = st.session_state.get(GUESSED_STATE, {})
    if key not in guesses:
        return False
    guess = guesses[key]
    is_number = isinstance(guess, (int, float))
    return st.session_state.get(key) == (numbers.written(guess) if is_number else guess)


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
    """Return what is known at present, the asking price with it."""
    return known({field.name: _value(field) for field in (*fields, ASKING)})


def reading(field: Field) -> numbers.Reading:
    """Return what the text in a number's field stands for."""
    return numbers.read(st.session_state.get(field.name) or "", field)


def problems(fields: list[Field]) -> list[str]:
    """Return the labels of the numbers whose text is not understood."""
    return [one.label for one in fields if one.kind == "number" and reading(one).problem]


def _value(field: Field) -> Any:
    return reading(field).value if field.kind == "number" else st.session_state.get(field.name)


def _set(fields: list[Field], values: Mapping[str, Any]) -> None:
    """Fill in these values and no others; a model of another make than theirs has no place."""
    for field in (*fields, ASKING):
        value = values.get(field.name)
        if field.kind == "number":
            st.session_state[field.name] = numbers.written(value)
        elif value is None or not field.keeps(value, values.get(field.parent or "")):
            st.session_state[field.name] = field.blank
        else:
            st.session_state[field.name] = value


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
