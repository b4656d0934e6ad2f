"""The dashboard on the model: its live error and coverage, and what became of its versions."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.layout import Shelf, dashboard_of
from dashboards.panels import GREEN, REFERENCE, Query, bars, lines, name_of, number, states

VERSION = "version {{model_version}}"


def model() -> Dashboard:
    """Error and coverage where the actual price is known, and the versions behind them."""
    return dashboard_of(
        "model",
        "How good the prices are where the actual ones are known, and which models there are.",
        _now(),
        _live(),
        _versions(),
    )


def _now() -> Shelf:
    return Shelf(
        "Now",
        5,
        [(4, _serving()), (4, _known()), (6, _error_now()), (6, _coverage_now()), (4, _all())],
    )


def _serving():
    return name_of(
        "In production",
        "The version that the service answers with.",
        Query("max by (version) (price_service_model_info == 1)", "version {{version}}"),
    ).no_value("none yet")


def _known():
    return number(
        "Actual prices known",
        "Predictions of this version whose actual price was told, at most a drift window of them.",
        "none",
        Query("max(vehicle_price_actual_rows)"),
    )


def _error_now():
    return number(
        "Mean error now",
        "In dollars, where the actual price is known, and on the test data before.",
        "currencyUSD",
        Query("max(vehicle_price_actual_mae)", "live"),
        Query("max(vehicle_price_reference_mae)", "reference"),
    )


def _coverage_now():
    return number(
        "Within their range now",
        "The share of the actual prices that lie in the range that was told with the price, and on"
        " the test data before. The range is made to hold 90% of them.",
        "percentunit",
        Query("max(vehicle_price_interval_coverage)", "live"),
        Query("max(vehicle_price_reference_interval_coverage)", "reference"),
    )


def _all():
    return number(
        "Registered versions",
        "Models that were trained and registered, whatever the gate said of them.",
        "none",
        Query("sum(vehicle_price_model_versions)"),
    )


def _live() -> Shelf:
    return Shelf(
        "Where the actual price is known", 9, [(9, _error()), (9, _coverage()), (6, _rows())]
    )


def _error():
    return lines(
        "Mean error",
        "In dollars. Far above the reference's, the model has aged or is asked about other"
        " vehicles: see FeedbackErrorGrown in the runbook.",
        "currencyUSD",
        Query("vehicle_price_actual_mae", f"{VERSION}, live"),
        Query("vehicle_price_reference_mae", f"{VERSION}, reference", REFERENCE),
    )


def _coverage():
    return lines(
        "Actual prices within their range",
        "Far below the reference's, the ranges promise too much: see IntervalCoverageLost in the"
        " runbook.",
        "percentunit",
        Query("vehicle_price_interval_coverage", f"{VERSION}, live"),
        Query("vehicle_price_reference_interval_coverage", f"{VERSION}, reference", REFERENCE),
    ).max(1)


def _rows():
    return lines(
        "Actual prices known over time",
        "Error and coverage of few are mostly chance.",
        "none",
        Query("vehicle_price_actual_rows", VERSION),
    )


def _versions() -> Shelf:
    return Shelf("Versions", 9, [(8, _by_decision()), (8, _over_time()), (8, _served())])


def _by_decision():
    return bars(
        "What became of the versions",
        "promoted and forced (by a person, past the gate) came into production; rolled_back were"
        " taken out again; accepted passed the gate but were never put in; refused did not pass;"
        " unjudged never came to it.",
        "none",
        Query("sum by (decision) (vehicle_price_model_versions)", "{{decision}}"),
    )


def _over_time():
    return lines(
        "Versions over time",
        "Each step up is a retraining, by what the gate and people decided.",
        "none",
        Query("sum by (decision) (vehicle_price_model_versions)", "{{decision}}"),
        stacked=True,
    )


def _served():
    return states(
        "Version in production",
        "Which version served when.",
        {1: ("serves", GREEN)},
        Query("max by (version) (price_service_model_info == 1)", "version {{version}}"),
    )
