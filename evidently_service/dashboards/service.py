"""The dashboard on the price service: what is asked, how fast it answers, and where it ships."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.layout import Shelf, dashboard_of
from dashboards.panels import (
    GREEN,
    RED,
    Query,
    by_threshold,
    heat,
    lines,
    number,
    state,
    states,
    steps,
)

# Without what only machines ask: health checks would drown what people do.
ASKED = 'route!~"/health|/ready|/metrics"'
RATE = f"rate(price_service_requests_total{{{ASKED}}}[$__rate_interval])"
BUCKETS = f"price_service_request_seconds_bucket{{{ASKED}}}[$__rate_interval]"
IS_UP = {0: ("down", RED), 1: ("up", GREEN)}


def service() -> Dashboard:
    """Requests, times, predictions, the model that serves, and the way to the prediction log."""
    return dashboard_of(
        "service",
        "How the price service fares for those who ask it.",
        _now(),
        _requests(),
        _predictions(),
        _model(),
        _log(),
    )


def _now() -> Shelf:
    return Shelf(
        "Now",
        4,
        [
            (4, _up()),
            (4, _registry()),
            (4, _version()),
            (4, _asked()),
            (4, _errors()),
            (4, _waiting()),
        ],
    )


def _up():
    return state(
        "Service",
        "Whether it answers Prometheus.",
        Query('max(up{job="service"})'),
        IS_UP,
    )


def _registry():
    return state(
        "Model registry",
        "Whether MLflow answers the service. Without it the model that serves goes on.",
        Query("min(price_service_registry_up)"),
        IS_UP,
    )


def _version():
    return number(
        "Model versions that serve",
        "One, or two for the seconds in which the workers swap; none before the first model.",
        "none",
        Query("count(count by (version) (price_service_model_info == 1)) or vector(0)"),
    )


def _asked():
    return number(
        "Requests now",
        "Answers a second, health checks and metrics left out.",
        "reqps",
        Query(f"sum({RATE}) or vector(0)"),
    )


def _errors():
    return number(
        "The service's own errors",
        "Share of the answers with status 500 and above. 503 means no model, or a full disk.",
        "percentunit",
        Query(_share_of('status=~"5.."')),
    )


def _waiting():
    return number(
        "Rows that wait",
        "Predictions and actual prices in the outbox while the prediction log takes nothing.",
        "none",
        Query("sum(price_service_outbox_rows) or vector(0)"),
    )


def _share_of(status: str) -> str:
    """The share of the answers that have a status; 0 while nobody asks."""
    some = f"sum(rate(price_service_requests_total{{{ASKED},{status}}}[$__rate_interval]))"
    return f"{some} / (sum({RATE}) > 0) or vector(0)"


def _requests() -> Shelf:
    return Shelf(
        "Requests",
        9,
        [(12, _rates()), (12, _error_shares()), (12, _heat()), (6, _quantiles()), (6, _slowest())],
    )


def _rates():
    return lines(
        "Requests by route and status",
        "Answers a second, health checks and metrics left out.",
        "reqps",
        Query(f"sum by (route, status) ({RATE})", "{{route}} {{status}}"),
        stacked=True,
    )


def _error_shares():
    return lines(
        "Share of the answers that are errors",
        "500 and above are the service's own; 400 to 499 are requests that it had to refuse.",
        "percentunit",
        Query(_share_of('status=~"5.."'), "its own"),
        Query(_share_of('status=~"4.."'), "refused requests"),
    )


def _heat():
    return heat(
        "Time until the answer begins",
        "How many requests took how long: the stronger the color, the more.",
        "s",
        Query(f"sum by (le) (increase({BUCKETS}))", "{{le}}"),
    )


def _quantiles():
    return lines(
        "Quantiles of that time",
        "Half of the requests, 95% and 99% of them are answered within.",
        "s",
        *(Query(_within(quantile), f"{quantile:.0%}") for quantile in (0.5, 0.95, 0.99)),
    )


def _slowest():
    return lines(
        "95% within, by route",
        "Where the slow requests are. A list of thousands of listings takes longer than one.",
        "s",
        Query(_within(0.95, "route"), "{{route}}"),
    )


def _within(quantile: float, *labels: str) -> str:
    return (
        f"histogram_quantile({quantile}, sum by ({', '.join(['le', *labels])}) (rate({BUCKETS})))"
    )


def _predictions() -> Shelf:
    return Shelf("Predictions", 8, [(8, _priced()), (8, _warned()), (8, _told())])


def _priced():
    return lines(
        "Listings priced, by source",
        "A second: from the API, the web form, and CSV files.",
        "suffix: /s",
        Query(
            "sum by (source) (rate(price_service_predictions_total[$__rate_interval]))",
            "{{source}}",
        ),
    )


def _warned():
    warnings = "sum(rate(price_service_prediction_warnings_total[$__rate_interval]))"
    listings = "sum(rate(price_service_predictions_total[$__rate_interval]))"
    return lines(
        "Warnings a listing",
        "How often a price comes with a warning: a category that training never saw, or a number"
        " beyond what it saw.",
        "none",
        Query(f"{warnings} / ({listings} > 0) or vector(0)", "warnings"),
    )


def _told():
    return lines(
        "Actual prices told",
        "A second, by POST /feedback.",
        "suffix: /s",
        Query("sum(rate(price_service_feedback_total[$__rate_interval]))", "actual prices"),
    )


def _model() -> Shelf:
    return Shelf("The model", 6, [(14, _served()), (5, _swaps()), (5, _refused())])


def _served():
    return states(
        "Model version that serves",
        "Two at once while the workers swap, which takes seconds.",
        {1: ("serves", GREEN)},
        Query("max by (version) (price_service_model_info == 1)", "version {{version}}"),
    )


def _swaps():
    return number(
        "Models swapped in",
        "Since the service started; each of its workers counts its own.",
        "none",
        Query("sum(price_service_model_swaps_total) or vector(0)"),
    )


def _refused():
    panel = number(
        "Models that did not load",
        "Since the service started. The version before goes on; the service's log says why.",
        "none",
        Query("sum(price_service_models_refused_total) or vector(0)"),
    )
    return panel.color_scheme(by_threshold()).thresholds(steps(GREEN, (1, RED)))


def _log() -> Shelf:
    return Shelf(
        "The way to the prediction log", 7, [(8, _outbox()), (8, _shipped()), (8, _failed())]
    )


def _outbox():
    return lines(
        "Rows that wait in the outbox",
        "0 while the prediction log takes what comes. Nothing is lost while it does not.",
        "none",
        Query("sum(price_service_outbox_rows)", "rows"),
    )


def _shipped():
    return lines(
        "Rows shipped",
        "Predictions and actual prices written to the prediction log, a second.",
        "suffix: /s",
        Query("sum(rate(price_service_shipped_rows_total[$__rate_interval]))", "rows"),
    )


def _failed():
    return lines(
        "Shipping failures",
        "Attempts that the log did not take, and rows set aside because it never will: how many in"
        " the time around each point.",
        "none",
        Query("sum(increase(price_service_shipping_failures_total[$__rate_interval]))", "attempts"),
        Query("sum(increase(price_service_poison_rows_total[$__rate_interval]))", "rows set aside"),
    )
