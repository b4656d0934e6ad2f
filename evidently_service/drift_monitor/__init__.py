"""The drift monitor: compares what the service is asked with what its model was tested on."""

from flask import Flask

from drift_monitor.board import Board
from drift_monitor.routes import make_app
from drift_monitor.settings import Settings
from drift_monitor.worker import Worker


def create_app() -> Flask:
    """The application with its background thread running; call it after the fork."""
    settings = Settings()
    board = Board(settings.drift_window)
    worker = Worker(settings, board)
    worker.start()
    return make_app(board, worker.is_alive, settings)
