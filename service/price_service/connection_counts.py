"""How many connections each Gunicorn worker holds, in memory that all of them share.

A worker that wakes up first takes every connection that waits, and keeps it for as long as its
client does: clients that come together would all be served by one process, on one core.
"""

import mmap

MOST_WORKERS = 256
NOBODY = 0


class ConnectionCounts:
    """One number a worker; made before the workers are, and written by each in its own place."""

    def __init__(self) -> None:
        shared = mmap.mmap(-1, 4 * MOST_WORKERS)  # all zero, and a child's writes are seen
        self._counts = memoryview(shared).cast("i")

    def tell(self, worker: int, connections: int) -> None:
        """Say that the worker of this number takes connections, and holds so many."""
        self._counts[worker % MOST_WORKERS] = connections + 1

    def forget(self, worker: int) -> None:
        """Say that the worker takes none, or has ended."""
        self._counts[worker % MOST_WORKERS] = NOBODY

    def another_has_fewer(self, connections: int) -> bool:
        """Whether a worker that takes connections holds fewer than so many."""
        return any(NOBODY < count <= connections for count in self._counts)
