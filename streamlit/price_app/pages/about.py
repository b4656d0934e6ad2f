"""The third page: what the model is, how far off it is, and whether its input drifts."""

from typing import Any

import pandas as pd
import streamlit as st

from price_app import charts, texts
from price_app.backend import Backend
from price_app.errors import ServiceError
from price_app.fields import fields_of
from price_app.notices import current_schema, show_failure


def show(backend: Backend) -> None:
    """Draw the page."""
    st.title("About the model", anchor=False)
    schema = current_schema(backend)
    if schema is None:
        return
    try:
        model = backend.service.model()
    except ServiceError as error:
        show_failure(error, "model_retry", backend.forget)
    else:
        _show_card(model)
    st.header("Drift", anchor=False)
    _show_drift(backend.drift(), {field.name: field.label for field in fields_of(schema)})


def _show_card(model: dict) -> None:
    card = model["card"]
    dataset = card.get("dataset", {})
    trained = texts.moment(str(model.get("trained_at") or card.get("trained_at", "")))
    st.markdown(
        texts.escaped(
            f"Version {model.get('version')}, trained {trained} on {_span(dataset)} "
            f"(data set {dataset.get('version')})."
        )
    )
    _show_metrics(card)
    _show_gate(card.get("gate", {}))
    _show_segments(card.get("segments", []))
    st.caption(
        "Not to be used for lending, insurance or tax: it learned asking prices, "
        "not what vehicles were sold for."
    )


def _span(dataset: dict) -> str:
    kind = "synthetic " if dataset.get("synthetic") else ""
    rows = dataset.get("rows")
    counted = f"{rows:,} " if isinstance(rows, int) else ""
    between = f"from {texts.month(str(dataset['from']))}" if dataset.get("from") else ""
    until = texts.month(str(dataset.get("to") or ""))
    if until and until not in between:
        between += f" to {until}"
    return f"{counted}{kind}listings {between}".strip()


def _show_metrics(card: dict) -> None:
    st.header("How far off it is", anchor=False)
    metrics = card.get("metrics", {}).get("test", {})
    shown = [
        ("Mean error", "mae", texts.money, "Mean absolute difference from the listed price."),
        ("Median error", "median_absolute_percentage_error", _percent, "In percent of the price."),
        ("Range holds", "interval_coverage", _percent, "Share of listed prices in the 90% range."),
        ("Range width", "interval_mean_width", texts.money, "Mean distance from low to high."),
    ]
    columns = st.columns(2) + st.columns(2)
    for column, (label, name, written, meaning) in zip(columns, shown):
        value = metrics.get(name)
        column.metric(label, "–" if value is None else written(value), help=meaning, border=True)
    words = []
    if "rows" in metrics:
        words.append(f"On {metrics['rows']:,} later vehicles not seen in training.")
    words += [_baseline_words(name, each) for name, each in card.get("baselines", {}).items()]
    st.caption(texts.escaped(" ".join(words)))


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _baseline_words(name: str, metrics: dict) -> str:
    error = texts.money(metrics["mae"]) if "mae" in metrics else "unknown"
    return f"For comparison, the {name.replace('_', ' ')} is off by {error}."


def _show_gate(gate: dict) -> None:
    if not gate:
        return
    reasons = [str(said) for key in ("reasons", "notes") for said in gate.get(key, ())]
    why = f" ({'; '.join(reasons)})" if reasons else ""
    st.markdown(texts.escaped(f"Gate before production: {gate.get('decision')}{why}."))


def _show_segments(segments: list[dict]) -> None:
    if not segments:
        return
    st.header("Error by kind of vehicle", anchor=False)
    table = pd.DataFrame(segments)
    kinds = list(dict.fromkeys(table["segment"]))
    tabs = st.tabs([kind.replace("_", " ").capitalize() for kind in kinds])
    for kind, tab in zip(kinds, tabs):
        part = table[table["segment"] == kind]
        with tab:
            st.altair_chart(
                charts.segment_errors(part),
                width="stretch",
                alt=f"Mean absolute error by {kind.replace('_', ' ')}; the table has the figures",
            )
            st.dataframe(_segment_table(part), hide_index=True, column_config=_segment_columns())


def _segment_table(part: pd.DataFrame) -> pd.DataFrame:
    return part.drop(columns="segment")


def _segment_columns() -> dict[str, Any]:
    return {
        "value": "Group",
        "rows": st.column_config.NumberColumn("Vehicles", format="localized"),
        "mae": st.column_config.NumberColumn("Mean error", format="dollar", step=1),
        "coverage": st.column_config.NumberColumn("Range holds", format="percent"),
    }


def _show_drift(drift: dict | None, labels: dict[str, str]) -> None:
    if drift is None:
        st.caption("The drift monitor gives no status just now. Prices do not depend on it.")
        return
    rows, needed = drift.get("window_rows", 0), drift.get("window_needed", 0)
    columns = drift.get("columns") or []
    if not columns:
        st.markdown(f"Too few recent requests to judge: {rows:,} of {needed:,}.")
        return
    st.markdown(_drift_words(drift, rows))
    table = _drift_table(columns, drift.get("prediction"), labels)
    st.altair_chart(
        charts.drift_scores(table.dropna(subset=["times_threshold"])),
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
    """Columns label, score, threshold, drifted, times_threshold."""
    rows = [{**column, "label": labels.get(column["name"], column["name"])} for column in columns]
    if prediction and prediction.get("score") is not None:
        rows.append({**prediction, "label": "Predicted price"})
    table = pd.DataFrame(rows)[["label", "score", "threshold", "drifted"]]
    table["drifted"] = table["drifted"].astype(bool)
    for name in ("score", "threshold"):
        table[name] = pd.to_numeric(table[name])
    positive = table["threshold"].where(table["threshold"] > 0)
    return table.assign(times_threshold=table["score"] / positive)


def _show_drift_table(table: pd.DataFrame) -> None:
    st.dataframe(
        table[["label", "score", "threshold", "drifted"]],
        hide_index=True,
        height="content",
        column_config={
            "label": "Column",
            "score": st.column_config.NumberColumn("Score", format="%.4f"),
            "threshold": st.column_config.NumberColumn("Threshold", format="%.4f"),
            "drifted": st.column_config.CheckboxColumn("Drifted"),
        },
    )
