"""Gunicorn for the monitor: one worker with threads, since the run's result lives in its memory."""

import logging

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
    "DO_NOT_TRACK=1",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES=1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT=10",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR=false",
]


def post_fork(_server, _worker) -> None:
    """The monitor's events go to standard error, as Gunicorn's do."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("drift_monitor").setLevel(logging.INFO)
