"""The answer: price, range, verdict, warnings and feedback."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from price_app import charts, judgement, texts
from price_app.api_client import Estimate
from price_app.backend import Backend
from price_app.errors import ServiceError
from price_app.fields import Field, vehicle_name

THANKED_STATE = "_thanked"


@dataclass(frozen=True)
class Answer:
    """An estimate and the description that it was given for."""

    record: dict[str, Any]
    estimate: Estimate


def show_answer(answer: Answer, schema: dict, fields: list[Field], asking: int | None) -> None:
    """The price large, its range with the asking price on it, and what to think of it."""
    estimate = answer.estimate
    st.subheader(texts.escaped(vehicle_name(fields, answer.record)), anchor=False)
    st.title(texts.escaped(texts.money(estimate.price)), anchor=False)
    st.markdown(
        f"Nine in ten such vehicles are listed for **{texts.escaped(texts.money(estimate.low))}** "
        f"to **{texts.escaped(texts.money(estimate.high))}**."
    )
    figures = (estimate.low, estimate.price, estimate.high, asking)
    st.altair_chart(
        charts.price_band(*figures), width="stretch", alt=charts.band_in_words(*figures)
    )
    if asking:
        _show_verdict(asking, estimate)
    _show_grounds(answer, schema, fields)


def _show_verdict(asking: int, estimate: Estimate) -> None:
    words = judgement.verdict(asking, estimate.low, estimate.high)
    text = f"{texts.escaped(texts.money(asking))} is **{words}**."
    box = st.success if estimate.low <= asking <= estimate.high else st.warning
    box(text, icon=":material/sell:")


def _show_grounds(answer: Answer, schema: dict, fields: list[Field]) -> None:
    for warning in answer.estimate.warnings:
        sentence = warning[:1].upper() + warning[1:]
        st.warning(texts.escaped(sentence), icon=":material/warning:")
    trained_on = judgement.training_words(schema, fields, answer.record)
    words = [trained_on] if trained_on else []
    words.append(f"Prices as of {judgement.as_of(schema)}, when the listings were posted.")
    words.append(f"Model version {answer.estimate.model_version}.")
    st.caption(texts.escaped(" ".join(words)))


def show_feedback(backend: Backend, estimate: Estimate) -> None:
    """Ask once what the vehicle was really listed for."""
    if st.session_state.get(THANKED_STATE) == estimate.prediction_id:
        st.success(
            "Thank you: it helps to see how far off the prices are.", icon=":material/check:"
        )
        return
    with st.form("feedback", border=False, enter_to_submit=False):
        price = st.number_input(
            "It was listed for (dollars)",
            min_value=1,
            value=None,
            step=1,
            help="If you know what this vehicle was really listed for. It is kept without "
            "anything about you, to measure and to improve the model.",
            placeholder="The real price",
        )
        sent = st.form_submit_button("Send")
    if sent and price is not None:
        _send(backend, estimate.prediction_id, price)
    elif sent:
        st.info("Enter the price first.")


def _send(backend: Backend, prediction_id: str, price: int) -> None:
    try:
        backend.service.send_feedback(prediction_id, price)
    except ServiceError as error:
        message = f"It was not sent. {texts.failure_message(error)} Press Send again."
        st.error(texts.escaped(message), icon=":material/error:")
        return
    st.session_state[THANKED_STATE] = prediction_id
    st.rerun()
