"""The part of the page for many vehicles that shows a table and matches its columns."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from price_app import texts
from price_app.describe.fields import Field
from price_app.many.csv_file import CsvFile

FIELDS_A_LINE = 3
NOT_IN_FILE = "Not in this file"
LONGEST_SAMPLE = 20
MAX_UNUSED_SHOWN = 50


def show_preview(table: CsvFile) -> None:
    """The first rows as they are written."""
    names = titles(table)
    width = len(names)
    rows = [(*row, *[""] * (width - len(row)))[:width] for row in table.first]
    noun = "row" if table.rows == 1 else "rows"
    empty = f", {table.empty_rows:,} of them empty" if table.empty_rows else ""
    of = f"{table.rows:,} {noun}{empty}, {width} columns."
    if table.layout.skipped_lines:
        lines = "line" if table.layout.skipped_lines == 1 else "lines"
        st.caption(f"{table.layout.skipped_lines} {lines} above the header skipped.")
    st.markdown(f"{of} It begins like this:" if table.rows > len(rows) else of)
    st.dataframe(pd.DataFrame(rows, columns=names), hide_index=True, placeholder="")


def choose_columns(table: CsvFile, fields: list[Field], file_id: str) -> dict[str, int]:
    """Return field name → number of the column that holds it, as matched and as changed since."""
    guess = table.layout.columns
    summary = st.container()
    open_at_first = any(one.required and one.name not in guess for one in fields)
    with st.expander(
        "Change what the columns mean", expanded=open_at_first, icon=":material/rule:"
    ):
        chosen = _ask(table, fields, guess, file_id)
    with summary:
        _show_summary(table, fields, chosen)
    return chosen


def _ask(
    table: CsvFile, fields: list[Field], guess: Mapping[str, int], file_id: str
) -> dict[str, int]:
    names = titles(table)
    chosen = {}
    for start in range(0, len(fields), FIELDS_A_LINE):
        line = fields[start : start + FIELDS_A_LINE]
        for place, one in zip(st.columns(FIELDS_A_LINE), line):
            number = place.selectbox(
                one.label,
                [None, *range(len(names))],
                # The first option stands for no column.
                index=guess.get(one.name, -1) + 1,
                format_func=lambda number: _option(table, names, number),
                key=f"column_{file_id}_{one.name}",
                help=one.help,
                persist_state="session",
            )
            if number is not None:
                chosen[one.name] = number
    return chosen


def _option(table: CsvFile, names: list[str], number: int | None) -> str:
    """A column by its name and by what stands first in it."""
    if number is None:
        return NOT_IN_FILE
    sample = next((row[number] for row in table.first if number < len(row) and row[number]), "")
    if len(sample) > LONGEST_SAMPLE:
        sample = f"{sample[:LONGEST_SAMPLE]}…"
    return f"{names[number]} ({sample})" if sample else names[number]


def _show_summary(table: CsvFile, fields: list[Field], chosen: dict[str, int]) -> None:
    names = titles(table)
    pairs = [
        f"{texts.escaped(one.label)} from **{texts.escaped(names[chosen[one.name]])}**"
        for one in fields
        if one.name in chosen
    ]
    used = Counter(chosen.values())
    unused = [name for number, name in enumerate(names) if number not in used]
    lines = [f"Read as: {', '.join(pairs)}." if pairs else "No column is matched to a field yet."]
    if unused:
        shown = ", ".join(map(texts.escaped, unused[:MAX_UNUSED_SHOWN]))
        more = len(unused) - MAX_UNUSED_SHOWN
        lines.append(
            f"Kept, but not used for the price: {shown}"
            + (f" and {more:,} more." if more > 0 else ".")
        )
    lines += map(texts.escaped, table.layout.notes)
    st.markdown("\n\n".join(lines))
    twice = sorted(names[number] for number, count in used.items() if count > 1)
    if twice:
        st.warning(f"Used for more than one field: {texts.escaped(', '.join(twice))}.")


def titles(table: CsvFile) -> list[str]:
    """Return a name for each column, no two the same: `Year`, `Year (column 4)`, `Column 5`."""
    result: dict[str, None] = {}
    for number, name in enumerate(table.header, start=1):
        title = name.strip() or f"Column {number}"
        while title in result:
            title = f"{title} (column {number})"
        result[title] = None
    return list(result)
