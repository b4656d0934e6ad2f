"""Keeps since when drift is alerted, and logs its start and its end once each."""

import json
import logging
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from drift_monitor.board import Alert, FeatureDrift

ADVICE = (
    "See GET /report. Is a client sending something else than before (units, defaults, a test)?"
    " Then mend it there. If the market itself changed, send actual prices to POST /feedback:"
    " with enough of them watch_drift retrains; start create_datasets in Airflow to do so now."
)
LOGGER = logging.getLogger(__name__)


class AlertKeeper:
    """The alert on drift of the features; a file keeps it over a restart of the monitor."""

    def __init__(self, path: Path):
        self._path = path
        self.alert = _kept(path)

    def update(self, drift: FeatureDrift, version: str) -> Alert:
        """The alert after a run; a window that is not full never alerts."""
        if drift.exceeds and not self.alert.active:
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            self._keep(Alert(True, now))
            LOGGER.warning(
                "ALERT: input drift against model version %s: %s. %s. %s",
                *(version, figures(drift), "; ".join(words(drift)), ADVICE),
            )
        elif self.alert.active and not drift.exceeds:
            LOGGER.warning(
                "the alert on input drift since %s is over: %s", self.alert.since, figures(drift)
            )
            self._keep(Alert())
        return self.alert

    def _keep(self, alert: Alert) -> None:
        """A disk that takes nothing costs `since` at the next restart, and no more."""
        self.alert = alert
        unfinished = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(asdict(alert)), encoding="utf-8")
            unfinished.replace(self._path)
        except OSError as error:
            LOGGER.warning("the alert is not kept in %s: %s", self._path, error)


def _kept(path: Path) -> Alert:
    """The alert that stood when the monitor last ran; none where the file does not tell."""
    try:
        return Alert(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Alert()
    except (OSError, ValueError, TypeError) as error:
        LOGGER.warning("the alert kept in %s cannot be read: %s", path, error)
        return Alert()


def figures(drift: FeatureDrift) -> str:
    """The share of columns that drifted and its threshold, in words."""
    if drift.share is None or drift.threshold is None:
        return "the window is not full"
    return (
        f"{len(drift.drifted)} of {len(drift.columns)} columns drifted"
        f" (share {drift.share:.3f}, threshold {drift.threshold:.3f})"
    )


def words(drift: FeatureDrift) -> list[str]:
    """What changed in each drifted column, the worst first."""
    return [column.explanation for column in drift.drifted]
