"""A small component that lets text typed into a select box count when the box is left."""

from functools import cache
from pathlib import Path

import streamlit as st

_SCRIPT = Path(__file__).with_suffix(".js")


def keep_typed_text() -> None:
    """Take text that was typed into a select box when the focus leaves it.

    Streamlit's own box (1.67) drops it; the script presses Enter there instead. Mount it once a
    page, after the boxes.
    """
    _component()(key="_typed_text")


@cache
def _component():
    return st.components.v2.component("typed_text", js=_SCRIPT.read_text(encoding="utf-8"))
