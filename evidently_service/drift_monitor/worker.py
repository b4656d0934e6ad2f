"""The background thread: a run each period, with the heavy imports done in it."""

import importlib
import logging
import os
import signal
import threading

from drift_monitor.board import Board
from drift_monitor.settings import Settings

LOGGER = logging.getLogger(__name__)


class Worker(threading.Thread):
    """Runs the monitor until stopped.

    An error that nobody foresaw ends the process, so that Gunicorn starts a fresh one: a monitor
    that looks alive and compares nothing would be worse.
    """

    def __init__(self, settings: Settings, board: Board):
        super().__init__(name="drift-monitor", daemon=True)
        self._settings = settings
        self._board = board
        self.stopped = threading.Event()

    def run(self) -> None:
        """Import, then run each period."""
        try:
            # Pandas, MLflow and Evidently take seconds to import: /health does not wait for them.
            monitor = importlib.import_module("drift_monitor.monitor").from_settings(
                self._settings, self._board
            )
            while not self.stopped.is_set():
                monitor.run_once()
                self.stopped.wait(self._settings.drift_period)
        finally:
            if not self.stopped.is_set():
                LOGGER.critical("the monitor failed; this process ends", exc_info=True)
                os.kill(os.getpid(), signal.SIGTERM)
