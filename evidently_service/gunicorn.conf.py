"""Gunicorn for the monitor: one worker with threads, since the run's result lives in its memory."""

import logging
import threading

from drift_monitor.settings import Settings

_settings = Settings()

bind = f"{_settings.monitor_host}:{_settings.monitor_port}"
workers = 1
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 5
control_socket_disable = True
# The registry may be down: without these its client would try for minutes.
raw_env = [
    "DO_NOT_TRACK=true",  # MLflow knows the word alone, Evidently any value
    "MLFLOW_DISABLE_TELEMETRY=true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES=1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT=10",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR=false",
    "MLFLOW_CONFIGURE_LOGGING=false",  # its log goes through the formatter below too
]
logconfig_dict = {
    "root": {"level": "WARNING", "handlers": ["error_console"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        "gunicorn.access": {"handlers": [], "propagate": False},
        "drift_monitor": {"level": "INFO", "handlers": [], "propagate": True},
    },
    "formatters": {
        "generic": {
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            "class": "drift_monitor.redaction.RedactingFormatter",
        }
    },
}


def post_fork(_server, _worker) -> None:
    """A thread's traceback is logged, redacted as everything else."""
    threading.excepthook = _log_end_of_thread


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    logging.getLogger("drift_monitor").error("a thread ended by a fault", exc_info=ended[1])
