"""The prediction log: one table, written by the service alone, in PostgreSQL or SQLite."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Engine,
    Float,
    Index,
    MetaData,
    Table,
    Text,
    and_,
    create_engine,
    delete,
    event,
    make_url,
    or_,
)
from sqlalchemy.dialects import postgresql, sqlite

WAIT_SECONDS = 5
PREDICTION_COLUMNS = (
    "predicted_at",
    "model_version",
    "source",
    "features",
    "price",
    "low",
    "high",
    "latency_seconds",
)

metadata = MetaData()
predictions = Table(
    "predictions",
    metadata,
    Column("prediction_id", Text, primary_key=True),
    Column("predicted_at", DateTime(timezone=True)),
    Column("model_version", Text),
    Column("source", Text),
    Column("features", JSON),
    Column("price", Float),
    Column("low", Float),
    Column("high", Float),
    Column("latency_seconds", Float),
    Column("actual_price", Float),
    Column("actual_at", DateTime(timezone=True)),
    Index("ix_predictions_predicted_at", "predicted_at"),
    Index("ix_predictions_actual_at", "actual_at"),
)


class PredictionLog:
    """Idempotent writes to the table: a row that comes twice is written once."""

    def __init__(self, url: str):
        self.engine = engine_of(url)
        self._insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[
            self.engine.dialect.name
        ]

    def write(self, priced: list[dict[str, Any]], actual: list[dict[str, Any]]) -> None:
        """Write predictions and actual prices in one transaction; raises SQLAlchemyError."""
        with self.engine.begin() as connection:
            if priced:
                connection.execute(self._fill_in(), priced)
            if actual:
                connection.execute(self._set_actual(), actual)

    def prune(self, retention_days: int, now: datetime | None = None) -> int:
        """Delete rows past their time, but for predictions with an actual price; how many."""
        cutoff = (now or datetime.now(timezone.utc)) - timedelta(days=retention_days)
        table = predictions.c
        unlabelled = and_(table.predicted_at < cutoff, table.actual_price.is_(None))
        never_predicted = and_(table.predicted_at.is_(None), table.actual_at < cutoff)
        with self.engine.begin() as connection:
            statement = delete(predictions).where(or_(unlabelled, never_predicted))
            return connection.execute(statement).rowcount

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def _fill_in(self):
        """A prediction: new, or the missing part of a row that its feedback made."""
        statement = self._insert(predictions)
        return statement.on_conflict_do_update(
            index_elements=["prediction_id"],
            set_={name: statement.excluded[name] for name in PREDICTION_COLUMNS},
            where=predictions.c.predicted_at.is_(None),
        )

    def _set_actual(self):
        """An actual price: the latest given wins, in whatever order they arrive."""
        statement = self._insert(predictions)
        known = predictions.c.actual_at
        return statement.on_conflict_do_update(
            index_elements=["prediction_id"],
            set_={name: statement.excluded[name] for name in ("actual_price", "actual_at")},
            where=or_(known.is_(None), known <= statement.excluded.actual_at),
        )


def engine_of(url: str) -> Engine:
    """An engine that gives up on a silent database within seconds."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return sqlite_engine(url)
    wait = {"connect_timeout": WAIT_SECONDS, "options": f"-c statement_timeout={WAIT_SECONDS}s"}
    return create_engine(
        url, pool_size=1, max_overflow=1, pool_timeout=WAIT_SECONDS, connect_args=wait
    )


def sqlite_engine(url: str) -> Engine:
    """SQLite in WAL mode, so that readers and the workers' writers do not block each other."""
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def use_wal(connection, _record):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine


def make_folder(url: str) -> None:
    """Make the folder of a SQLite file."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
