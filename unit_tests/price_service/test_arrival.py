"""When a request is there, so that a thread can work on it without waiting for its client."""

import contextlib
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from price_service import paced_socket
from price_service.arrival import MOST_BUFFERED_BYTES, Arrival, arrival_of
from price_service.paced_socket import PacedSocket

POST = b"POST /predict HTTP/1.1\r\nHost: a\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n"


@pytest.mark.parametrize(
    "received, arrival",
    [
        (b"", Arrival.PART),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", Arrival.PART),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", Arrival.WHOLE),
        (b"GET / HTTP/1.1\r\n\r\n", Arrival.WHOLE),
        (POST + LENGTH % 2, Arrival.PART),
        (POST + LENGTH % 2 + b"{", Arrival.PART),
        (POST + LENGTH % 2 + b"{}", Arrival.WHOLE),
        (POST + LENGTH % 2 + b"{}GET /", Arrival.WHOLE),
        (POST + b"CONTENT-LENGTH: 2\r\n\r\n{", Arrival.PART),
        (POST + b"content-length:\t2 \r\n\r\n{", Arrival.PART),
        (POST + LENGTH % MOST_BUFFERED_BYTES, Arrival.LONG),
        (POST + LENGTH % 10**17, Arrival.LONG),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", Arrival.LONG),
        (POST + b"Expect: 100-continue\r\n" + LENGTH % 2, Arrival.LONG),
        (POST + b"X-A: Content-Length: 5\r\n\r\n", Arrival.WHOLE),
        (POST + b"Content-Length: many\r\n\r\n", Arrival.WHOLE),
        (POST + b"X-A: " + b"a" * MOST_BUFFERED_BYTES, Arrival.WHOLE),
    ],
)
def test_a_request_is_there_when_its_head_and_its_announced_body_are(received, arrival):
    assert arrival_of(received) is arrival


@settings(max_examples=200, derandomize=True)
@given(st.binary(max_size=200), st.integers(0, 400))
def test_of_a_request_that_is_there_every_beginning_is_not(body, cut):
    request = POST + LENGTH % len(body) + body
    assert arrival_of(request) is Arrival.WHOLE
    assert arrival_of(request[: min(cut, len(request) - 1)]) is Arrival.PART


@pytest.fixture(name="ends")
def two_ends(monkeypatch):
    """A server's end of a connection, paced at 10 MB a second after 0.2 s; and a client's."""
    monkeypatch.setattr(paced_socket, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(paced_socket, "LEAST_BYTES_PER_SECOND", 10_000_000)
    ours, theirs = socket.socketpair()
    with PacedSocket(fileno=ours.detach()) as paced, theirs:
        yield paced, theirs


@contextlib.contextmanager
def dripping(client: socket.socket):
    """The client sends a byte every 20 ms."""
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            client.sendall(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_a_client_that_sends_nothing_more_counts_as_gone(ends):
    paced, client = ends
    paced.begin(0.2)
    client.sendall(b"{")
    assert paced.recv(8192) == b"{"
    assert paced.recv(8192) == b""


def test_a_client_that_sends_byte_by_byte_counts_as_gone_in_the_end(ends):
    paced, client = ends
    with dripping(client):
        paced.begin(0.2)
        received = list(iter(lambda: paced.recv(1), b""))
    assert 1 < len(received) < 100


def test_what_is_thrown_away_of_a_slow_request_is_not_waited_for(ends):
    paced, _ = ends
    paced.begin(0)
    paced.settimeout(5)
    with pytest.raises(TimeoutError, match="too slowly"):
        paced.recv(1024)


def test_a_client_that_does_not_read_counts_as_gone(ends):
    paced, _ = ends
    with pytest.raises(BrokenPipeError, match="too slowly"):
        paced.sendall(b"a" * 5_000_000)
    assert paced.gettimeout() is None


def test_a_client_that_keeps_pace_gets_everything(ends):
    paced, client = ends
    paced.sendall(b"a" * 1000)
    assert client.recv(2000) == b"a" * 1000
