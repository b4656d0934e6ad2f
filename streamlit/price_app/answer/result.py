"""The answer: price, range, verdict, warnings and feedback."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from price_app import notices, texts
from price_app.answer import cautions, charts, judgement
from price_app.answer.closer_look import Detail
from price_app.answers import Estimate
from price_app.backend import Backend
from price_app.describe import numbers
from price_app.describe.description import MOST_DOLLARS
from price_app.describe.fields import Field, vehicle_name
from price_app.errors import ServiceError

THANKED_STATE = "_thanked"
# The service keeps one real price of a vehicle, whichever it is.
KNOWN_PRICES = ("It was listed for", "It was sold for")
REAL_PRICE = Field("price", "number", "The real price", bounds=(1, MOST_DOLLARS))


@dataclass(frozen=True)
class Answer:
    """An estimate, the description that it was given for, and what was told of it since."""

    record: dict[str, Any]
    estimate: Estimate
    details: dict[str, Detail] = field(default_factory=dict)


def show_answer(
    backend: Backend, answer: Answer, schema: dict, fields: list[Field], asking: int | None
) -> DeltaGenerator:
    """The price large, its range with the asking price on it, and what to think of it.

    Returns the place for what is known later than the price: see `show_details`.
    """
    estimate = answer.estimate
    st.subheader(texts.escaped(vehicle_name(fields, answer.record)), anchor=False)
    st.title(texts.escaped(texts.money(estimate.price)), anchor=False)
    low, high = (texts.escaped(texts.round_money(end)) for end in (estimate.low, estimate.high))
    st.markdown(f"Nine in ten such vehicles are listed for **{low}** to **{high}**.")
    figures = (estimate.low, estimate.price, estimate.high, asking)
    st.altair_chart(
        charts.price_band(*figures), width="stretch", alt=charts.band_in_words(*figures)
    )
    if asking:
        _show_verdict(asking, estimate)
    closer_place = st.empty()
    _show_cautions(backend, answer, schema, fields)
    _show_grounds(answer, schema, fields)
    return closer_place


def _show_verdict(asking: int, estimate: Estimate) -> None:
    words = judgement.verdict(asking, estimate.low, estimate.high)
    text = f"{texts.escaped(texts.money(asking))} is **{words}**."
    box = st.success if estimate.low <= asking <= estimate.high else st.warning
    box(text, icon=":material/sell:")


def _show_cautions(backend: Backend, answer: Answer, schema: dict, fields: list[Field]) -> None:
    counted = judgement.trained_on(schema, fields, answer.record)
    said = cautions.sentences(answer.estimate.warnings, fields, answer.record, counted)
    for sentence in said:
        st.warning(texts.escaped(f"{sentence}."), icon=":material/warning:")
    if notices.drift_alert(backend):
        st.caption(
            "Drift alert: vehicles like those asked about lately may be priced further off than "
            "this range says."
        )


def _show_grounds(answer: Answer, schema: dict, fields: list[Field]) -> None:
    trained_on = judgement.training_words(schema, fields, answer.record)
    words = [trained_on] if trained_on else []
    words.append(f"Prices as of {judgement.as_of(schema)}, when the listings were posted.")
    words.append(f"Model version {answer.estimate.model_version}.")
    st.caption(texts.escaped(" ".join(words)))


def show_feedback(backend: Backend, estimate: Estimate) -> None:
    """Ask once what the vehicle was really listed for."""
    if not backend.takes_feedback:
        st.caption("Real prices are not taken here. Whoever runs this form has switched that off.")
        return
    if st.session_state.get(THANKED_STATE) == estimate.prediction_id:
        st.success(
            "Thank you: it helps to see how far off the prices are.", icon=":material/check:"
        )
        return
    with st.form("feedback", border=False, enter_to_submit=False):
        st.radio("Do you know the real price?", KNOWN_PRICES, horizontal=True)
        typed = st.text_input(
            "The real price (dollars)",
            help="What this vehicle was really listed or sold for. It is kept without anything "
            "about you, to measure and to improve the model.",
            placeholder="In dollars",
        )
        sent = st.form_submit_button("Send")
    if sent:
        price = numbers.read(typed, REAL_PRICE)
        if price.value is not None:
            _send(backend, estimate.prediction_id, int(price.value))
        else:
            st.info(texts.escaped(price.problem or "Enter the price first."))


def _send(backend: Backend, prediction_id: str, price: int) -> None:
    try:
        backend.service.send_feedback(prediction_id, price)
    except ServiceError as error:
        message = f"It was not sent. {texts.failure_message(error)} Press Send again."
        st.error(texts.escaped(message), icon=":material/error:")
        return
    st.session_state[THANKED_STATE] = prediction_id
    st.rerun()
