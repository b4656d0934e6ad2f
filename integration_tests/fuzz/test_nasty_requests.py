"""Requests that are no HTTP, or two things at once: each is refused, and nothing else breaks."""

import re
import socket

import pytest

from integration_tests.service_under_gunicorn import LISTING

BODY = b'{"year": 2014}'
HEAD = b"POST /predict HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\n"
CSV = b"POST /predict/csv HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 500\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
IN_CHUNKS = b"e\r\n" + BODY + b"\r\n0\r\n\r\n"
MANY_BYTES = 1_000_000
SECONDS = 40  # a client that has gone silent is given up after 15

# Name → what is sent. Whatever a proxy in front and Gunicorn could read differently is refused.
NASTY = {
    "length and chunks": HEAD + LENGTH + CHUNKED + b"\r\n" + IN_CHUNKS,
    "chunks and length": HEAD + CHUNKED + LENGTH + b"\r\n" + IN_CHUNKS,
    "two lengths": HEAD + LENGTH + b"Content-Length: 3\r\n\r\n" + BODY,
    "a list of lengths": HEAD + b"Content-Length: 14, 3\r\n\r\n" + BODY,
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n" + BODY,
    "a length with a sign": HEAD + b"Content-Length: +14\r\n\r\n" + BODY,
    "a length of letters": HEAD + b"Content-Length: many\r\n\r\n" + BODY,
    "a blank before the colon": HEAD + b"Content-Length : 14\r\n\r\n" + BODY,
    "another encoding": HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + IN_CHUNKS,
    "chunked twice": HEAD + CHUNKED + CHUNKED + b"\r\n" + IN_CHUNKS,
    "chunked within another": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + IN_CHUNKS,
    "chunks in HTTP/1.0": HEAD.replace(b"/1.1", b"/1.0") + CHUNKED + b"\r\n" + IN_CHUNKS,
    "a chunk of negative size": HEAD + CHUNKED + b"\r\n-1\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk of no number": HEAD + CHUNKED + b"\r\nzz\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk with a prefix": HEAD + CHUNKED + b"\r\n0xe\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk with no size": HEAD + CHUNKED + b"\r\n\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a chunk longer than said": HEAD + CHUNKED + b"\r\n3\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a huge chunk": HEAD + CHUNKED + b"\r\nfffffffffffffffff\r\n" + BODY,
    "a chunk's line without an end": HEAD + CHUNKED + b"\r\n" + b"0" * MANY_BYTES,
    "an extension without an end": HEAD + CHUNKED + b"\r\ne;" + b"a" * MANY_BYTES,
    "trailers without an end": HEAD + CHUNKED + b"\r\n" + IN_CHUNKS[:-2] + b"X: 1\r\n" * 200_000,
    "a body cut off": HEAD + b"Content-Length: 500\r\n\r\n" + BODY,
    "a file cut off": CSV % b"text/csv" + b"year\n2014\n",
    "a form cut off": CSV % b"multipart/form-data; boundary=x"
    + b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nyear\n2014\n',
    "chunks cut off": HEAD + CHUNKED + b"\r\ne\r\n" + BODY + b"\r\n",
    "many headers": HEAD + b"X-A: 1\r\n" * 5000 + LENGTH + b"\r\n" + BODY,
    "headers without an end": HEAD + b"X-A: 1\r\n" * (MANY_BYTES // 8),
    "a huge header": HEAD + b"X-A: " + b"a" * MANY_BYTES + b"\r\n\r\n",
    "a huge name of a header": HEAD + b"a" * MANY_BYTES + b": 1\r\n\r\n",
    "a huge address": b"GET /" + b"a" * MANY_BYTES + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "NUL in a header": HEAD + b"X-A: \0\r\n" + LENGTH + b"\r\n" + BODY,
    "a header without a name": HEAD + b": 1\r\n" + LENGTH + b"\r\n" + BODY,
    "a header on two lines": HEAD + b"X-A: 1\r\n 2\r\n" + LENGTH + b"\r\n" + BODY,
    "a line that is no header": HEAD + b"what is this\r\n" + LENGTH + b"\r\n" + BODY,
    "a bare carriage return": HEAD + b"X-A: 1\rX-B: 2\r\n" + LENGTH + b"\r\n" + BODY,
    "no request line": b"\r\n\r\n\r\n\r\n",
    "HTTP/0.9": b"GET /ready\r\n\r\n",
    "HTTP/3.0": b"GET /ready HTTP/3.0\r\nHost: localhost\r\n\r\n",
    "no version": b"GET /ready HTTP\r\nHost: localhost\r\n\r\n",
    "a method of signs": b"<GET> /ready HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2 + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "noise": bytes(range(256)) * 400,
}


def answers(service, said: bytes) -> list[int]:
    """The statuses of all that comes back until the service closes; it must, though we have not."""
    received = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=SECONDS) as connection:
        try:
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                received += piece
        except (ConnectionResetError, BrokenPipeError):
            pass  # it has closed in the middle of what we were saying
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_request_is_refused_or_cut_off_and_never_priced(service, name):
    statuses = answers(service, NASTY[name])
    assert len(statuses) <= 1, "what was smuggled in with it is answered"
    assert all(400 <= status < 500 for status in statuses), statuses


def test_two_requests_in_one_go_are_two_answers(service):
    usual = HEAD + LENGTH + b"\r\n" + BODY
    assert answers(service, usual + usual) == [200, 200]


def test_afterwards_it_is_healthy_and_prices_as_before(service):
    assert service.get("/health") == service.get("/ready") == 200
    assert service.predict(LISTING).json()["price"] == 21300
    assert "Traceback" not in service.log()
    assert len(service.workers()) == 2
