"""Reads the prediction log, and only reads: the latest rows by the time of prediction."""

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Engine,
    Float,
    MetaData,
    Select,
    Table,
    Text,
    create_engine,
    or_,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from drift_monitor.errors import LogUnreadable

CONNECT_TIMEOUT_SECONDS = 5
STATEMENT_TIMEOUT_MILLISECONDS = 10_000

PREDICTIONS = Table(
    "predictions",
    MetaData(),
    Column("prediction_id", Text, primary_key=True),
    Column("predicted_at", DateTime(timezone=True)),
    Column("model_version", Text),
    Column("source", Text),
    Column("features", JSON),
    Column("price", Float),
    Column("low", Float),
    Column("high", Float),
    Column("actual_price", Float),
)


@dataclass(frozen=True)
class Tenure:
    """One version's time in production; `since` is None where it always was there."""

    version: str
    since: datetime | None = None


@dataclass
class PredictionLog:
    """The table `predictions` behind a SQLAlchemy URL."""

    engine: Engine

    @classmethod
    def at(cls, url: str) -> "PredictionLog":
        """The log of PREDICTION_LOG_URL; nothing connects yet, and nothing is ever created."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            path = quote(str(Path(parsed.database or "").resolve()))
            options = {"timeout": CONNECT_TIMEOUT_SECONDS}
            return cls(
                create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", connect_args=options)
            )
        read_only = (
            "-c default_transaction_read_only=on "
            f"-c statement_timeout={STATEMENT_TIMEOUT_MILLISECONDS}"
        )
        options = {"connect_timeout": CONNECT_TIMEOUT_SECONDS, "options": read_only}
        return cls(create_engine(parsed, connect_args=options, pool_pre_ping=True))

    def latest(self, limit: int) -> list[dict]:
        """The newest predictions of any version, but those of a CSV: prediction_id, features."""
        columns = PREDICTIONS.c
        query = select(columns.prediction_id, columns.features)
        return self._rows(_newest(query.where(_not_of_a_csv()), limit))

    def prices(self, tenure: Tenure, limit: int) -> list[float]:
        """The newest predicted prices of a version since its promotion, but those of a CSV."""
        query = select(PREDICTIONS.c.price).where(_not_of_a_csv(), PREDICTIONS.c.price.is_not(None))
        rows = self._rows(_newest(self._within(query, tenure), limit))
        return [row["price"] for row in rows]

    def labelled(self, tenure: Tenure, limit: int) -> list[dict]:
        """The newest rows with an actual price: price, low, high, actual_price."""
        columns = PREDICTIONS.c
        query = select(columns.price, columns.low, columns.high, columns.actual_price).where(
            columns.actual_price.is_not(None), columns.price.is_not(None)
        )
        return self._rows(_newest(self._within(query, tenure), limit))

    def _within(self, query: Select, tenure: Tenure) -> Select:
        query = query.where(PREDICTIONS.c.model_version == tenure.version)
        if tenure.since is None:
            return query
        since = tenure.since.astimezone(timezone.utc)
        if self.engine.dialect.name == "sqlite":  # its times are naive, in UTC
            since = since.replace(tzinfo=None)
        return query.where(PREDICTIONS.c.predicted_at >= since)

    def _rows(self, query: Select) -> list[dict]:
        try:
            with self.engine.connect() as connection:
                return [dict(row) for row in connection.execute(query).mappings()]
        except SQLAlchemyError as error:
            raise LogUnreadable(
                f"The prediction log cannot be read: {getattr(error, 'orig', None) or error}"
            ) from error
        except json.JSONDecodeError as error:
            raise LogUnreadable(f"The prediction log holds broken JSON: {error}") from error


def _not_of_a_csv():
    return or_(PREDICTIONS.c.source.is_(None), PREDICTIONS.c.source != "csv")


def _newest(query: Select, limit: int) -> Select:
    """Feedback may come before its prediction: such rows have no time yet."""
    timed = query.where(PREDICTIONS.c.predicted_at.is_not(None))
    return timed.order_by(PREDICTIONS.c.predicted_at.desc()).limit(limit)
