"""What a page says about the data, the drift and failures, whatever else it shows."""

from collections.abc import Callable

import streamlit as st

from price_app import texts
from price_app.backend import Backend
from price_app.errors import FieldError, ListingRefused, ServiceError

SCHEMA_STATE = "_schema"


def current_schema(backend: Backend) -> dict | None:
    """The schema to build the page from, with the notices that belong to it.

    While the service is away this is the last one that the visitor had, so that what they
    entered stays; None, under a message and a button to try again, where there has been none.
    """
    try:
        schema = st.session_state[SCHEMA_STATE] = backend.schema()
    except ServiceError as error:
        schema = st.session_state.get(SCHEMA_STATE)
        if schema is None:
            show_failure(error, "schema_retry", backend.forget)
        else:
            st.caption("The price service is away just now. What you entered is kept.")
    if schema:
        show_synthetic(schema)
    show_drift(backend)
    return schema


def show_failure(error: Exception, key: str, retry: Callable[[], None]) -> None:
    """A plain message, the fields it is about, and a button that tries again."""
    st.error(texts.escaped(texts.failure_message(error)), icon=":material/error:")
    for field in error.fields if isinstance(error, ListingRefused) else ():
        st.markdown(_field_line(field))
    st.button("Try again", key=key, on_click=retry, icon=":material/refresh:")


def show_synthetic(schema: dict) -> None:
    """Say so where the model knows nothing of the real market."""
    if schema.get("dataset", {}).get("synthetic"):
        st.warning(
            "**Trained on synthetic data.** These prices come from made-up listings. "
            "They show how the form works and say nothing about the market.",
            icon=":material/science:",
        )


def show_drift(backend: Backend) -> None:
    """Say what an active drift alert means for the visitor; nothing while the monitor is away."""
    drift = drift_alert(backend)
    if drift is None:
        return
    since = drift.get("since")
    when = f" since {texts.moment(since)}" if since else ""
    st.warning(
        f"**The vehicles asked about lately differ from those the model was trained on**{when}. "
        "Prices may be further off than their range says.",
        icon=":material/moving:",
    )


def drift_alert(backend: Backend) -> dict | None:
    """The drift status while its alert is active."""
    drift = backend.drift()
    return drift if drift and drift.get("alert") else None


def _field_line(error: FieldError) -> str:
    schema = st.session_state.get(SCHEMA_STATE, {})
    labels = {feature["name"]: feature.get("label") for feature in schema.get("features", ())}
    label = labels.get(error.field) or error.field or "The whole description"
    return f"- **{texts.escaped(label)}**: {texts.escaped(error.message)}"
