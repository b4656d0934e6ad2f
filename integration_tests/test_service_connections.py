"""Clients that stay connected are shared out between the workers, whichever wakes up first."""

import socket
import statistics
from collections.abc import Iterator
from contextlib import ExitStack

import psutil
import pytest

from integration_tests.service_under_gunicorn import GunicornService, service_in
from unit_tests.price_service.waiting import wait_for

CLIENTS, ROUNDS = 16, 5
ASKING = b"GET /health HTTP/1.1\r\nHost: service\r\n\r\n"


@pytest.fixture(name="service", scope="module")
def service_with_two_workers(tmp_path_factory) -> Iterator[GunicornService]:
    """A service that answers; it needs no model."""
    with service_in(tmp_path_factory.mktemp("service")) as made:
        made.start(SERVICE_WORKERS="2")
        wait_for(lambda: made.log().count("Booting worker") == 2, "both workers", 30)
        yield made


def ask_all(clients: list[socket.socket]) -> None:
    """A request and its answer on each connection."""
    for client in clients:
        client.sendall(ASKING)
    for client in clients:
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")


def held(service: GunicornService) -> list[int]:
    """How many connections each worker holds."""
    return [
        sum(one.status == "ESTABLISHED" for one in psutil.Process(pid).net_connections("tcp"))
        for pid in service.workers()
    ]


def counts_of_clients_that_come_together(service: GunicornService) -> list[int]:
    """How many of them each worker holds."""
    with ExitStack() as until_closed:
        address = "127.0.0.1", service.port
        clients = [
            until_closed.enter_context(socket.create_connection(address, timeout=20))
            for _ in range(CLIENTS)
        ]
        ask_all(clients)
        counts = held(service)
    wait_for(lambda: sum(held(service)) == 0, "every connection closed", 20)
    assert sum(counts) == CLIENTS
    return counts


def test_clients_that_come_together_are_shared_between_the_workers(service):
    # The median of several: on a busy machine one of the workers may not run for a while.
    fewest = [min(counts_of_clients_that_come_together(service)) for _ in range(ROUNDS)]
    assert statistics.median(fewest) >= CLIENTS / 4, fewest
