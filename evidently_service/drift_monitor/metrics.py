"""The gauges of the monitor, made from its last result at each scrape.

So every sample is of the version in production, and those of retired ones are gone.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from drift_monitor.board import Board, Status
from drift_monitor.errors import DriftFailed, LogUnreadable, ReferenceBroken, RegistryUnreachable

Sample = tuple[str, str, float | None]
SINGLE = (
    ("drift_share", "Share of the columns that drifted."),
    ("drift_share_threshold", "Share of drifted columns past which drift is alerted."),
    ("prediction_drift_score", "Distance of the predicted prices from the reference's."),
    ("prediction_drift_threshold", "Prediction drift score past which it is no chance."),
    ("window_rows", "Predictions in the drift window."),
    ("window_needed", "Predictions that a full drift window holds."),
    ("actual_rows", "Predictions of this version with a known actual price, at most a window."),
    ("actual_mae", "Mean absolute error in dollars where the actual price is known."),
    ("interval_coverage", "Share of known actual prices within their range."),
    ("reference_mae", "Mean absolute error in dollars on the reference."),
    ("reference_interval_coverage", "Share of the reference's prices within their range."),
    ("monitor_last_run_timestamp_seconds", "When the monitor last finished a run."),
)
BY_COLUMN = (
    ("column_drift_score", "Distance of the column from the reference."),
    ("column_drift_threshold", "Score past which the column has drifted."),
    ("column_drifted", "1 where the column has drifted."),
    ("missing_share", "Share of the window's rows without a value in the column."),
)
PARTS = tuple(
    error.part for error in (DriftFailed, LogUnreadable, ReferenceBroken, RegistryUnreachable)
)


class MonitorCollector(Collector):
    """Turns the board into samples."""

    def __init__(self, board: Board):
        self._board = board

    def collect(self) -> Iterator[Metric]:
        """Every metric; a figure that is not known has no sample."""
        status = self._board.status
        version = status.model_version or "none"
        values = _single(status)
        for name, text in SINGLE:
            gauge = GaugeMetricFamily(f"vehicle_price_{name}", text, labels=["model_version"])
            if values[name] is not None:
                gauge.add_metric([version], values[name])
            yield gauge
        yield from _by_column(status, version)
        yield _quantiles(status, version)
        yield _model_versions(status)
        yield self._failures()

    def _failures(self) -> Metric:
        """Every part has a sample from the start: a first failure is a rise, too."""
        counter = CounterMetricFamily(
            "vehicle_price_monitor_failures", "Runs cut short, by what failed.", labels=["part"]
        )
        for part in PARTS:
            counter.add_metric([part], self._board.failures[part])
        return counter


def registry_of(board: Board) -> CollectorRegistry:
    """A registry that holds the monitor's metrics alone."""
    registry = CollectorRegistry()
    registry.register(MonitorCollector(board))
    return registry


def _single(status: Status) -> dict[str, float | None]:
    features, prediction, labels = status.features, status.prediction, status.labels
    return {
        "drift_share": features.share,
        "drift_share_threshold": features.threshold,
        "prediction_drift_score": prediction.score,
        "prediction_drift_threshold": prediction.threshold,
        "window_rows": status.window_rows,
        "window_needed": status.window_needed,
        "actual_rows": labels.rows,
        "actual_mae": labels.mae,
        "interval_coverage": labels.interval_coverage,
        "reference_mae": labels.reference_mae,
        "reference_interval_coverage": labels.reference_interval_coverage,
        "monitor_last_run_timestamp_seconds": status.last_run_seconds,
    }


def _by_column(status: Status, version: str) -> Iterator[Metric]:
    for name, text in BY_COLUMN:
        gauge = GaugeMetricFamily(f"vehicle_price_{name}", text, labels=["model_version", "column"])
        for column in status.features.columns:
            values = {
                "column_drift_score": column.score,
                "column_drift_threshold": column.threshold,
                "column_drifted": float(column.drifted),
                "missing_share": column.missing_share,
            }
            if values[name] is not None:
                gauge.add_metric([version, column.name], values[name])
        yield gauge


def _quantiles(status: Status, version: str) -> Metric:
    gauge = GaugeMetricFamily(
        "vehicle_price_prediction_quantile",
        "Quantiles of the predicted prices in dollars, of the drift window and of the reference.",
        labels=["model_version", "frame", "quantile"],
    )
    for frame, found in status.prediction.quantiles.items():
        for quantile, dollars in found.items():
            gauge.add_metric([version, frame, str(quantile)], dollars)
    return gauge


def _model_versions(status: Status) -> Metric:
    gauge = GaugeMetricFamily(
        "vehicle_price_model_versions",
        "Registered versions of the model, by what became of them.",
        labels=["decision"],
    )
    for decision, count in status.model_versions.items():
        gauge.add_metric([decision], count)
    return gauge
