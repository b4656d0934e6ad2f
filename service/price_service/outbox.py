"""The outbox: what is to reach the prediction log, on disk before the answer goes out.

One SQLite file a worker process, named at its first use, which is after the fork, and held by a
file lock. The kernel drops the lock of a process that dies; whoever takes it then ships the rest.
"""

import json
import logging
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from price_service.errors import OutboxUnwritable
from price_service.file_lock import FileLock

PREDICTION, FEEDBACK = "prediction", "feedback"
BUSY_SECONDS = 5
CHECKPOINT_PAGES = 20_000
INSERT = "INSERT INTO entries (kind, body) VALUES "
ROWS_A_STATEMENT = 400  # of two values each: every SQLite takes 999
SET_ASIDE = "INSERT INTO poison (kind, body, error) VALUES (?, ?, ?)"
# Rows come with the next id and go oldest first, so that no id between the two is missing.
ENDS = "SELECT (SELECT min(id) FROM entries), (SELECT max(id) FROM entries)"
compact_json = json.JSONEncoder(separators=(",", ":")).encode
TABLES = """
CREATE TABLE IF NOT EXISTS entries
    (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS poison
    (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL, error TEXT NOT NULL);
"""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """One row that waits: its place in the file, its kind, its content as JSON."""

    id: int
    kind: str
    body: str


class OutboxFile:
    """One SQLite file; appends and deletions take turns, reading goes beside them."""

    def __init__(self, path: Path, most_bytes: int | None = None):
        self.path = path
        self._turn = threading.Lock()
        self._writer = open_database(path)
        self._reader = open_database(path)
        if most_bytes is not None:
            page_bytes = self._writer.execute("PRAGMA page_size").fetchone()[0]
            self._writer.execute(f"PRAGMA max_page_count = {max(1, most_bytes // page_bytes)}")

    def append(self, rows: list[tuple[str, str]]) -> None:
        """Write (kind, body) rows, all or none; raises sqlite3.Error.

        A statement lets go of Python's lock, which a thread among busy ones gets back late: many
        rows go into one, which is a transaction by itself.
        """
        if len(rows) <= ROWS_A_STATEMENT:
            with self._turn:
                self._writer.execute(*insertion(rows))
            return
        with self._transaction() as writer:
            for start in range(0, len(rows), ROWS_A_STATEMENT):
                writer.execute(*insertion(rows[start : start + ROWS_A_STATEMENT]))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """The writer in a transaction, which an error takes back."""
        with self._turn, self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            yield self._writer

    def oldest(self, count: int) -> list[Entry]:
        """The rows that have waited longest."""
        query = "SELECT id, kind, body FROM entries ORDER BY id LIMIT ?"
        return [Entry(*row) for row in self._reader.execute(query, (count,))]

    def delete(self, entries: list[Entry]) -> None:
        """Forget rows that the log has: all from the first to the last of them."""
        ends = entries[0].id, entries[-1].id
        with self._turn:
            self._writer.execute("DELETE FROM entries WHERE id BETWEEN ? AND ?", ends)

    def checkpoint(self) -> None:
        """Move what was written into the file proper; requests may write meanwhile."""
        self._reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def set_aside(self, entry: Entry, error: str) -> None:
        """Move a row that the log will never take out of the others' way."""
        with self._transaction() as writer:
            writer.execute(SET_ASIDE, (entry.kind, entry.body, error))
            writer.execute("DELETE FROM entries WHERE id = ?", (entry.id,))

    def take_over(self, poison: list[tuple[str, str, str]]) -> None:
        """Keep the poison rows of a file that is about to be removed."""
        with self._transaction() as writer:
            writer.executemany(SET_ASIDE, poison)

    def poison(self) -> list[tuple[str, str, str]]:
        """(kind, body, error) of the rows set aside."""
        return self._reader.execute("SELECT kind, body, error FROM poison ORDER BY id").fetchall()

    def __len__(self) -> int:
        first, last = self._reader.execute(ENDS).fetchone()
        return 0 if first is None else last - first + 1

    def close(self) -> None:
        """Close both connections."""
        self._reader.close()
        self._writer.close()


class Outbox:
    """This process's outbox file, made when it is first needed."""

    def __init__(self, folder: Path, most_bytes: int | None = None):
        self.folder = folder
        self.written = threading.Event()
        self._most_bytes = most_bytes
        self._file: OutboxFile | None = None
        self._lock: FileLock | None = None
        self._opening = threading.Lock()

    def append(self, kind: str, rows: list[dict[str, Any]]) -> None:
        """Record rows durably, all or none; raises OutboxUnwritable."""
        encoded = [(kind, compact_json(row)) for row in rows]
        try:
            self.file().append(encoded)
        except (sqlite3.Error, OSError) as error:
            logger.error("the outbox cannot be written: %s", error)
            raise OutboxUnwritable("The request cannot be recorded now. Try again soon.") from error
        self.written.set()

    def file(self) -> OutboxFile:
        """The open file; raises OSError or sqlite3.Error where there can be none."""
        with self._opening:
            if self._file is None:
                self._file = self._opened()
            return self._file

    def _opened(self) -> OutboxFile:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"outbox-{os.getpid()}-{uuid.uuid4().hex[:12]}.db"
        lock = FileLock(lock_path(path))
        lock.acquire(wait=False)
        try:
            file = OutboxFile(path, self._most_bytes)
        except (sqlite3.Error, OSError):
            path.unlink(missing_ok=True)
            lock.release(remove=True)
            raise
        self._lock = lock
        return file

    def close(self) -> None:
        """Let go of the file; the rows in it are shipped by whoever adopts it."""
        with self._opening:
            if self._file is not None and self._lock is not None:
                self._file.close()
                self._lock.release()
                self._file = self._lock = None

    def adopt(self) -> "Adopted | None":
        """A file whose process has ended, now this process's to ship; None when there is none."""
        for path in sorted(self.folder.glob("outbox-*.db")):
            lock = FileLock(lock_path(path))
            if not lock.acquire(wait=False):
                continue
            if path.exists():
                return Adopted(path, lock)
            lock.release(remove=True)
        return None


class Adopted:
    """The outbox file of a process that has ended."""

    def __init__(self, path: Path, lock: FileLock):
        self.path = path
        self._lock = lock

    def open(self) -> OutboxFile:
        """The file; raises sqlite3.DatabaseError when it is none."""
        return OutboxFile(self.path)

    def leave(self) -> None:
        """Let go of the file with what it still holds."""
        self._lock.release()

    def remove(self) -> None:
        """Delete the emptied file."""
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self._lock.release(remove=True)

    def put_out_of_the_way(self) -> Path:
        """Rename a file that cannot be read; its new path."""
        broken = self.path.with_suffix(".broken")
        self.path.rename(broken)
        self._lock.release(remove=True)
        return broken


def insertion(rows: list[tuple[str, str]]) -> tuple[str, list[str]]:
    """The statement that writes (kind, body) rows, and its values."""
    return INSERT + ", ".join(["(?, ?)"] * len(rows)), list(chain.from_iterable(rows))


def open_database(path: Path) -> sqlite3.Connection:
    """A connection for any thread, in WAL mode, with the tables there.

    The shipper makes the checkpoints, which wait for the disk; a request does in need alone.
    """
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.executescript(TABLES)
    return connection


def lock_path(path: Path) -> Path:
    """The lock of an outbox file: beside it, since SQLite locks the file itself."""
    return path.with_suffix(".lock")
