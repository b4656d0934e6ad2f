"""Gunicorn's threaded worker with a line of limited length before its threads, and no slow client
in them.

Gunicorn gives each connection a thread that reads: who sends a request byte by byte keeps the
thread, and a few who do keep everybody waiting. Here the loop, which waits for all connections at
once, takes what comes, and a thread works on requests that are there. Bodies too long for that are
read by at most half of the threads at a time, at a pace (see paced_socket). And a client that does
not close its end is waited for by the loop, not in it.
"""

import selectors
import socket
import time
from collections import deque
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.http.body import ChunkedReader
from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

from price_service.arrival import END_OF_HEAD, Arrival, arrival_of
from price_service.chunked_body import BoundedChunks
from price_service.connection_counts import ConnectionCounts
from price_service.paced_socket import PATIENCE_SECONDS, PacedSocket
from price_service.waiting_line import LineLimits, WaitingLine

PIECE_BYTES = 64 * 1024
YIELD_SECONDS = 0.002
PARTING_SECONDS = 2.0
TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 29\r\n\r\nThe request came too slowly.\n"
)


class PriceWorker(ThreadWorker):
    """Takes every connection at once, as its parent does, and works on requests that are there."""

    line_limits: LineLimits  # set by gunicorn.conf.py before the threads are made
    counts: ConnectionCounts  # likewise

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.most_long = max(1, self.cfg.threads // 2)
        self.long_ones: set[TConn] = set()
        self.later: deque[tuple[TConn, float]] = deque()

    def get_thread_pool(self) -> WaitingLine:
        """See ThreadWorker.get_thread_pool."""
        return WaitingLine(self.cfg.threads, self.line_limits)

    def notify(self) -> None:
        """See Worker.notify, which the loop calls each time round."""
        super().notify()
        self.counts.tell(self.age, self.nr_conns)

    def set_accept_enabled(self, enabled: bool) -> None:
        """See ThreadWorker.set_accept_enabled; who takes none is not waited for."""
        super().set_accept_enabled(enabled)
        if not enabled:
            self.counts.forget(self.age)

    def accept(self, listener: socket.socket) -> None:
        """See ThreadWorker.accept; a worker with fewer connections gets a moment to come first."""
        if self.counts.another_has_fewer(self.nr_conns):
            time.sleep(YIELD_SECONDS)
        super().accept(listener)

    def enqueue_req(self, conn: TConn) -> None:
        """See ThreadWorker.enqueue_req: a connection is new, or its client has sent something."""
        if not isinstance(conn.sock, PacedSocket):
            conn.sock = PacedSocket(fileno=conn.sock.detach())
            conn.sock.setblocking(False)
            conn.arrived, conn.parting = bytearray(), False
        if not conn.arrived and not conn.parting:
            conn.timeout = time.monotonic() + PATIENCE_SECONDS
        received = received_by(conn.sock)
        if received is None or (received and conn.parting):
            self.park(conn)
        elif received:
            conn.arrived += received
            self.go_on(conn)
        elif END_OF_HEAD in conn.arrived and not conn.parting:
            self.hand_over(conn, Arrival.WHOLE)  # it ends too early, which the application answers
        else:
            self.forget(conn)

    def go_on(self, conn: TConn) -> None:
        """Work on a request, or wait for the rest of it."""
        arrival = arrival_of(conn.arrived)
        if arrival is Arrival.PART:
            self.park(conn)
        elif arrival is Arrival.WHOLE or len(self.long_ones) < self.most_long:
            self.hand_over(conn, arrival)
        elif len(self.later) < self.line_limits.most_waiting:
            self.later.append((conn, time.monotonic()))
        else:
            self.hand_over(conn, arrival, refused=True)

    def hand_over(self, conn: TConn, arrival: Arrival, refused: bool = False) -> None:
        """Let a thread work on what has arrived, or refuse it."""
        reads_on = arrival is Arrival.LONG and not refused
        if reads_on:
            self.long_ones.add(conn)
        conn.init()
        conn.data_ready = True
        conn.parser.unreader.unread(bytes(conn.arrived))
        conn.arrived.clear()
        conn.sock.begin(PATIENCE_SECONDS if reads_on else 0)
        submit = self.tpool.refuse if refused else self.tpool.submit
        finish = partial(self.method_queue.defer, self.finish_request, conn)
        submit(self.handle, conn).add_done_callback(finish)

    def handle_request(self, req: Request, conn: TConn) -> bool:
        """See ThreadWorker.handle_request."""
        if isinstance(req.body.reader, ChunkedReader):
            req.body.reader = BoundedChunks(req, req.unreader)
        return super().handle_request(req, conn)

    def next_long(self) -> None:
        """Let a thread read the next of the long ones that wait."""
        conn, since = self.later.popleft()
        waited = time.monotonic() - since
        self.hand_over(conn, Arrival.LONG, waited > self.line_limits.most_wait_seconds)

    def finish_request(self, conn: TConn, fs: Future) -> None:
        """See ThreadWorker.finish_request."""
        self.long_ones.discard(conn)
        while self.later and len(self.long_ones) < self.most_long:
            self.next_long()
        if fs.cancelled() or fs.exception() or not fs.result() or not self.alive:
            self.part(conn)
            return
        conn.arrived += conn.parser.unreader.take_buffered()
        if conn.arrived:  # the next request came with this one
            conn.timeout = time.monotonic() + PATIENCE_SECONDS
            conn.sock.setblocking(False)
            self.go_on(conn)
        else:
            super().finish_request(conn, fs)

    def part(self, conn: TConn, last_words: bytes = b"") -> None:
        """Say that nothing more comes, and wait until the client has read it and closes."""
        conn.parting, conn.timeout = True, time.monotonic() + PARTING_SECONDS
        conn.sock.setblocking(False)
        try:
            conn.sock.send(last_words)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.forget(conn)
        else:
            self.park(conn)

    def park(self, conn: TConn) -> None:
        """Let the loop tell when the client has sent more."""
        self.pending_conns.append(conn)
        more = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, more)

    def murder_pending(self) -> None:
        """See ThreadWorker.murder_pending; the connections are in no order."""
        now = time.monotonic()
        for conn in [conn for conn in self.pending_conns if conn.timeout <= now]:
            self.pending_conns.remove(conn)
            self.poller.unregister(conn.sock)
            if conn.arrived and not conn.parting:
                self.part(conn, TOO_SLOW)
            else:
                self.forget(conn)

    def forget(self, conn: TConn) -> None:
        """Let go of a connection."""
        self.nr_conns -= 1
        conn.close()


class NoAccessLog(Logger):
    """Answers are counted in /metrics: a line for each costs more than it tells."""

    access_log_enabled = False


def received_by(sock: PacedSocket) -> bytes | None:
    """What a client has sent by now; None if nothing, no bytes if there will be none."""
    try:
        return sock.recv(PIECE_BYTES, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""
