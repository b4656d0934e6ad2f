"""What has arrived of a request, so that no thread works on one whose client is slow (pure).

Nothing is decided here of what a request means: that is the parser's. Whatever is not understood
counts as whole, and the parser refuses it.
"""

import enum
import re

MOST_BUFFERED_BYTES = 64 * 1024
END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
# A body in chunks tells its length at its end; who asks for a "100 Continue" waits for it first.
OPEN = re.compile(rb"\r\n(?:transfer-encoding|expect):", re.IGNORECASE)


class Arrival(enum.Enum):
    """How much of a request is there."""

    PART = "more is to come"
    WHOLE = "all of it"
    LONG = "its head, and more of a body than is waited for"


def arrival_of(received: bytes | bytearray) -> Arrival:
    """How much of one request these first bytes of it are."""
    head = received.find(END_OF_HEAD)
    if head < 0:
        return Arrival.WHOLE if len(received) >= MOST_BUFFERED_BYTES else Arrival.PART
    end = head + len(END_OF_HEAD)
    if OPEN.search(received, 0, end):
        return Arrival.LONG
    length = LENGTH.search(received, 0, end)
    missing = int(length[1]) + end - len(received) if length else 0
    if missing <= 0:
        return Arrival.WHOLE
    return Arrival.LONG if missing + len(received) > MOST_BUFFERED_BYTES else Arrival.PART
