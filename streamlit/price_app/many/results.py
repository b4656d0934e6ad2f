"""The part of the page for many vehicles that shows the prices."""

import pandas as pd
import streamlit as st

from price_app import texts
from price_app.many import csv_charts
from price_app.many.columns import titles
from price_app.many.csv_file import ADDED_COLUMNS
from price_app.many.csv_job import PricingJob
from price_app.many.priced_rows import WAYS_TO_SORT

SHOWN_ROWS, SHOWN_ERRORS = 500, 50
FEWEST_PRICES_OF_A_PLOT = 5
MONEY_NAMES = ("Estimate", "Low", "High")
SHOWN_NAMES = (*MONEY_NAMES, "Why no price", "Warnings")


def show_results(job: PricingJob, file_name: str) -> None:
    """What came out: counts, the download, errors, the plot, the table."""
    empty = job.table.empty_rows
    good = job.table.rows - job.error_count - empty
    skipped = f" {empty:,} empty {'row' if empty == 1 else 'rows'} skipped." if empty else ""
    st.success(f"{good:,} of {job.table.rows:,} rows priced.{skipped}", icon=":material/check:")
    if job.warning_count:
        noun = "row has a warning" if job.warning_count == 1 else "rows have warnings"
        st.info(f"{job.warning_count:,} {noun}: they stand beside the prices.")
    # Above what unfolds later: a button that moves under the pointer is not hit.
    st.download_button(
        "Download with prices",
        # Read when it is asked for: the table is not held in memory between two clicks.
        job.rows.content,
        file_name=f"priced_{file_name}",
        mime="text/csv",
        type="primary",
        on_click="ignore",
        icon=":material/download:",
    )
    _show_errors(job)
    _show_histogram(job.rows.prices)
    _show_table(job)


def _show_errors(job: PricingJob) -> None:
    if not job.error_count:
        return
    noun = "row has" if job.error_count == 1 else "rows have"
    with st.expander(f"{job.error_count:,} {noun} no price: see why", icon=":material/warning:"):
        shown = job.errors[:SHOWN_ERRORS]
        st.dataframe(
            pd.DataFrame({"Row": [e.row for e in shown], "Why": [e.message for e in shown]}),
            hide_index=True,
        )
        if job.error_count > len(shown):
            st.caption(f"The first {len(shown)}. The download names all of them.")


def _show_histogram(prices: pd.Series) -> None:
    if prices.count() < FEWEST_PRICES_OF_A_PLOT:
        return
    words = csv_charts.prices_in_words(prices)
    st.altair_chart(
        csv_charts.price_histogram(csv_charts.price_counts(prices)), width="stretch", alt=words
    )
    st.caption(texts.escaped(f"{words}. The last bar holds all that is dearer."))


def _show_table(job: PricingJob) -> None:
    way = st.selectbox("Order", WAYS_TO_SORT, width=260)
    table = _table(job, way)
    money = {name: st.column_config.NumberColumn(format="dollar", step=1) for name in MONEY_NAMES}
    st.dataframe(table, hide_index=True, column_config=money, placeholder="")
    if len(job.rows) > len(table):
        st.caption(
            f"The first {len(table):,} rows in this order. "
            f"The download holds all {len(job.rows):,}, in the order of your file."
        )


def _table(job: PricingJob, way: str) -> pd.DataFrame:
    """The first rows in this order, price columns first, everything else as it was written."""
    names = [f"{name} (yours)" if name in SHOWN_NAMES else name for name in titles(job.table)]
    rows = job.rows.first(SHOWN_ROWS, way)
    own = pd.DataFrame([row[: len(names)] for row in rows], columns=names)
    added = pd.DataFrame([row[-len(ADDED_COLUMNS) :] for row in rows], columns=SHOWN_NAMES)
    for name in MONEY_NAMES:
        added[name] = pd.to_numeric(added[name], errors="coerce")
    words = [name for name in SHOWN_NAMES if name not in MONEY_NAMES]
    added = added.drop(columns=[name for name in words if not added[name].any()])
    return pd.concat([added, own], axis=1)
