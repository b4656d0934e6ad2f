"""What can go wrong in a run; each fails softly, with a warning, a metric and a line in `/drift`.

MonitorError
├── LogUnreadable        the prediction log's database is down, or has no table yet
├── RegistryUnreachable  MLflow does not answer, or not as it should
├── ReferenceBroken      what the registered model brings along cannot be compared with
└── DriftFailed          Evidently refused the window
"""


class MonitorError(Exception):
    """Something that a run needs is not there; `part` names it in metrics."""

    part = "monitor"


class LogUnreadable(MonitorError):
    """The prediction log cannot be read."""

    part = "prediction_log"


class RegistryUnreachable(MonitorError):
    """The model registry does not answer."""

    part = "registry"


class ReferenceBroken(MonitorError):
    """The model's schema.json or reference.parquet cannot be used."""

    part = "reference"


class DriftFailed(MonitorError):
    """The window could not be compared."""

    part = "drift"
