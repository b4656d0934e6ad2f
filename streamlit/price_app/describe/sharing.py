"""The page's address: read when it is opened, kept in step with what was priced."""

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from price_app.describe import address, filling
from price_app.describe.fields import Field

# The parameters that were read or written last: what differs from them is new.
ADDRESS_STATE = "_address"
ENTERED_STATE, PRESSED_KEY = "_entered", "_price_it"


def fill_from_address(fields: list[Field]) -> bool:
    """Fill the fields in where the visitor came by a new address; whether it said anything."""
    query = st.query_params.to_dict()
    if not query or query == st.session_state.get(ADDRESS_STATE) or _is_echo(fields):
        return False
    st.session_state[ADDRESS_STATE] = query
    said = address.from_query(query, fields)
    if said:
        filling.fill_from_address(fields, said)
    else:
        filling.tell(said.notes)
    return bool(said)


def remember(fields: list[Field]) -> None:
    """Note what is entered now, to know at the next run whether the visitor entered more."""
    st.session_state[ENTERED_STATE] = filling.entered(fields)


def _is_echo(fields: list[Field]) -> bool:
    """Whether the visitor has entered something: then the browser, which tells the address with
    every word of theirs, had not heard yet of the one that was written last."""
    before = st.session_state.get(ENTERED_STATE)
    acted = before is not None and filling.entered(fields) != before
    return acted or bool(st.session_state.get(PRESSED_KEY))


def keep_in_step(record: dict[str, Any], asking: int | None, just_priced: bool) -> None:
    """Write what was priced into the address.

    Only once for each answer: a visitor who went back to the bare address is not to be held here.
    """
    query = address.to_query(record, asking)
    if just_priced or query != st.session_state.get(ADDRESS_STATE):
        st.query_params.from_dict(query)
        st.session_state[ADDRESS_STATE] = query


def show_link(record: dict[str, Any], asking: int | None) -> None:
    """Offer the address for copying."""
    page = (st.context.url or "").rstrip("/")
    link = f"{page}/?{urlencode(address.to_query(record, asking))}"
    with st.popover("Share this price", icon=":material/link:"):
        st.caption("This address, which the browser shows too, opens the page with this vehicle.")
        st.code(link, language=None, wrap_lines=True)
