"""The second page: price every row of a CSV file."""

import io

import pandas as pd
import streamlit as st

from price_app import csv_file, texts
from price_app.backend import Backend
from price_app.csv_file import PricedTable
from price_app.errors import CsvUnreadable, ServiceError
from price_app.fields import fields_of
from price_app.notices import current_schema, show_failure

PRICED_STATE, PRICE_AGAIN_STATE = "_priced_file", "_price_file_again"
PREVIEW_ROWS, SHOWN_ERRORS = 200, 50


def show(backend: Backend) -> None:
    """Draw the page."""
    st.title("Many at once", anchor=False)
    schema = current_schema(backend)
    if schema is None:
        return
    _show_introduction(schema)
    uploaded = st.file_uploader("Your CSV file", type="csv")
    if uploaded is None:
        st.session_state.pop(PRICED_STATE, None)
        return
    pressed = st.button("Price all rows", type="primary", icon=":material/sell:")
    if st.session_state.pop(PRICE_AGAIN_STATE, False) or pressed:
        outcome = _price(backend, uploaded.getvalue())
        st.session_state[PRICED_STATE] = (uploaded.file_id, outcome)
    priced_id, outcome = st.session_state.get(PRICED_STATE, (None, None))
    if priced_id == uploaded.file_id:
        _show_outcome(outcome, uploaded.name)


def _show_introduction(schema: dict) -> None:
    fields = fields_of(schema)
    names = [field.name for field in fields]
    required = ", ".join(f"`{field.name}`" for field in fields if field.required)
    needed = f" {required} is needed; the others may be missing or empty." if required else ""
    st.markdown(f"One vehicle a row, with these names in the first line.{needed}")
    st.code(", ".join(names), language=None, wrap_lines=True)
    st.download_button(
        "Empty template",
        csv_file.template(names),
        file_name="vehicles.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _price(backend: Backend, content: bytes) -> PricedTable | ServiceError | CsvUnreadable:
    """The priced table or what failed, with a bar that moves while the rows are sent."""
    progress = st.progress(0.0, text="Reading the file…")
    try:
        rows = csv_file.count_rows(content)
        return csv_file.priced(
            content,
            backend.service.price_csv,
            lambda done: progress.progress(done / rows, text=f"{done:,} of {rows:,} rows priced"),
        )
    except (ServiceError, CsvUnreadable) as error:
        return error
    finally:
        progress.empty()


def _price_again() -> None:
    st.session_state[PRICE_AGAIN_STATE] = True


def _show_outcome(outcome: PricedTable | ServiceError | CsvUnreadable, file_name: str) -> None:
    if isinstance(outcome, CsvUnreadable):
        st.error(texts.escaped(texts.failure_message(outcome)), icon=":material/error:")
    elif isinstance(outcome, ServiceError):
        show_failure(outcome, "csv_retry", _price_again)
    else:
        _show_table(outcome, file_name)


def _show_table(table: PricedTable, file_name: str) -> None:
    good = table.rows - len(table.errors)
    st.success(f"{good:,} of {table.rows:,} rows priced.", icon=":material/check:")
    _show_errors(table)
    st.download_button(
        "Download with prices",
        table.text,
        file_name=f"priced_{file_name}",
        mime="text/csv",
        type="primary",
        on_click="ignore",
        icon=":material/download:",
    )
    preview = _preview(table)
    money = {
        name: st.column_config.NumberColumn(format="dollar", step=1)
        for name in csv_file.ADDED_COLUMNS[:-1]
    }
    st.dataframe(preview, hide_index=True, column_config=money, placeholder="")
    if table.rows > len(preview):
        st.caption(f"The first {len(preview):,} rows. The download holds all {table.rows:,}.")


def _show_errors(table: PricedTable) -> None:
    if not table.errors:
        return
    count = len(table.errors)
    noun = "row has" if count == 1 else "rows have"
    with st.expander(f"{count:,} {noun} no price: see why", icon=":material/warning:"):
        shown = table.errors[:SHOWN_ERRORS]
        st.dataframe(
            pd.DataFrame({"Row": [e.row for e in shown], "Why": [e.message for e in shown]}),
            hide_index=True,
        )
        if count > len(shown):
            st.caption(f"The first {len(shown)}. The download names all of them.")


def _preview(table: PricedTable) -> pd.DataFrame:
    """The first rows, price columns first, everything else as it was written."""
    rows = pd.read_csv(
        io.StringIO(table.text),
        sep=table.delimiter,
        nrows=PREVIEW_ROWS,
        dtype=str,
        keep_default_na=False,
        index_col=False,
    )
    added = list(csv_file.ADDED_COLUMNS)
    for name in added[:-1]:
        rows[name] = pd.to_numeric(rows[name], errors="coerce")
    return rows[[*added, *(name for name in rows.columns if name not in added)]]
