"""The line of requests that wait for one of a worker's threads, and who of them is to be refused.

Whether a place is free is decided when a request comes: were it decided at its turn, by the length
of the line, clients that ask again at once would keep the line too long for anybody to be answered.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

DOOR_THREADS = 2


class Turn(threading.local):
    """What a thread knows of the request that it works on."""

    refused = False


TURN = Turn()


@dataclass(frozen=True)
class LineLimits:
    """How many may wait behind those that are worked on, and for how long."""

    most_waiting: int
    most_wait_seconds: float


class WaitingLine(ThreadPoolExecutor):
    """A thread pool that takes everything and tells its threads, by TURN, what came too much.

    Who finds no place goes to the door, two more threads: a refusal, and what is never refused
    (see shedding), wait for none of the work.
    """

    def __init__(self, threads: int, limits: LineLimits):
        super().__init__(threads)
        self._door = ThreadPoolExecutor(DOOR_THREADS)
        self._places = threads + limits.most_waiting
        self._most_seconds = limits.most_wait_seconds
        # One element for each request that has a place: appending and popping need no lock.
        self._taken: deque[None] = deque()

    def submit(self, fn: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """See ThreadPoolExecutor.submit."""
        if len(self._taken) >= self._places:
            return self.refuse(fn, *args, **kwargs)
        self._taken.append(None)
        return super().submit(self._in_time, time.monotonic(), fn, *args, **kwargs)

    def refuse(self, fn: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """Take it at the door, as one that has come too much or waited for too long."""
        return self._door.submit(refused, fn, *args, **kwargs)

    def _in_time(self, came_at: float, fn: Callable, /, *args: Any, **kwargs: Any) -> Any:
        TURN.refused = time.monotonic() - came_at > self._most_seconds
        try:
            return fn(*args, **kwargs)
        finally:
            self._taken.pop()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See ThreadPoolExecutor.shutdown."""
        self._door.shutdown(wait, cancel_futures=cancel_futures)
        super().shutdown(wait, cancel_futures=cancel_futures)


def refused(fn: Callable, /, *args: Any, **kwargs: Any) -> Any:
    """Do the work, which is told that it is to be refused."""
    TURN.refused = True
    return fn(*args, **kwargs)
