"""The steps from an archive to a data set; each takes and gives ids, and is safe to run twice."""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

import pandas as pd

from vehicle_pricing import cluster
from vehicle_pricing import download as downloading
from vehicle_pricing import feedback as labels
from vehicle_pricing import ingest
from vehicle_pricing import prepare as cleaning
from vehicle_pricing import split as splitting
from vehicle_pricing import vehicles
from vehicle_pricing.errors import DataSetError, MissingObjectError, NoNewData
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage, archive_card_path, archive_path, dataset_path

log = logging.getLogger(__name__)

VERSION_CHARACTERS = 12


@dataclass(frozen=True)
class Origin:
    """What a data set is made of: the archive's card, the parameters, counts of the feedback."""

    archive: dict
    parameters: dict
    feedback: dict


def download(settings: Settings) -> str:
    """Fetch and keep the archive that DATASET names; its SHA-256."""
    storage = Storage.from_settings(settings)
    storage.remove_abandoned_parts()
    return downloading.fetch(settings, storage)


def prepare(settings: Settings, archive: str) -> str:
    """Clean an archive's listings and take a snapshot of the feedback; the data set's version.

    Raises NoNewData where the data set of this input has been made before.
    """
    storage = Storage.from_settings(settings)
    card = _archive_card(storage, archive)
    feedback = labels.labelled(settings)
    parameters = _parameters(settings)
    version = version_of(archive, parameters, feedback.snapshot)
    if storage.exists(dataset_path(version, "card.json")):
        raise NoNewData(version)
    with cluster.mapping(settings.dask_scheduler) as each:
        summary = _ingest(storage, archive, version, each)
    counts = _keep_feedback(storage, version, feedback)
    _keep_summary(storage, version, summary, Origin(card, parameters, counts))
    return version


def split(settings: Settings, version: str) -> str:
    """Split a prepared data set; its version. The card is written last: then it exists."""
    storage = Storage.from_settings(settings)
    if storage.exists(dataset_path(version, "card.json")):
        log.info("data set %s has been split before", version)
        return version
    summary = _preparation(storage, version)
    share = summary["parameters"]["feedback_max_share"]
    with cluster.splitting(settings.dask_scheduler) as over_partitions:
        described = (over_partitions or _write_splits)(storage, version, share)
    _keep_card(storage, version, summary | described)
    return version


def _write_splits(storage: Storage, version: str, share: float) -> dict:
    """Write the splits; the dates of the listings, and how many vehicles they show."""
    listings = storage.read_frame(dataset_path(version, "listings.parquet"))
    feedback = storage.read_frame(dataset_path(version, "feedback.parquet"))
    feedback = vehicles.with_vehicles(feedback, vehicles.by_attributes(listings))
    frames = splitting.place_feedback(splitting.by_time(listings), feedback, share)
    for name, frame in frames.items():
        storage.write_frame(frame, dataset_path(version, f"{name}.parquet"))
    return span(listings["posting_date"]) | {"vehicles": listings["vehicle_id"].nunique()}


def _keep_feedback(storage: Storage, version: str, found: labels.Feedback) -> dict:
    """Keep the feedback beside the archive's listings; how much there is, and why not more."""
    path = dataset_path(version, "listings.parquet")
    makes = storage.read_frame(path, ["manufacturer"])["manufacturer"]
    found = labels.of_known_makes(found, makes.drop_duplicates())
    storage.write_frame(found.accepted, dataset_path(version, "feedback.parquet"))
    storage.write_frame(found.held_back, dataset_path(version, "held_back.parquet"))
    reasons = found.held_back["reason"].value_counts()
    return {
        "labelled": len(found.raw),
        "held_back": len(found.held_back),
        "held_back_by": {str(reason): int(count) for reason, count in reasons.items()},
    }


def _keep_card(storage: Storage, version: str, card: dict) -> None:
    """Write the card; `left_out` counts feedback on a vehicle told again, and beyond its share."""
    splits = {name: _described(storage, version, name) for name in splitting.SPLITS}
    rows = sum(described["feedback"] for described in splits.values())
    counts = card["feedback"]
    left_out = counts["labelled"] - counts["held_back"] - rows
    card = card | {
        "created_at": datetime.now(timezone.utc).isoformat(),
        "splits": splits,
        "feedback": counts | {"rows": rows, "left_out": left_out},
    }
    storage.write_json(card, dataset_path(version, "card.json"))
    log.info("made data set %s: %s", version, card["splits"])


def _archive_card(storage: Storage, archive: str) -> dict:
    try:
        return storage.read_json(archive_card_path(archive))
    except MissingObjectError as error:
        raise DataSetError(f"there is no archive {archive!r}: run download first") from error


def _preparation(storage: Storage, version: str) -> dict:
    try:
        return storage.read_json(dataset_path(version, "preparation.json"))
    except MissingObjectError as error:
        raise DataSetError(
            f"there is no prepared data set {version!r}: run prepare first"
        ) from error


def version_of(archive: str, parameters: dict, snapshot: str) -> str:
    """The version of the data set that this input makes."""
    text = json.dumps([archive, parameters, snapshot], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:VERSION_CHARACTERS]


def _parameters(settings: Settings) -> dict:
    return {
        "prepare": cleaning.PARAMETERS,
        "split": splitting.PARAMETERS,
        "feedback_max_share": settings.feedback_max_share,
    }


def _ingest(storage: Storage, archive: str, version: str, each: Callable) -> ingest.Summary:
    tomorrow = pd.Timestamp.now("UTC").tz_localize(None) + pd.Timedelta(days=1)
    with (
        storage.reading(archive_path(archive)) as source,
        storage.writing(dataset_path(version, "listings.parquet")) as listings,
        storage.writing(dataset_path(version, "rejected.parquet")) as rejected,
    ):
        return ingest.run(source, listings, rejected, tomorrow, each)


def _keep_summary(storage: Storage, version: str, summary: ingest.Summary, found: Origin) -> None:
    content = {
        "version": version,
        "archive": found.archive["sha256"],
        "source": found.archive["source"],
        "synthetic": found.archive["synthetic"],
        "rows_read": summary.rows_read,
        "rows_kept": summary.rows_kept,
        "rejected": dict(summary.rejected.most_common()),
        "blank_columns": summary.blank_columns,
        "feedback": found.feedback,
        "parameters": found.parameters,
    }
    storage.write_json(content, dataset_path(version, "preparation.json"))
    log.info("kept %s of %s listings", f"{summary.rows_kept:,}", f"{summary.rows_read:,}")
    log.info("turned away: %s", content["rejected"])
    if summary.blank_columns:
        columns = ", ".join(summary.blank_columns)
        log.warning("blank in all listings, so left out of the model: %s", columns)


def span(posted: pd.Series) -> dict:
    """The first and the last day of postings."""
    return {"from": posted.min().date().isoformat(), "to": posted.max().date().isoformat()}


def _described(storage: Storage, version: str, split_name: str) -> dict:
    """Rows, feedback among them, and dates of a split; the dates are the archive's listings'."""
    path = dataset_path(version, f"{split_name}.parquet")
    frame = storage.read_frame(path, ["feedback", "posting_date"])
    told = frame["feedback"]
    return {"rows": len(frame), "feedback": int(told.sum())} | span(frame["posting_date"][~told])
