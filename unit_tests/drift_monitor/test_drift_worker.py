"""The thread runs the monitor each period, and does not die in silence."""

import logging
import signal
import sys
import threading
from types import SimpleNamespace

import pytest

from drift_monitor.board import Board
from drift_monitor.settings import Settings
from drift_monitor.worker import Worker


@pytest.fixture(name="start")
def start_worker(monkeypatch):
    """Runs a worker's loop in this thread, on a monitor that the test gives."""

    def started(run_once):
        worker = Worker(Settings(drift_period=0.001), Board(500))
        monitor = SimpleNamespace(run_once=lambda: run_once(worker))
        module = SimpleNamespace(from_settings=lambda *_: monitor)
        monkeypatch.setitem(sys.modules, "drift_monitor.monitor", module)
        worker.run()

    return started


def test_the_monitor_runs_each_period_until_stopped(start):
    runs = []

    def run_once(worker):
        runs.append(1)
        if len(runs) == 3:
            worker.stopped.set()

    start(run_once)
    assert len(runs) == 3


def test_an_unforeseen_error_is_logged_and_ends_the_process(start, caplog):
    ended = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())

    def run_once(_):
        raise ZeroDivisionError("unforeseen")

    try:
        with pytest.raises(ZeroDivisionError), caplog.at_level(logging.CRITICAL):
            start(run_once)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.is_set()
    assert "unforeseen" in caplog.text
