"""Keeps since when drift is alerted, and logs its start and its end once each."""

import logging
from datetime import datetime, timezone

from drift_monitor.board import Alert, FeatureDrift

ADVICE = (
    "See GET /report. Is a client sending something else than before (units, defaults, a test)?"
    " Then mend it there. If the market itself changed, send actual prices to POST /feedback:"
    " with enough of them watch_drift retrains; start create_datasets in Airflow to do so now."
)
LOGGER = logging.getLogger(__name__)


class AlertKeeper:
    """The alert on drift of the features."""

    def __init__(self):
        self.alert = Alert()

    def update(self, drift: FeatureDrift, version: str) -> Alert:
        """The alert after a run; a window that is not full never alerts."""
        if drift.exceeds and not self.alert.active:
            self.alert = Alert(True, datetime.now(timezone.utc).isoformat(timespec="seconds"))
            LOGGER.warning(
                "ALERT: input drift against model version %s: %s. %s. %s",
                *(version, figures(drift), "; ".join(words(drift)), ADVICE),
            )
        elif self.alert.active and not drift.exceeds:
            LOGGER.warning(
                "the alert on input drift since %s is over: %s", self.alert.since, figures(drift)
            )
            self.alert = Alert()
        return self.alert


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
