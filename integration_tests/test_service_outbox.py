"""What is answered is recorded once, whatever is killed or away meanwhile."""

import os
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from integration_tests.service_under_gunicorn import service_in
from unit_tests.price_service.waiting import wait_for


@pytest.fixture
def service(tmp_path):
    """A service with a model on disk and no registry; nothing started yet."""
    with service_in(tmp_path) as made:
        made.keep_model()
        yield made


def logged(service) -> list[str]:
    """The ids in the prediction log."""
    connection = sqlite3.connect(service.log_file, timeout=30)  # workers write meanwhile
    rows = connection.execute("SELECT prediction_id FROM predictions WHERE price > 0").fetchall()
    connection.close()
    return [row[0] for row in rows]


def start_ready(service) -> None:
    """Start it and wait for its model in both workers."""
    service.start()
    wait_for(lambda: service.log().count("model version 1 serves") >= 2, "both workers ready")


def answered(service, count: int) -> list[str]:
    """The ids of many predictions, asked for by several clients at once."""

    def ask(_number: int) -> str | None:
        try:
            reply = service.predict()
        except requests.ConnectionError:  # the worker that had the connection was killed
            return None
        return reply.json()["prediction_id"] if reply.status_code == 200 else None

    with ThreadPoolExecutor(8) as clients:
        return [found for found in clients.map(ask, range(count)) if found]


def test_predictions_reach_the_log_within_a_second(service):
    service.migrate()
    start_ready(service)
    ids = answered(service, 50)
    wait_for(lambda: len(logged(service)) == 50, "50 rows in the log", 1.5)
    assert sorted(logged(service)) == sorted(ids)


def test_nothing_answered_is_lost_when_a_worker_is_killed(service):
    service.migrate()
    start_ready(service)
    before = answered(service, 100)
    victim = service.workers()[0]
    os.kill(victim, signal.SIGKILL)
    ids = before + answered(service, 100)
    wait_for(lambda: set(ids) <= set(logged(service)), "every answered prediction in the log")
    assert len(logged(service)) == len(set(logged(service)))
    wait_for(lambda: len(service.workers()) == 2, "a new worker")
    files = [path.name for path in (service.folder / "outbox").glob(f"outbox-{victim}-*.db")]
    wait_for(lambda: not list((service.folder / "outbox").glob(f"outbox-{victim}-*")), str(files))


def test_while_the_log_is_away_predictions_go_on_and_arrive_later(service):
    start_ready(service)  # the log has no table yet
    ids = answered(service, 50)
    assert len(ids) == 50
    wait_for(lambda: "rows are kept and tried again" in service.log(), "a warning")
    metrics = requests.get(f"{service.url}/metrics", timeout=10).text
    assert "price_service_shipping_failures_total" in metrics
    service.migrate()
    wait_for(lambda: sorted(logged(service)) == sorted(ids), "every row, once")


def test_what_one_run_left_behind_the_next_run_ships(service):
    start_ready(service)
    ids = answered(service, 20)
    service.stop(signal.SIGKILL)
    wait_for(lambda: service.get("/health") == 0, "the old workers gone")
    service.migrate()
    start_ready(service)
    wait_for(lambda: len(logged(service)) >= len(ids), "every row")
    assert sorted(logged(service)) == sorted(ids)
