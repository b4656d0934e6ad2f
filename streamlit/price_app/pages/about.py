"""The third page: what the model is, how far off it is, and what came before it."""

from typing import Any

import pandas as pd
import streamlit as st

from price_app import texts
from price_app.backend import Backend
from price_app.errors import ServiceError
from price_app.figures import Figure, show_figures
from price_app.model import model_card, model_charts
from price_app.notices import current_schema, show_failure

# One decimal, of a figure that is in percent already.
PERCENT = "%.1f%%"
METRICS = (
    ("Mean error", "mae", texts.money, "Mean absolute difference from the listed price."),
    ("Median error", "median_absolute_percentage_error", texts.percent, "In percent of the price."),
    ("Range holds", "interval_coverage", texts.percent, "Share of listed prices in the 90% range."),
    ("Range width", "interval_mean_width", texts.money, "Mean distance from low to high."),
)


def show(backend: Backend) -> None:
    """Draw the page."""
    st.title("About the model", anchor=False)
    if current_schema(backend) is None:
        return
    try:
        model = backend.service.model()
    except ServiceError as error:
        show_failure(error, "model_retry", backend.forget)
    else:
        _show_card(model)
        _show_versions(backend)


def _show_card(model: dict) -> None:
    card = model["card"]
    dataset = card.get("dataset", {})
    trained = texts.moment(str(model.get("trained_at") or card.get("trained_at", "")))
    st.markdown(
        texts.escaped(
            f"Version {model.get('version')}, trained {trained} on {model_card.data_span(dataset)} "
            f"(data set {dataset.get('version')})."
        )
    )
    _show_uses(card)
    _show_metrics(card)
    _show_questions(card)
    _show_prices(card)
    _show_segments(card.get("segments", []))
    _show_calibration(card)
    _show_turned_away(dataset)
    st.header("Its versions", anchor=False)
    if words := model_card.gate_words(card.get("gate", {})):
        st.markdown(texts.escaped(f"Version {model.get('version')}. {words}"))


def _show_uses(card: dict) -> None:
    st.header("What it must not be used for", anchor=False)
    uses = card.get("uses_not_for") or model_card.LEAST_NOT_FOR
    st.markdown("\n".join(f"- {texts.escaped(str(use))}" for use in uses))


def _show_metrics(card: dict) -> None:
    st.header("How far off it is", anchor=False)
    metrics = card.get("metrics", {}).get("test", {})
    show_figures(
        Figure(
            label,
            metrics.get(name),
            written,
            meaning + texts.escaped(model_card.interval_words(card, name, written)),
        )
        for label, name, written, meaning in METRICS
    )
    words = []
    if "rows" in metrics:
        words.append(f"On {metrics['rows']:,} later vehicles not seen in training.")
    baselines = card.get("baselines", {})
    words += [model_card.baseline_words(name, each) for name, each in baselines.items()]
    st.caption(texts.escaped(" ".join(words)))


def _show_questions(card: dict) -> None:
    """Show error and range by what is told of the vehicle, where the card has them."""
    table = model_card.questions(card)
    if table.empty:
        return
    st.header("By what you tell", anchor=False)
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "Mean error": st.column_config.NumberColumn(format="dollar", step=1),
            "Of the median": st.column_config.NumberColumn(
                format="dollar",
                step=1,
                help="Mean error of the median price of training by year, make and model, as far "
                "as they are told.",
            ),
            "Range holds": st.column_config.NumberColumn(format=PERCENT),
            "Range width": st.column_config.NumberColumn(format="dollar", step=1),
        },
    )
    st.caption("The same test vehicles, of which less and less is told.")


def _show_prices(card: dict) -> None:
    bands, ages = model_card.price_bands(card), model_card.age_bands(card)
    if bands.empty:
        return
    st.header("Predicted against actual", anchor=False)
    st.altair_chart(
        model_charts.predicted_against_actual(bands),
        width="stretch",
        alt="Actual prices of the test vehicles by the price predicted for them",
    )
    st.caption(
        "Nine in ten of the test vehicles were listed within the ribbon, half of them below the "
        "line; on the dashes the prediction is exactly right."
    )
    if not ages.empty:
        st.altair_chart(
            model_charts.error_by_age(ages),
            width="stretch",
            alt="How far actual prices lie above the predicted ones, by age of the vehicle",
        )
        st.caption("The same by age: above the dashes, vehicles were listed for more.")


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
                model_charts.segment_errors(part),
                width="stretch",
                alt=f"Mean absolute error by {kind.replace('_', ' ')}; the table has the figures",
            )
            figures = part.drop(columns="segment").assign(coverage=part["coverage"] * 100)
            st.dataframe(figures, hide_index=True, column_config=_segment_columns())


def _segment_columns() -> dict[str, Any]:
    return {
        "value": "Group",
        "rows": st.column_config.NumberColumn("Vehicles", format="localized"),
        "mae": st.column_config.NumberColumn("Mean error", format="dollar", step=1),
        "coverage": st.column_config.NumberColumn("Range holds", format=PERCENT),
    }


def _show_calibration(card: dict) -> None:
    groups = model_card.fifths(card)
    if groups.empty:
        return
    st.header("How far the range can be trusted", anchor=False)
    st.altair_chart(
        model_charts.coverage(groups),
        width="stretch",
        alt="Share of prices in the 90% range, by fifth of the predicted price",
    )
    sides = [card["calibration"].get(side) for side in ("below", "above")]
    words = "By fifth of the predicted price, with what chance alone would move; dashes: 90%."
    if None not in sides:
        words += f" Of all prices {sides[0]:.1%} were below the range, {sides[1]:.1%} above it."
    st.caption(words)


def _show_turned_away(dataset: dict) -> None:
    table = model_card.turned_away(dataset)
    if table.empty:
        return
    st.header("Listings turned away", anchor=False)
    st.markdown(
        f"{table['Listings'].sum():,} listings ({table['Share'].sum():.1%} of those read) taught "
        "the model nothing, by the first reason that held."
    )
    columns = {
        "Listings": st.column_config.NumberColumn(format="localized"),
        "Share": st.column_config.NumberColumn(format="%.2f%%"),
    }
    table["Share"] *= 100
    st.dataframe(table, hide_index=True, column_config=columns)


def _show_versions(backend: Backend) -> None:
    """The versions and what the gate said of each; the page stands without them."""
    try:
        versions = backend.service.model_versions()
    except ServiceError:
        st.caption("The list of versions cannot be had just now. Prices do not depend on it.")
        return
    if not versions:
        st.caption("No version is registered yet.")
        return
    columns = {"Mean error": st.column_config.NumberColumn(format="dollar", step=1)}
    table = model_card.versions_table(versions)
    st.dataframe(table, hide_index=True, column_config=columns, placeholder="")
    if reasons := model_card.reasons_of(versions):
        with st.expander("What the gate said of each"):
            st.markdown("\n".join(f"- {texts.escaped(reason)}" for reason in reasons))
