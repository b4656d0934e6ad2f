"""The line before the threads of a real Gunicorn: who is let in, who is sent away, who just sits."""

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from integration_tests.service_under_gunicorn import LISTING, GunicornService, service_in
from unit_tests.price_service.waiting import wait_for

NARROW = {"SERVICE_WORKERS": "1", "SERVICE_THREADS": "1", "MOST_WAITING_REQUESTS": "1"}
LONG_LIST = [LISTING] * 3000


@pytest.fixture(name="service")
def service_with_a_model(tmp_path):
    """A service with a model on disk; nothing started yet."""
    with service_in(tmp_path) as made:
        made.keep_model()
        yield made


def ready(service: GunicornService, **changes: str) -> None:
    """Start it and wait for its model in every worker."""
    service.start(**changes)
    workers = len(service.workers())
    wait_for(lambda: service.log().count("model version 1 serves") >= workers, "a model")


def test_past_its_line_a_worker_asks_to_come_again_and_is_ready_all_the_while(service):
    ready(service, **NARROW)
    with ThreadPoolExecutor(13) as clients:
        asked = [clients.submit(service.predict, LONG_LIST) for _ in range(12)]
        ready_statuses = [clients.submit(service.get, "/ready").result() for _ in range(3)]
    replies = [each.result() for each in asked]
    refused = [reply for reply in replies if reply.status_code == 503]
    priced = [reply for reply in replies if reply.status_code == 200]
    assert len(refused) + len(priced) == 12 and len(refused) >= 3 and len(priced) >= 2
    assert all(reply.headers["Retry-After"] == "1" for reply in refused)
    assert all(len(reply.json()) == len(LONG_LIST) for reply in priced)
    assert ready_statuses == [200, 200, 200]
    assert service.predict().status_code == 200


def test_connections_that_say_nothing_hold_up_nobody(service):
    ready(service)
    with contextlib.ExitStack() as silent:
        for _ in range(60):
            silent.enter_context(socket.create_connection(("127.0.0.1", service.port)))
        begun = time.monotonic()
        statuses = [service.predict().status_code for _ in range(10)]
        seconds = time.monotonic() - begun
    assert statuses == [200] * 10
    assert seconds < 3
