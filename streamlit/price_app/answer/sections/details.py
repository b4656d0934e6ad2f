"""The sections under an answer: asked for once the price is there, each failing alone."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from price_app import texts
from price_app.answer import judgement
from price_app.answer.closer_look import COMPARABLES, CURVES, EXPLANATION, Detail, look_closer
from price_app.answer.result import Answer
from price_app.answer.sections.comparables import show_comparables
from price_app.answer.sections.what_if import show_what_if
from price_app.answer.sections.why import show_why
from price_app.answers import Curves, Explanation
from price_app.backend import Backend
from price_app.describe.fields import Field
from price_app.errors import ListingRefused, ServiceError
from price_app.notices import show_failure

TITLES = {EXPLANATION: "Why this price", CURVES: "What if", COMPARABLES: "Similar listings"}


def show_details(
    backend: Backend,
    answer: Answer,
    fields: list[Field],
    asking: int | None,
    closer_place: DeltaGenerator,
) -> None:
    """Say in its place what a step on costs and what would narrow the range; a tab per section."""
    found = _looked_up(backend, answer)
    curves = found[CURVES] if isinstance(found[CURVES], Curves) else None
    explanation = found[EXPLANATION]
    words = [judgement.depreciation(curves.steps)] if curves else []
    if isinstance(explanation, Explanation):
        words.append(judgement.narrower(explanation, fields))
    closer_place.markdown("\n\n".join(texts.escaped(each) for each in words if each))
    _say_if_outdated(answer, found)
    drawn: dict[str, Callable[[Any], None]] = {
        EXPLANATION: lambda detail: show_why(detail, fields, answer.record),
        CURVES: lambda detail: show_what_if(detail, fields, answer.record),
        COMPARABLES: lambda detail: show_comparables(detail, curves, fields, answer, asking),
    }
    for name, tab in zip(TITLES, st.tabs(list(TITLES.values()), key="_details")):
        with tab:
            _show(name, found[name], answer, drawn[name])


def _looked_up(backend: Backend, answer: Answer) -> dict[str, Detail]:
    """The details, asked for only where the answer does not hold them already."""
    if len(answer.details) < len(TITLES):
        with st.spinner("Looking closer…"):
            answer.details.update(look_closer(backend.service, answer.record, answer.details))
        if any(isinstance(detail, ListingRefused) for detail in answer.details.values()):
            # The model may have changed since the price was given.
            backend.forget()
    return answer.details


def _show(name: str, detail: Detail, answer: Answer, draw: Callable[[Any], None]) -> None:
    if isinstance(detail, ServiceError):
        st.caption("The price above stands; only this part of the page is missing.")
        show_failure(detail, f"{name}_retry", lambda: _ask_again(answer))
    else:
        draw(detail)


def _ask_again(answer: Answer) -> None:
    """Drop whatever failed, so that the next run asks for all of it at once."""
    for name in [name for name, found in answer.details.items() if isinstance(found, ServiceError)]:
        del answer.details[name]


def _say_if_outdated(answer: Answer, found: dict[str, Detail]) -> None:
    versions = {getattr(detail, "model_version", None) for detail in found.values()} - {None}
    if versions - {answer.estimate.model_version}:
        st.info("There is a new model since this price was given. Press “Price it” for its price.")
