"""Gunicorn's threaded worker with a line of limited length before its threads."""

import selectors
import time
from functools import partial

from gunicorn.workers.gthread import TConn, ThreadWorker

from price_service.waiting_line import LineLimits, WaitingLine


class PriceWorker(ThreadWorker):
    """Takes every connection at once, as its parent does, and works on those that say something."""

    line_limits: LineLimits  # set by gunicorn.conf.py before the threads are made

    def get_thread_pool(self) -> WaitingLine:
        """See ThreadWorker.get_thread_pool."""
        return WaitingLine(self.cfg.threads, self.line_limits)

    def enqueue_req(self, conn: TConn) -> None:
        """See ThreadWorker.enqueue_req. A new connection would wait in a thread, for up to five
        seconds, until its client says something: a few silent ones would hold up everybody."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(
            conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn)
        )
