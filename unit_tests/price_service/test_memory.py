"""Memory that was freed goes back to the system."""

import ctypes

import psutil
import pytest

from price_service.memory import give_back

MEBIBYTE = 2**20
PIECES, PIECE_BYTES = 50_000, 2_000


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="glibc alone has it")
def test_what_lies_free_between_what_is_held_is_given_back():
    process = psutil.Process()
    pieces = [bytes(PIECE_BYTES + number % 7) for number in range(PIECES)]
    held = pieces[::500]
    before = process.memory_info().rss
    del pieces
    give_back()
    assert process.memory_info().rss < before - PIECES * PIECE_BYTES / 2
    assert len(held) == PIECES / 500
