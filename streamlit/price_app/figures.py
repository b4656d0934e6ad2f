"""Large figures in frames, two beside one another."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import streamlit as st


class Figure(NamedTuple):
    """What it is called, its value if there is one, how that is written, what it means."""

    label: str
    value: float | None
    written: Callable[[float], str]
    meaning: str


def show_figures(figures: Iterable[Figure]) -> None:
    """Draw them, a dash for what is not known; by row, so that the order holds on a telephone."""
    columns = st.columns(2) + st.columns(2)
    for column, one in zip(columns, figures):
        told = "–" if one.value is None else one.written(one.value)
        column.metric(one.label, told, help=one.meaning, border=True)
