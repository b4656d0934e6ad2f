"""What `GET /drift`, `GET /distributions` and the index say of a status."""

from drift_monitor.alerts import ADVICE, figures, words
from drift_monitor.board import ColumnDrift, Labels, PredictionDrift, Status
from drift_monitor.distributions import Distribution


def as_json(status: Status) -> dict:
    """The body of `GET /drift`."""
    return {
        "model_version": status.model_version,
        "window_rows": status.window_rows,
        "window_needed": status.window_needed,
        "rows_missing": max(status.window_needed - status.window_rows, 0),
        "drift_share": status.features.share,
        "threshold": status.features.threshold,
        "alert": status.alert.active,
        "since": status.alert.since,
        "summary": summary(status),
        "explanation": words(status.features),
        "advice": ADVICE if status.alert.active else None,
        "columns": [_column(column) for column in status.features.columns],
        "prediction": _prediction(status.prediction),
        "actual": _labels(status.labels),
        "problems": list(status.problems),
        "last_run_seconds": status.last_run_seconds,
    }


def distributions_as_json(status: Status) -> dict:
    """The body of `GET /distributions`; no column while the window fills."""
    return {
        "model_version": status.model_version,
        "window_rows": status.window_rows,
        "columns": [_distribution(each) for each in status.features.distributions],
    }


def summary(status: Status) -> str:
    """One sentence on where things stand."""
    if status.model_version is None:
        return "No model is in production yet, or the monitor is still starting."
    if status.features.share is None:
        missing = max(status.window_needed - status.window_rows, 0)
        return (
            f"The window fills: {status.window_rows} of {status.window_needed} predictions,"
            f" {missing} to come."
        )
    if status.alert.active:
        return f"Input drift since {status.alert.since}: {figures(status.features)}."
    return f"No alert: {figures(status.features)}."


def _column(column: ColumnDrift) -> dict:
    return {
        "name": column.name,
        "score": column.score,
        "threshold": column.threshold,
        "drifted": column.drifted,
        "missing_share": column.missing_share,
        "explanation": column.explanation,
    }


def _prediction(prediction: PredictionDrift) -> dict:
    return {
        "score": prediction.score,
        "threshold": prediction.threshold,
        "drifted": prediction.drifted,
        "rows": prediction.rows,
        "explanation": prediction.explanation,
    }


def _labels(labels: Labels) -> dict:
    return {
        "rows": labels.rows,
        "mae": labels.mae,
        "interval_coverage": labels.interval_coverage,
        "reference_mae": labels.reference_mae,
        "reference_interval_coverage": labels.reference_interval_coverage,
    }


def _distribution(distribution: Distribution) -> dict:
    places = "bins" if distribution.kind == "number" else "values"
    return {
        "name": distribution.name,
        "kind": distribution.kind,
        places: list(distribution.places),
        "reference": list(distribution.reference),
        "recent": list(distribution.recent),
    }
