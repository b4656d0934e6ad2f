"""How Gunicorn runs the price service: a few workers with threads, each with its own model."""

import contextlib
import gc
import logging
import os
import stat
import sys
import threading
from importlib import import_module
from pathlib import Path

from price_service.connection_counts import ConnectionCounts
from price_service.memory import share_arenas
from price_service.registry import prepare_environment
from price_service.settings import Settings
from price_service.waiting_line import LineLimits

settings = Settings()

bind = f"{settings.service_host}:{settings.service_port}"
worker_class = "price_service.gunicorn_worker.PriceWorker"
logger_class = "price_service.gunicorn_worker.NoAccessLog"
workers = settings.service_workers
threads = settings.service_threads
keepalive = 15
limit_request_line = 8190  # a listing in the query of an address is long
timeout = 60
# From SIGTERM on: the requests that run get the first two fifths, the outbox the rest.
graceful_timeout = settings.stop_seconds
requests_seconds = max(1, settings.stop_seconds * 2 // 5)
drain_seconds = settings.stop_seconds - requests_seconds - 1
# Code is read before the fork, and its memory shared; threads, SQLite files and models belong to one process.
SHARED_CODE = ("mlflow.pyfunc", "price_service.wiring", "pyarrow.parquet")
counts = ConnectionCounts()  # of the workers to come, which share its memory
preload_app = False
control_socket_disable = True
logconfig_dict = {
    "root": {"level": "INFO", "handlers": ["error_console"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
    "formatters": {
        "generic": {
            "format": "%(asctime)s [%(process)d] %(levelname)s %(name)s: %(message)s",
            "class": "price_service.redaction.RedactingFormatter",
        }
    },
}

# Arrow's own allocator would keep what a model's reference takes while it is read.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
# In memory, where it may be: a write to a mapped file, as those of the metrics are, kills the worker
# (SIGBUS) on a full disk. Read by prometheus_client when it is first imported.
in_memory = Path("/dev/shm")
metrics_folder = Path(
    os.environ.setdefault(
        "PROMETHEUS_MULTIPROC_DIR",
        str(
            in_memory / f"price_service-{os.getuid()}-{settings.service_port}"
            if os.access(in_memory, os.W_OK)
            else settings.outbox_dir.absolute().parent / "service_metrics"
        ),
    )
)


def on_starting(_server):
    """Begin without the metrics of workers that ended before, and with the code that all share."""
    make_metrics_folder()
    forget_metrics()
    prepare_environment()
    for module in SHARED_CODE:
        import_module(module)
    gc.freeze()  # a collection would write to every object, and so copy its page


def make_metrics_folder():
    """Make the folder of the metrics, which in shared memory only its owner may look into: another
    user could have made it first, and cut the mapped files short."""
    metrics_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if metrics_folder.parent == in_memory:
        status = metrics_folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            sys.exit(f"{metrics_folder} is another user's. Set PROMETHEUS_MULTIPROC_DIR.")
        metrics_folder.chmod(0o700)


def on_exit(_server):
    """Leave nothing in memory."""
    forget_metrics()
    with contextlib.suppress(OSError):  # not ours alone
        metrics_folder.rmdir()


def forget_metrics():
    """Remove what the workers have counted."""
    for path in metrics_folder.glob("*.db"):
        path.unlink(missing_ok=True)


def post_fork(_server, worker):
    """A worker waits less long than its master does for it: an idle connection, as load balancers
    keep them, would else hold it up until it is killed with its outbox full."""
    worker.cfg.set("graceful_timeout", requests_seconds)
    share_arenas()
    threading.excepthook = log_end_of_thread
    worker.counts = counts
    worker.line_limits = LineLimits(settings.most_waiting_requests, settings.most_wait_seconds)


def log_end_of_thread(ended):
    """Log a thread's traceback, redacted as everything else is."""
    logging.getLogger("price_service").error("a thread ended by a fault", exc_info=ended[1])


def worker_int(worker):
    """In a hurry (Ctrl-C) the outbox gets one second."""
    drain(worker, 1)


def worker_exit(_server, worker):
    """Ship what waits, once the requests have ended."""
    drain(worker, drain_seconds)


def drain(worker, within_seconds):
    """Drain the outbox of a worker, if it came as far as having one."""
    if hasattr(getattr(worker, "wsgi", None), "extensions"):
        import_module("price_service.wiring").drain(worker.wsgi, within_seconds)


def child_exit(_server, worker):
    """Take an ended worker's gauges out, and its connections."""
    counts.forget(worker.age)
    import_module("prometheus_client.multiprocess").mark_process_dead(worker.pid)
