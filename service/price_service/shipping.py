"""The thread that moves the outbox's rows to the prediction log.

What a machine that loses its disk loses of the log's rows:
- stopped in order (SIGTERM), nothing, where the log answers within STOP_SECONDS;
- lost without a word, the rows of its last second: a row waits for at most GATHER_SECONDS and for
  the batch before its own;
- lost while the log does not answer, the rows since it answered last, at most MOST_OUTBOX_BYTES.
"""

import json
import logging
import sqlite3
import threading
import time
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from price_service.metrics import Metrics
from price_service.outbox import FEEDBACK, PREDICTION, Adopted, Entry, Outbox, OutboxFile
from price_service.prediction_log import PredictionLog

BATCH_ROWS = 200
GATHER_SECONDS = 0.2
DRAIN_RETRY_SECONDS = 0.5
LOOK_SECONDS = 1.0
DAY_SECONDS, PRUNE_RETRY_SECONDS = 86_400, 3_600
logger = logging.getLogger(__name__)


class LogUnreachable(Exception):
    """The prediction log takes nothing now."""


class RowRefused(Exception):
    """The prediction log will never take this."""


class Shipper:
    """Ships this worker's outbox and those of workers that have died."""

    def __init__(self, outbox: Outbox, log: PredictionLog, metrics: Metrics, most_wait: float = 10):
        self.outbox = outbox
        self.log = log
        self.metrics = metrics
        self.most_wait_seconds = most_wait
        self._failures = 0
        self._turn = threading.Lock()

    def run(self, stop: threading.Event, retention_days: int) -> None:
        """Ship until told to stop, and drop rows past their time once a day."""
        next_prune = time.monotonic() + LOOK_SECONDS
        while not stop.is_set():
            self.outbox.written.wait(LOOK_SECONDS)
            self.outbox.written.clear()
            shipped = self.ship_all()
            if shipped and time.monotonic() >= next_prune:
                next_prune = time.monotonic() + self._prune(retention_days)
            stop.wait(GATHER_SECONDS if shipped else self.wait_seconds())

    def wait_seconds(self) -> float:
        """How long to leave the log alone after failures in a row."""
        return min(self.most_wait_seconds, 0.5 * 2 ** min(self._failures, 10))

    def drain(self, within_seconds: float) -> bool:
        """Ship everything, trying again until the time is up; whether nothing is left."""
        pause, deadline = threading.Event(), time.monotonic() + within_seconds
        while not self.ship_all():
            if time.monotonic() + DRAIN_RETRY_SECONDS > deadline:
                logger.error("the process ends, and rows of its outbox are not shipped")
                return False
            pause.wait(DRAIN_RETRY_SECONDS)
        return True

    def ship_all(self) -> bool:
        """Ship everything that waits; False when the log or the disk does not play along."""
        with self._turn:
            return self._ship_all()

    def _ship_all(self) -> bool:
        try:
            own = self.outbox.file()
            self._ship(own)
            while adopted := self.outbox.adopt():
                self._ship_adopted(adopted, own)
            own.checkpoint()
            self.metrics.shipping.waiting.set(0)
            self._note_success()
        except LogUnreachable as error:
            self._note_failure(f"the prediction log takes nothing: {error}")
            return False
        except (sqlite3.Error, OSError) as error:
            self._note_failure(f"the outbox cannot be read: {error}")
            return False
        return True

    def _ship(self, file: OutboxFile) -> None:
        """Empty one file, oldest rows first."""
        while entries := file.oldest(BATCH_ROWS):
            try:
                self._write(entries)
                file.delete(entries)
            except LogUnreachable:
                self.metrics.shipping.waiting.set(len(file))
                raise
            except RowRefused:
                self._ship_one_by_one(file, entries)

    def _ship_one_by_one(self, file: OutboxFile, entries: list[Entry]) -> None:
        """Find the row that spoils its batch, and set it aside."""
        for entry in entries:
            try:
                self._write([entry])
                file.delete([entry])
            except RowRefused as refused:
                file.set_aside(entry, str(refused)[:1000])
                self.metrics.shipping.poisoned.inc()
                logger.error("a %s row is set aside, unwritable: %s", entry.kind, refused)

    def _ship_adopted(self, adopted: Adopted, own: OutboxFile) -> None:
        try:
            file = adopted.open()
        except sqlite3.DatabaseError as error:
            logger.error("unreadable outbox kept as %s: %s", adopted.put_out_of_the_way(), error)
            return
        try:
            self._ship(file)
            own.take_over(file.poison())
        except (LogUnreachable, sqlite3.Error):
            file.close()
            adopted.leave()
            raise
        file.close()
        adopted.remove()
        logger.info("the outbox of an ended worker is shipped: %s", adopted.path.name)

    def _write(self, entries: list[Entry]) -> None:
        """One transaction in the log; raises LogUnreachable or RowRefused."""
        try:
            priced = rows_of(entries, PREDICTION)
            actual = rows_of(entries, FEEDBACK)
            self.log.write(priced, actual)
        except (DataError, IntegrityError, ValueError, TypeError, KeyError) as error:
            raise RowRefused(str(error)[:300]) from error
        except SQLAlchemyError as error:
            if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
                raise RowRefused(str(error)[:300]) from error
            raise LogUnreachable(first_line(error)) from error
        self.metrics.shipping.shipped.inc(len(entries))

    def _prune(self, retention_days: int) -> float:
        """Delete old rows; the seconds until that is due again."""
        try:
            removed = self.log.prune(retention_days)
        except SQLAlchemyError as error:
            logger.warning("the prediction log was not pruned: %s", first_line(error))
            return PRUNE_RETRY_SECONDS
        if removed:
            logger.info("%d rows older than %d days are pruned", removed, retention_days)
        return DAY_SECONDS

    def _note_failure(self, reason: str) -> None:
        self._failures += 1
        self.metrics.shipping.failures.inc()
        if self._failures == 1:
            logger.warning("%s; rows are kept and tried again", reason)

    def _note_success(self) -> None:
        if self._failures:
            logger.info("the prediction log is back; everything kept is shipped")
        self._failures = 0


def rows_of(entries: list[Entry], kind: str) -> list[dict[str, Any]]:
    """The log's rows of one kind, the last of each prediction id."""
    rows = (row_of(entry) for entry in entries if entry.kind == kind)
    return list({row["prediction_id"]: row for row in rows}.values())


def row_of(entry: Entry) -> dict[str, Any]:
    """An outbox row as the log's columns."""
    row = json.loads(entry.body)
    for name in ("predicted_at", "actual_at"):
        if name in row:
            row[name] = datetime.fromisoformat(row[name])
    return row


def first_line(error: Exception) -> str:
    """What SQLAlchemy says before it quotes the statement."""
    return str(error).partition("\n")[0][:300]
