"""Registered versions are counted once each, by what became of them."""

import pytest

from drift_monitor.decisions import DECISIONS, EVERY_SECONDS, Tally, decision_of
from drift_monitor.errors import RegistryUnreachable
from drift_monitor.registry import Registry

FIRST, SECOND, THIRD = (f"2026-11-0{day}T00:00:00+00:00" for day in (1, 2, 3))


class Versions:
    """A registry's versions, and a clock that a test moves."""

    def __init__(self, *tags):
        self.tags, self.asked, self.seconds = list(tags), 0, 1000.0

    def ask(self):
        """The tags of every version, or none where the registry is down."""
        self.asked += 1
        if not self.tags:
            raise RegistryUnreachable("MLflow is down")
        return self.tags

    def clock(self):
        """The time."""
        return self.seconds


@pytest.mark.parametrize(
    "tags, decision",
    [
        ({}, "unjudged"),
        ({"gate": "accepted"}, "accepted"),
        ({"gate": "accepted", "promoted_at": FIRST}, "promoted"),
        ({"gate": "refused", "refused": "worse"}, "refused"),
        ({"gate": "refused", "forced": "it must", "promoted_at": FIRST}, "forced"),
        ({"gate": "accepted", "promoted_at": FIRST, "rolled_back": SECOND}, "rolled_back"),
        ({"promoted_at": THIRD, "rolled_back": SECOND, "forced": "it must"}, "forced"),
        ({"gate": "accepted", "promoted_at": THIRD, "rolled_back": SECOND}, "promoted"),
    ],
)
def test_the_tags_of_a_version_say_what_became_of_it(tags, decision):
    assert decision_of(tags) == decision


def test_every_decision_has_a_count_and_they_add_up_to_the_versions():
    versions = Versions({"gate": "refused"}, {"gate": "refused"}, {"promoted_at": FIRST})
    tally = Tally(versions.ask, versions.clock)
    assert not tally.counts
    tally.refresh()
    assert set(tally.counts) == set(DECISIONS)
    assert (tally.counts["refused"], tally.counts["promoted"], tally.counts["forced"]) == (2, 1, 0)
    assert sum(tally.counts.values()) == 3


def test_the_registry_is_asked_once_a_minute():
    versions = Versions({})
    tally = Tally(versions.ask, versions.clock)
    for _ in range(3):
        tally.refresh()
    assert versions.asked == 1
    versions.seconds += EVERY_SECONDS
    tally.refresh()
    assert versions.asked == 2


def test_the_last_counts_stay_while_the_registry_is_down():
    versions = Versions({"gate": "refused"})
    tally = Tally(versions.ask, versions.clock)
    tally.refresh()
    versions.tags, versions.seconds = [], versions.seconds + EVERY_SECONDS
    with pytest.raises(RegistryUnreachable):
        tally.refresh()
    assert tally.counts["refused"] == 1


def test_a_registry_that_is_down_is_named(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RegistryUnreachable, match="MLflow at http://127.0.0.1:1: "):
        Registry("http://127.0.0.1:1").tags_of_versions()
