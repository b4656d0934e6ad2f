"""Decides whether drift is a reason to train: not too soon, and with something to learn."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import requests
from pydantic import BaseModel, ValidationError

from vehicle_pricing import feedback
from vehicle_pricing.addresses import split_login
from vehicle_pricing.errors import MonitorError
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage

MONITOR_TIMEOUT_SECONDS = 10


class Column(BaseModel):
    """A column of the monitor's answer."""

    name: str
    drifted: bool


class Drift(BaseModel):
    """What is read of the monitor's `GET /drift`."""

    alert: bool
    window_rows: int
    columns: list[Column]


@dataclass(frozen=True)
class DatasetMade:
    """When a data set was made (UTC), and whether it holds feedback."""

    made_at: datetime
    has_feedback: bool


@dataclass(frozen=True)
class Decision:
    """Whether to start `create_datasets`, and why or why not."""

    retrain: bool
    reason: str


def decide(settings: Settings, now: datetime | None = None) -> Decision:
    """Ask the monitor and the prediction log; raises MonitorError, FeedbackError."""
    drift = ask_monitor(settings.monitor_url)
    if not drift.alert:
        return Decision(False, f"No drift: {drift.window_rows} rows in the window, no alert.")
    latest = latest_dataset(Storage.from_settings(settings))
    labels = feedback.new_labels(settings, latest.made_at)
    return weigh(drift, latest, labels, settings, now or datetime.now(timezone.utc))


def weigh(
    drift: Drift, latest: DatasetMade, labels: int, settings: Settings, now: datetime
) -> Decision:
    """The decision on an active alert; `labels` counts actual prices since the latest data set.

    The cool-down rests after a data set that learned from feedback, which is what drift starts;
    one of the archive alone says nothing about the world that has changed.
    """
    drifted = [column.name for column in drift.columns if column.drifted]
    what = f"{', '.join(drifted) or 'the share of columns'} drifted"
    rest = latest.made_at + timedelta(minutes=settings.retrain_cooldown_minutes) - now
    if latest.has_feedback and rest > timedelta(0):
        minutes = rest.total_seconds() / 60
        return Decision(
            False,
            f"{what}, but a data set was made of feedback lately: {minutes:.0f} min to wait"
            " (RETRAIN_COOLDOWN_MINUTES).",
        )
    wanted = settings.retrain_min_labels
    if labels < wanted:
        return Decision(
            False,
            f"{what}, but only {labels} new listings have a known actual price; {wanted} are"
            f" needed (RETRAIN_MIN_LABELS). Send actual prices to POST /feedback:"
            " without them a training would only make the same model again.",
        )
    return Decision(True, f"{what}, and {labels} new listings have a known actual price.")


def ask_monitor(url: str) -> Drift:
    """Return the monitor's `GET /drift`; raise MonitorError if it gives none."""
    url, login = split_login(url)
    try:
        answer = requests.get(f"{url}/drift", auth=login, timeout=MONITOR_TIMEOUT_SECONDS)
        answer.raise_for_status()
        return Drift.model_validate_json(answer.content)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the body"
        raise MonitorError(
            f"The drift monitor at {url} answers what is not understood ({where}: {fault['msg']})."
            " Does MONITOR_URL name the monitor, and is it of the same release?"
        ) from error
    except requests.RequestException as error:
        raise MonitorError(
            f"The drift monitor at {url} does not answer ({error}). Is it running? See its log."
        ) from error


def latest_dataset(storage: Storage) -> DatasetMade:
    """When the latest data set was made, and of what; long ago when there is none."""
    version = storage.latest_dataset()
    if not version:
        return DatasetMade(datetime.min.replace(tzinfo=timezone.utc), False)
    card = storage.dataset_card(version)
    return DatasetMade(datetime.fromisoformat(card["created_at"]), card["feedback"]["rows"] > 0)
