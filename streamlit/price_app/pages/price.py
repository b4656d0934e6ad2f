"""The first page: describe a vehicle, learn its price."""

from typing import Any

import streamlit as st

from price_app import texts
from price_app.answer.result import Answer, show_answer, show_feedback
from price_app.answer.sections.details import show_details
from price_app.backend import Backend
from price_app.describe import filling, form, sharing
from price_app.describe.fields import Field, fields_of, missing
from price_app.describe.typed_text import keep_typed_text
from price_app.errors import ListingRefused, ServiceError
from price_app.notices import current_schema, show_failure

OUTCOME_STATE, ASK_AGAIN_STATE = "_outcome", "_ask_again"


def show(backend: Backend) -> None:
    """Draw the page."""
    st.title("What is it worth?", anchor=False)
    schema = current_schema(backend)
    if schema is None:
        return
    fields = fields_of(schema)
    asked_by_address = sharing.fill_from_address(fields)
    st.markdown(_introduction(fields))
    form.show_title(fields)
    filling.show_told()
    record = form.show_fields(fields)
    asking = form.show_asking()
    keep_typed_text()
    sharing.remember(fields)
    pressed = st.button(
        "Price it",
        key=sharing.PRESSED_KEY,
        type="primary",
        icon=":material/sell:",
        on_click=filling.hush,
    )
    asked = st.session_state.pop(ASK_AGAIN_STATE, False) or pressed or asked_by_address
    if asked:
        st.session_state[OUTCOME_STATE] = _ask(backend, fields, record)
    _show_outcome(backend, schema, fields, record, asking)
    _share(asking, asked)


def _share(asking: int | None, just_priced: bool) -> None:
    """Keep the page's address in step with the answer on it."""
    outcome = st.session_state.get(OUTCOME_STATE)
    if isinstance(outcome, Answer):
        sharing.keep_in_step(outcome.record, asking, just_priced)
        sharing.show_link(outcome.record, asking)


def _introduction(fields: list[Field]) -> str:
    required = " and ".join(field.label.lower() for field in fields if field.required)
    needed = f"Only the {texts.escaped(required)} is needed. " if required else ""
    return f"Describe the vehicle. {needed}The more you tell, the closer the price."


def _ask(
    backend: Backend, fields: list[Field], record: dict[str, Any]
) -> Answer | ServiceError | str:
    """The answer, what failed, or what the visitor has to add first."""
    unclear = filling.problems(fields)
    if unclear:
        return f"Look at the {' and the '.join(unclear).lower()} first: it is not understood."
    lacking = missing(fields, record)
    if lacking:
        return f"Enter the {' and the '.join(lacking).lower()} first."
    try:
        with st.spinner("Pricing…"):
            return Answer(record, backend.service.predict(record))
    except ListingRefused as error:
        # The model may have changed since the form was drawn: draw it anew from its schema.
        backend.forget()
        return error
    except ServiceError as error:
        return error


def _ask_again() -> None:
    st.session_state[ASK_AGAIN_STATE] = True


def _show_outcome(
    backend: Backend, schema: dict, fields: list[Field], record: dict, asking: int | None
) -> None:
    outcome = st.session_state.get(OUTCOME_STATE)
    if isinstance(outcome, ServiceError):
        show_failure(outcome, "price_retry", _ask_again)
    elif isinstance(outcome, str):
        st.info(texts.escaped(outcome), icon=":material/edit:")
    elif outcome is not None:
        if outcome.record != record:
            st.info("The description has changed since. Press “Price it” for its price.")
        _show_priced(backend, outcome, schema, fields, asking)


def _show_priced(
    backend: Backend, answer: Answer, schema: dict, fields: list[Field], asking: int | None
) -> None:
    """The answer and the feedback first: the details come when the service has told them."""
    with st.container(border=True):
        closer_place = show_answer(backend, answer, schema, fields, asking)
    details_place = st.container()
    show_feedback(backend, answer.estimate)
    with details_place:
        show_details(backend, answer, fields, asking, closer_place)
