"""Clients that are slow, or never close: more of them than there are threads, and nobody waits."""

import contextlib
import select
import socket
import time

import pytest

from integration_tests.service_under_gunicorn import LISTING, GunicornService, service_in
from integration_tests.stack import poll
from unit_tests.price_service.waiting import wait_for

POST = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n"
PREDICT = POST % (b"/predict", b"application/json")
BEGINNINGS = {
    "a byte": b"P",
    "half a head": PREDICT + b"X-Slow: ",
    "a head, and a body to come": PREDICT + b"Content-Length: 14\r\n\r\n",
    "half a body": PREDICT + b'Content-Length: 14\r\n\r\n{"year"',
    "a large body to come": PREDICT + b"Content-Length: 9000000\r\n\r\n[",
    "a body in chunks": PREDICT + b"Transfer-Encoding: chunked\r\n\r\n1\r\n",
    "a CSV in chunks": POST % (b"/predict/csv", b"text/csv")
    + b"Transfer-Encoding: chunked\r\n\r\n",
    "a promise to send": PREDICT + b"Expect: 100-continue\r\nContent-Length: 14\r\n\r\n",
}
MANY = 60


@pytest.fixture(scope="module", name="service")
def service_with_a_model(tmp_path_factory):
    """Two workers of eight threads each, with a model."""
    with service_in(tmp_path_factory.mktemp("slow")) as made:
        made.keep_model()
        made.start()
        wait_for(lambda: made.log().count("model version 1 serves") >= 2, "a model in each worker")
        yield made


@contextlib.contextmanager
def clients(service: GunicornService, said: bytes, count: int = MANY):
    """So many connections that have said something."""
    with contextlib.ExitStack() as open_ones:
        made = [
            open_ones.enter_context(socket.create_connection(("127.0.0.1", service.port), 60))
            for _ in range(count)
        ]
        for connection in made:
            connection.sendall(said)
        yield made


def assert_nobody_waits(service: GunicornService) -> None:
    """Prices come at once."""
    begun = time.monotonic()
    assert [service.predict().status_code for _ in range(10)] == [200] * 10
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("said", BEGINNINGS.values(), ids=BEGINNINGS)
def test_clients_that_send_slowly_hold_up_nobody(service, said):
    with clients(service, said):
        assert_nobody_waits(service)


def test_clients_that_do_not_close_hold_up_nobody(service):
    with clients(
        service, b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    ) as all_:
        assert all(each.recv(9).startswith(b"HTTP/1.1") for each in all_)
        assert_nobody_waits(service)


def test_clients_that_read_nothing_hold_up_nobody_for_long(service):
    ask = b"GET /docs HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with clients(service, ask * 300, count=4):
        assert_nobody_waits(service)


def test_what_comes_too_slowly_is_given_up(service):
    """A head that drips in, and a body in chunks that stops."""
    with (
        clients(service, PREDICT + b"X-Slow: ", count=1) as (dripping,),
        clients(service, BEGINNINGS["a body in chunks"], count=1) as (stopped,),
    ):
        poll(lambda: drip(dripping) or readable(dripping), "an answer to what drips in", 30, 0.5)
        assert dripping.recv(65536).startswith(b"HTTP/1.1 408 ")
        heard = stopped.recv(65536)
        assert heard.startswith(b"HTTP/1.1 400 ") and b"Connection: close" in heard
        assert b"application/problem+json" in heard


def drip(connection: socket.socket) -> None:
    """Send one byte more, if the other side is there."""
    with contextlib.suppress(OSError):
        connection.sendall(b"a")


def readable(connection: socket.socket) -> bool:
    """Whether there is something to read."""
    return bool(select.select([connection], [], [], 0)[0])


def test_requests_that_come_at_once_are_all_answered_in_order(service):
    body = b'{"year": %d}'
    asked = b"".join(
        PREDICT + b"Content-Length: 14\r\n\r\n" + body % year for year in (2010, 2015, 2020)
    )
    with clients(service, asked, count=1) as (pipelined,):
        heard = b""
        while heard.count(b'"currency"') < 3:
            heard += pipelined.recv(65536)
    prices = [int(part.split(b",")[0]) for part in heard.split(b'"price": ')[1:]]
    expected = [service.predict({"year": year}).json()["price"] for year in (2010, 2015, 2020)]
    assert prices == expected and len(set(prices)) == 3


def test_it_prices_as_before_and_has_logged_no_fault(service):
    assert service.predict(LISTING).json()["price"] == 21300
    assert "Traceback" not in service.log()
