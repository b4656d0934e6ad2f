"""Bodies in chunks: what is not body of them has an end, whatever a client sends."""

import itertools
from collections.abc import Iterable
from types import SimpleNamespace

import pytest
from gunicorn.http.errors import InvalidChunkSize
from gunicorn.http.unreader import IterUnreader

from price_service.chunked_body import MOST_FRAMING_BYTES, BoundedChunks

PIECE = b"0" * 8192


class Sent:
    """Pieces of a client's, counted as they are read."""

    def __init__(self, pieces: Iterable[bytes]):
        self.count = 0
        self._pieces = iter(pieces)

    def __iter__(self):
        return self

    def __next__(self) -> bytes:
        self.count += 1
        return next(self._pieces)


def reader_of(sent: Sent) -> BoundedChunks:
    """The reader of a request whose body this is."""
    request = SimpleNamespace(parse_headers=lambda data, from_trailer: [])
    return BoundedChunks(request, IterUnreader(sent))


@pytest.mark.parametrize("begin", [b"", b"e;", b"3\r\nabc\r\n", b"3\r\nabc\r\n0\r\nX: "])
def test_a_line_that_never_ends_is_refused_soon(begin):
    sent = Sent(itertools.chain([begin] if begin else [], itertools.repeat(PIECE)))
    with pytest.raises(InvalidChunkSize):
        reader_of(sent).read(1000)
    assert sent.count <= MOST_FRAMING_BYTES // len(PIECE) + 3


def test_long_chunks_long_extensions_and_trailers_are_read():
    body = [b"30d40;" + b"a" * 40_000, b"\r\n", b"x" * 200_000, b"\r\n0\r\n", b"A: 1\r\n", b"\r\n"]
    assert reader_of(Sent(body)).read(10**6) == b"x" * 200_000
