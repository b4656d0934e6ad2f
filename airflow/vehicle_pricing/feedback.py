"""Listings of the prediction log whose actual price is known, as data to learn from."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import sqlalchemy
from sqlalchemy import JSON, DateTime, Float, Text, column, func, select, table

from vehicle_pricing import prepare
from vehicle_pricing.errors import FeedbackError
from vehicle_pricing.settings import Settings

log = logging.getLogger(__name__)

FAR_FACTOR = 2
FAR_OUTSIDE = f"price more than {FAR_FACTOR} times outside its range"
UNKNOWN_MAKE = "make that the archive does not know"
CONNECT_TIMEOUT_SECONDS = 10
PREDICTIONS = table(
    "predictions",
    column("prediction_id", Text),
    column("predicted_at", DateTime(timezone=True)),
    column("features", JSON),
    column("low", Float),
    column("high", Float),
    column("actual_price", Float),
    column("actual_at", DateTime(timezone=True)),
)
LABELLED = PREDICTIONS.c.actual_price.is_not(None) & PREDICTIONS.c.predicted_at.is_not(None)


@dataclass(frozen=True)
class Feedback:
    """Labelled listings: those to learn from, and those held back for a person, with `reason`.

    `raw` are all of them as they came.
    """

    accepted: pd.DataFrame
    held_back: pd.DataFrame
    raw: pd.DataFrame

    @property
    def snapshot(self) -> str:
        """A hash of which listings with which prices were accepted; empty without any."""
        if self.accepted.empty:
            return ""
        pairs = zip(self.accepted["listing_id"], self.accepted["price"])
        text = "\n".join(sorted(f"{listing} {price:g}" for listing, price in pairs))
        return hashlib.sha256(text.encode()).hexdigest()


def labelled(settings: Settings, now: datetime | None = None) -> Feedback:
    """The labelled listings of the last FEEDBACK_DAYS; none where there is no log yet.

    Raises FeedbackError where the log is there and cannot be read.
    """
    since = (now or datetime.now(timezone.utc)) - timedelta(days=settings.feedback_days)
    columns = [PREDICTIONS.c[name] for name in PREDICTIONS.c.keys()]
    with reading_log(settings) as connection:
        rows = []
        if connection is not None:
            query = select(*columns).where(
                LABELLED, PREDICTIONS.c.actual_at >= utc(since, settings)
            )
            rows = connection.execute(query).mappings().all()
    found = weigh([dict(row) for row in rows])
    log.info("feedback: %s accepted, %s held back", len(found.accepted), len(found.held_back))
    return found


def new_labels(settings: Settings, since: datetime) -> int:
    """How many listings got their actual price after `since`; raises FeedbackError."""
    with reading_log(settings) as connection:
        if connection is None:
            return 0
        later = PREDICTIONS.c.actual_at > utc(since, settings)
        query = select(func.count()).select_from(PREDICTIONS).where(LABELLED, later)
        return connection.execute(query).scalar_one()


def weigh(rows: list[dict]) -> Feedback:
    """Labelled rows of the log as clean listings; what cannot be learned from is held back (pure).

    A listing is posted when its actual price became known.
    """
    raw = pd.DataFrame([_raw(row) for row in rows], columns=_RAW_AND_RANGE)
    texts = raw[list(prepare.RAW_COLUMNS)].astype("str")
    clean, rejected = prepare.clean(texts)
    price = clean["price"]
    spread = raw.set_index("id")[["low", "high"]].astype("float64").reindex(clean["listing_id"])
    low, high = spread["low"].to_numpy(), spread["high"].to_numpy()
    far = ((price < low / FAR_FACTOR) | (price > high * FAR_FACTOR)).to_numpy(dtype=bool)
    reasons = [(raw_id, FAR_OUTSIDE) for raw_id in clean["listing_id"][far]]
    reasons += list(zip(rejected["id"], rejected["reason"]))
    accepted = clean[~far].drop(columns="vin").reset_index(drop=True)
    return Feedback(accepted, _with_reasons(raw, reasons), raw)


def of_known_makes(feedback: Feedback, makes: pd.Series) -> Feedback:
    """The feedback with listings of other makes held back: what is a make a person decides (pure).

    Else whatever is typed in as one would stand among the makes to choose from.
    """
    make = feedback.accepted["manufacturer"]
    unknown = make.notna() & ~make.isin(makes)
    held = _with_reasons(
        feedback.raw, [(row, UNKNOWN_MAKE) for row in feedback.accepted["listing_id"][unknown]]
    )
    accepted = feedback.accepted[~unknown].reset_index(drop=True)
    return Feedback(accepted, pd.concat([feedback.held_back, held]), feedback.raw)


@contextmanager
def reading_log(settings: Settings) -> Iterator[sqlalchemy.Connection | None]:
    """A connection to the prediction log; None where there is none yet."""
    url = _parsed_url(settings)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        log.info("no prediction log at %s yet: no feedback", url.database)
        yield None
        return
    arguments = {} if url.get_backend_name() == "sqlite" else _SERVER_ARGUMENTS
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, connect_args=arguments)
    try:
        with engine.connect() as connection:
            if sqlalchemy.inspect(connection).has_table("predictions"):
                yield connection
            else:
                log.info("the prediction log holds no predictions yet: no feedback")
                yield None
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise FeedbackError(
            f"the prediction log {url.render_as_string()} cannot be read ({error}): start its"
            " database or mend PREDICTION_LOG_URL, then run this again"
        ) from error
    finally:
        engine.dispose()


def utc(moment: datetime, settings: Settings) -> datetime:
    """The moment as the log's database compares it: SQLite keeps UTC without a zone."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    aware = aware.astimezone(timezone.utc)
    if _parsed_url(settings).get_backend_name() == "sqlite":
        return aware.replace(tzinfo=None)
    return aware


_RAW_AND_RANGE = [*prepare.RAW_COLUMNS, "low", "high"]
_SERVER_ARGUMENTS = {"connect_timeout": CONNECT_TIMEOUT_SECONDS}


def _parsed_url(settings: Settings) -> sqlalchemy.URL:
    try:
        url = sqlalchemy.make_url(settings.prediction_log_url)
        url.get_dialect()
        return url
    except (sqlalchemy.exc.ArgumentError, ImportError, ValueError):
        # What these say may hold a piece of the password.
        raise FeedbackError(
            "PREDICTION_LOG_URL is no SQLAlchemy URL, such as"
            " postgresql+psycopg2://user@host/database"
        ) from None


def _with_reasons(raw: pd.DataFrame, reasons: list[tuple[str, str]]) -> pd.DataFrame:
    """The raw listings that have a reason (id, reason), with it."""
    return raw.merge(pd.DataFrame(reasons, columns=["id", "reason"], dtype="str"), on="id")


def _raw(row: dict) -> dict:
    """A row of the log as a raw listing, all text."""
    posted = row["actual_at"]
    if posted.tzinfo is None:
        posted = posted.replace(tzinfo=timezone.utc)
    features = row["features"] or {}
    texts = {name: None if value is None else str(value) for name, value in features.items()}
    own = {"id": row["prediction_id"], "price": str(row["actual_price"])}
    spread = {"low": row["low"], "high": row["high"]}
    return {**texts, **own, **spread, "posting_date": posted.isoformat(), "VIN": None}
