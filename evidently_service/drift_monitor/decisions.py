"""Counts the registered versions by what became of them, and asks the registry rarely."""

import time
from collections import Counter
from collections.abc import Callable

DECISIONS = ("promoted", "forced", "rolled_back", "accepted", "refused", "unjudged")
EVERY_SECONDS = 60


def decision_of(tags: dict[str, str]) -> str:
    """What the tags that training leaves on a version say of it; the last change counts.

    `promoted`, `forced` and `rolled_back` were in production; `accepted` passed the gate, and no
    more; `refused` did not; `unjudged` never came to it.
    """
    if tags.get("rolled_back", "") > tags.get("promoted_at", ""):  # ISO times, in UTC
        return "rolled_back"
    if "promoted_at" in tags:
        return "forced" if "forced" in tags else "promoted"
    return {"accepted": "accepted", "refused": "refused"}.get(tags.get("gate", ""), "unjudged")


class Tally:
    """The last known counts by decision; none before the registry has first answered."""

    def __init__(
        self,
        tags_of_versions: Callable[[], list[dict[str, str]]],
        clock: Callable[[], float] = time.monotonic,
    ):
        self.counts: dict[str, int] = {}
        self._tags_of_versions = tags_of_versions
        self._clock = clock
        self._due = clock()

    def refresh(self) -> None:
        """Count anew where it is time; raises what asking raises, and keeps the last counts."""
        if self._clock() < self._due:
            return
        self._due = self._clock() + EVERY_SECONDS
        found = Counter(decision_of(tags) for tags in self._tags_of_versions())
        self.counts = {decision: found[decision] for decision in DECISIONS}
