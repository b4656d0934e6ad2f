"""The fourth page: whether what the model is asked, and how far off it is, is still as tested."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from price_app import texts
from price_app.backend import Backend
from price_app.describe.fields import fields_of
from price_app.figures import Figure, show_figures
from price_app.model import health_charts
from price_app.notices import current_schema

PREDICTED = "Predicted price"
LIVE = (
    ("Mean error lately", "mae", texts.money, "On vehicles whose actual price was told."),
    ("Mean error at test", "reference_mae", texts.money, "Before it was put into use."),
    (
        *("Range holds lately", "interval_coverage", texts.percent),
        "Of these prices, how many lie in the range.",
    ),
    (
        *("Range held at test", "reference_interval_coverage", texts.percent),
        "It promises 90%.",
    ),
)


def show(backend: Backend) -> None:
    """Draw the page."""
    st.title("Health of the model", anchor=False)
    schema = current_schema(backend)
    if schema is None:
        return
    labels = {field.name: field.label for field in fields_of(schema)}
    drift, spread = backend.drift(), backend.distributions()
    if drift is None and spread is None:
        st.info("The drift monitor gives no answer just now. Prices do not depend on it.")
    else:
        if drift is not None:
            _show_live(drift)
        _show_drift(drift, labels)
        _show_spread(drift, spread, labels)
    _show_links(backend.links)


def _show_live(drift: dict) -> None:
    """Error on prices that visitors have told since, beside that at test."""
    st.header("Error on actual prices", anchor=False)
    actual = drift.get("actual") or {}
    show_figures(
        Figure(label, actual.get(name), written, meaning) for label, name, written, meaning in LIVE
    )
    rows = actual.get("rows") or 0
    if rows:
        noun = "actual price" if rows == 1 else "actual prices"
        st.caption(f"Lately: from {rows:,} {noun} told for vehicles that this version had priced.")
    else:
        st.caption("Nobody has told an actual price for a vehicle that this version had priced.")


def _show_drift(drift: dict | None, labels: dict[str, str]) -> None:
    st.header("Drift of what is asked", anchor=False)
    if drift is None:
        st.caption("The drift monitor gives no status just now. Prices do not depend on it.")
        return
    rows, needed = drift.get("window_rows", 0), drift.get("window_needed", 0)
    columns = drift.get("columns") or []
    if not columns:
        st.markdown(f"Too few recent requests to judge: {rows:,} of {needed:,}.")
        if needed:
            st.progress(min(rows / needed, 1.0))
        return
    st.markdown(_drift_words(drift, rows))
    table = _drift_table(columns, drift.get("prediction"), labels)
    st.altair_chart(
        health_charts.drift_scores(table.dropna(subset=["times_threshold"])),
        width="stretch",
        alt="Drift score of each column against its threshold; the table has the figures",
    )
    _show_drift_table(table)


def _drift_words(drift: dict, rows: int) -> str:
    share, threshold = drift.get("drift_share"), drift.get("threshold")
    state = "Drift alert is **active**" if drift.get("alert") else "No drift alert"
    words = f"{state}: the latest {rows:,} requests were compared with the test data."
    if share is None or threshold is None:
        return words
    return f"{words} {share:.0%} of the columns drifted; the alert starts past {threshold:.0%}."


def _drift_table(
    columns: list[dict], prediction: dict | None, labels: dict[str, str]
) -> pd.DataFrame:
    """Columns label, score, threshold, drifted, times_threshold, explanation."""
    rows = [_row(column, column["name"], labels.get(column["name"])) for column in columns]
    if prediction and prediction.get("score") is not None:
        rows.append(_row(prediction, PREDICTED.lower(), PREDICTED))
    table = pd.DataFrame(rows).reindex(
        columns=["label", "score", "threshold", "drifted", "explanation"]
    )
    table["drifted"] = table["drifted"].astype(bool)
    for name in ("score", "threshold"):
        table[name] = pd.to_numeric(table[name])
    positive = table["threshold"].where(table["threshold"] > 0)
    return table.assign(times_threshold=table["score"] / positive)


def _row(drifted: dict, name: str, label: str | None) -> dict:
    """The monitor's words begin with the name, which the label stands for here."""
    words = (drifted.get("explanation") or "").removeprefix(f"{name}: ")
    return {**drifted, "label": label or name, "explanation": words}


def _show_drift_table(table: pd.DataFrame) -> None:
    st.dataframe(
        table[["label", "score", "threshold", "drifted", "explanation"]],
        hide_index=True,
        height="content",
        column_config={
            "label": "Column",
            "score": st.column_config.NumberColumn("Score", format="%.4f"),
            "threshold": st.column_config.NumberColumn("Threshold", format="%.4f"),
            "drifted": st.column_config.CheckboxColumn("Drifted"),
            "explanation": st.column_config.TextColumn("What changed", width="large"),
        },
        placeholder="",
    )


def _show_spread(drift: dict | None, spread: dict | None, labels: dict[str, str]) -> None:
    """One column's values in the test data and lately; the one that drifted most comes first."""
    columns = {column["name"]: column for column in (spread or {}).get("columns") or ()}
    if not columns:
        return
    st.header("Values lately, and in the test data", anchor=False)
    names = sorted(columns, key=_severities(drift), reverse=True)
    name = st.selectbox("Column", names, format_func=lambda one: labels.get(one, one), width=320)
    label = labels.get(name, name)
    st.altair_chart(
        health_charts.spread(columns[name], label, is_year=name == "year"),
        width="stretch",
        alt=f"Shares of the values of {label} in the test data and in recent requests",
    )


def _severities(drift: dict | None) -> Callable[[str], float]:
    """How many times its threshold a column's score is, by name; all alike where unknown."""
    found = {column["name"]: _severity(column) for column in (drift or {}).get("columns") or ()}
    return lambda name: found.get(name, 0.0)


def _severity(column: dict) -> float:
    if column.get("score") is None:  # not one value lately
        return float("inf") if column.get("drifted") else 0.0
    return column["score"] / (column.get("threshold") or 1.0)


def _show_links(links: dict[str, str]) -> None:
    """Where those who run the model look further; nothing where no address is set."""
    if not links:
        return
    st.header("Look further", anchor=False)
    with st.container(horizontal=True):
        for title, url in links.items():
            st.link_button(title, url)
