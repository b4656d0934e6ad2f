"""A client's connection on which a thread does not wait for ever, however slow the client is."""

import errno
import select
import socket
import time
from typing import Any

PATIENCE_SECONDS = 15.0
LEAST_BYTES_PER_SECOND = 16 * 1024


class PacedSocket(socket.socket):
    """A socket whose client must keep a pace: once it falls behind, it counts as gone."""

    until = 0.0

    def begin(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """A request begins: from now on its client's pace counts."""
        self.until = time.monotonic() + patience_seconds

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """See socket.recv; nothing, as at the stream's end, from a client that is too slow."""
        if self.gettimeout() != 0 and not self._readable():
            if self.gettimeout() is not None:  # what is left of a request is being thrown away
                raise TimeoutError("the client sends too slowly")
            return b""
        received = super().recv(bufsize, flags)
        self.until += len(received) / LEAST_BYTES_PER_SECOND
        return received

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """See socket.sendall; a client that reads too slowly has gone."""
        if self.gettimeout() is not None:
            super().sendall(data, flags)
            return
        sent = self._sent_at_once(data, flags)
        if sent == len(data):
            return
        self.settimeout(PATIENCE_SECONDS + len(data) / LEAST_BYTES_PER_SECOND)
        try:
            super().sendall(memoryview(data)[sent:], flags)
        except TimeoutError as error:
            raise BrokenPipeError(errno.EPIPE, "the client reads too slowly") from error
        finally:
            self.settimeout(None)

    def _sent_at_once(self, data: Any, flags: int) -> int:
        """How many bytes there was room for: mostly all, and one call of the system will do."""
        try:
            return self.send(data, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0

    def settimeout(self, value: float | None, /) -> None:
        """See socket.settimeout, which calls the system though nothing changes."""
        if value != self.gettimeout():
            super().settimeout(value)

    def _readable(self) -> bool:
        """Wait for as long as the client's pace allows."""
        waiting = select.poll()
        waiting.register(self, select.POLLIN)
        return bool(waiting.poll(max(0.0, self.until - time.monotonic()) * 1000))
