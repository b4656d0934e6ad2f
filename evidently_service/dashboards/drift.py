"""The dashboard on drift: whether others are asked about than the model was tested on."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.layout import Shelf, dashboard_of
from dashboards.panels import (
    GREEN,
    RED,
    REFERENCE,
    THRESHOLD,
    Query,
    bars,
    by_threshold,
    lines,
    number,
    ranking,
    share,
    state,
    steps,
)

# The threshold of a column that never varied in the reference is 0: the monitor ranks it so, too.
TIMES_THRESHOLD = (
    "max by (column) (vehicle_price_column_drift_score"
    " / clamp_min(vehicle_price_column_drift_threshold, 1e-6))"
)
# A column without any value has no score, and is the worst of all where it has drifted.
SEVERITY = f"{TIMES_THRESHOLD} or max by (column) (vehicle_price_column_drifted > 0) * Inf"
PRICE_SCORE = "vehicle_price_prediction_drift_score"
PRICE_THRESHOLD = "vehicle_price_prediction_drift_threshold"
AS_USUAL = {0: ("as usual", GREEN), 1: ("drifted", RED)}


def drift() -> Dashboard:
    """Input drift, what changed, the predicted prices, and how the monitor fares."""
    return dashboard_of(
        "drift",
        "What the service is asked, held against what its model was tested on.",
        _now(),
        _columns(),
        _prices(),
        _monitor(),
    )


def _now() -> Shelf:
    return Shelf(
        "Now",
        5,
        [
            (4, _input_drift()),
            (5, _share_now()),
            (4, _price_drift()),
            (4, _window()),
            (4, _last_run()),
            (3, _alerts()),
        ],
    )


def _input_drift():
    return state(
        "Input drift",
        "Whether more columns drifted than chance explains. Nothing while the window fills.",
        Query("max(vehicle_price_drift_share > bool vehicle_price_drift_share_threshold)"),
        AS_USUAL,
    ).no_value("window fills")


def _share_now():
    return number(
        "Columns that drifted",
        "Their share, and the share past which drift is alerted. That is found anew for each"
        " model: windows drawn from its own test data pass it once in a thousand.",
        "percentunit",
        Query("max(vehicle_price_drift_share)", "now"),
        Query("max(vehicle_price_drift_share_threshold)", "alerts past"),
    )


def _price_drift():
    return state(
        "Prediction drift",
        "Whether this version's predicted prices differ from those of its reference by more than"
        " chance. Nothing before a window of them.",
        Query(f"max({PRICE_SCORE} > bool {PRICE_THRESHOLD})"),
        AS_USUAL,
    ).no_value("window fills")


def _window():
    return share(
        "Window",
        "How full the window of the latest predictions is. Nothing is compared before it is full.",
        Query("max(vehicle_price_window_rows / vehicle_price_window_needed)"),
    )


def _last_run():
    return number(
        "The monitor's last run",
        "How long ago it ended. The alert MonitorSilent says when that is too long.",
        "s",
        Query("time() - max(vehicle_price_monitor_last_run_timestamp_seconds)"),
    )


def _alerts():
    panel = number(
        "Alerts",
        "Alerts that fire now, of any kind; the marks in the panels below name them.",
        "none",
        Query('count(ALERTS{alertstate="firing"}) or vector(0)'),
    )
    return panel.color_scheme(by_threshold()).thresholds(steps(GREEN, (1, RED)))


def _columns() -> Shelf:
    return Shelf(
        "What the service is asked",
        10,
        [(12, _share()), (12, _bars()), (12, _worst()), (12, _scores()), (24, _missing())],
    )


def _share():
    return lines(
        "Share of the columns that drifted",
        "Drift is alerted while the share is above its threshold.",
        "percentunit",
        Query("vehicle_price_drift_share", "version {{model_version}}"),
        Query("vehicle_price_drift_share_threshold", "threshold", THRESHOLD),
    )


def _bars():
    panel = bars(
        "Each column's distance, in times its threshold",
        "1 is the threshold: past it the column differs from the reference by more than chance.",
        "none",
        Query(f"sort_desc({TIMES_THRESHOLD})", "{{column}}"),
    )
    return panel.color_scheme(by_threshold()).thresholds(steps(GREEN, (1, RED)))


def _worst():
    return ranking(
        "What changed most",
        "Every column, the worst first: its distance from the reference in times its threshold"
        " (infinite where the window holds no value at all), both, and the share of blanks."
        " GET /drift of the monitor says in words what changed.",
        "column",
        {
            "times its threshold": ("none", Query(SEVERITY)),
            "distance": ("none", Query("max by (column) (vehicle_price_column_drift_score)")),
            "threshold": ("none", Query("max by (column) (vehicle_price_column_drift_threshold)")),
            "blank": ("percentunit", Query("max by (column) (vehicle_price_missing_share)")),
        },
    )


def _scores():
    return lines(
        "Each column's distance over time, in times its threshold",
        "Above the dashed line a column differs from the reference by more than chance.",
        "none",
        Query(TIMES_THRESHOLD, "{{column}}"),
        Query("vector(1)", "threshold", THRESHOLD),
    )


def _missing():
    return bars(
        "Share of blanks by column",
        "How many listings of the window say nothing of a column.",
        "percentunit",
        Query("sort_desc(max by (column) (vehicle_price_missing_share))", "{{column}}"),
    ).max(1)


def _prices() -> Shelf:
    return Shelf("What the service answers", 10, [(14, _quantiles()), (10, _price_scores())])


def _quantiles():
    name = "vehicle_price_prediction_quantile"
    return lines(
        "Predicted prices",
        "Quantiles of this version's latest predicted prices, and dotted those of its reference:"
        " a tenth of the prices is below 0.1, half of them below 0.5.",
        "currencyUSD",
        Query(f'{name}{{frame="window"}}', "{{quantile}}"),
        Query(f'{name}{{frame="reference"}}', "{{quantile}} of the reference", REFERENCE),
    )


def _price_scores():
    return lines(
        "Distance of the predicted prices from the reference's",
        "Above the threshold it is no chance.",
        "none",
        Query(PRICE_SCORE, "version {{model_version}}"),
        Query(PRICE_THRESHOLD, "threshold", THRESHOLD),
    )


def _monitor() -> Shelf:
    return Shelf("The monitor", 7, [(12, _rows()), (12, _failures())])


def _rows():
    return lines(
        "Predictions in the window",
        "How the window fills; full, it moves on with each new prediction.",
        "none",
        Query("vehicle_price_window_rows", "in the window"),
        Query("vehicle_price_window_needed", "needed", THRESHOLD),
    )


def _failures():
    return lines(
        "Runs of the monitor cut short",
        "How often in the time around each point, by what could not be used. The rest of such a"
        " run goes on, with what was known before.",
        "none",
        Query(
            "sum by (part) (increase(vehicle_price_monitor_failures_total[$__rate_interval]))",
            "{{part}}",
        ),
    )
