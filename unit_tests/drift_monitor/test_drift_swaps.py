"""Alerts, error and coverage over a swap, a rollback and a restart of the monitor."""

import json
import logging
from datetime import timedelta

import pytest

from drift_monitor.board import Board
from drift_monitor.monitor import Monitor
from drift_monitor.presentation import as_json
from drift_monitor.registry import Kept, Production

from unit_tests.drift_monitor.conftest import START
from unit_tests.drift_monitor.test_drift_monitor_run import WINDOW, FakeRegistry


class RecordingBoard(Board):
    """A board that remembers all that it has shown."""

    def __init__(self, window_needed):
        super().__init__(window_needed)
        self.shown = []

    def show(self, status):
        """Replace the status."""
        super().show(status)
        self.shown.append(status)


@pytest.fixture(name="registry")
def fake_registry(schema, world):
    """A registry with version 1 in production since the beginning."""
    registry = FakeRegistry(schema, world(4000))
    registry.named = promoted("1", 0)
    return registry


@pytest.fixture(name="start")
def start_monitor(log, registry, tmp_path):
    """Starts a monitor, anew each time, on the same log, registry and folder."""

    def started():
        return Monitor(RecordingBoard(WINDOW), log.reader, registry, Kept(tmp_path / "monitor"))

    return started


@pytest.fixture(name="monitor")
def first_monitor(start, log):
    """A monitor with an empty log."""
    log.create()
    return start()


def promoted(version, seconds):
    """A version promoted that many seconds after the log's first moment."""
    since = (START + timedelta(seconds=seconds)).isoformat()
    return Production(version, f"{version}-100", since)


def drift_of(monitor):
    """GET /drift after one more run."""
    monitor.run_once()
    return as_json(monitor.board.status)


def test_a_swap_amid_an_alert_neither_ends_nor_restarts_it(
    monitor, log, registry, world, other_world, caplog
):
    log.add(other_world(world(WINDOW, 1)))
    before = drift_of(monitor)
    shown = len(monitor.board.shown)
    registry.named = promoted("2", log.written)
    caplog.clear()
    with caplog.at_level(logging.WARNING, "drift_monitor.alerts"):
        for seed in range(2, 5):
            log.add(other_world(world(WINDOW // 2, seed)), model_version="2")
            after = drift_of(monitor)
            assert (after["alert"], after["since"]) == (True, before["since"])
            assert after["model_version"] == "2"
    alerts = {(status.alert.active, status.alert.since) for status in monitor.board.shown[shown:]}
    assert alerts == {(True, before["since"])}
    assert not caplog.records


def test_the_window_holds_predictions_of_both_versions(monitor, log, registry, world, other_world):
    log.add(other_world(world(WINDOW // 2, 1)), model_version="1")
    assert drift_of(monitor)["alert"] is False
    registry.named = promoted("2", log.written)
    log.add(other_world(world(WINDOW // 2, 2)), model_version="2")
    found = drift_of(monitor)
    assert (found["alert"], found["window_rows"]) == (True, WINDOW)
    assert found["prediction"]["rows"] == WINDOW // 2


def test_a_swap_to_a_model_that_knows_the_new_world_ends_the_alert_once(
    monitor, log, registry, world, other_world, caplog
):
    log.add(other_world(world(WINDOW, 1)))
    assert drift_of(monitor)["alert"] is True
    registry.rows = other_world(world(4000, 7))
    registry.named = promoted("2", log.written)
    caplog.clear()
    with caplog.at_level(logging.WARNING, "drift_monitor.alerts"):
        found = [drift_of(monitor) for _ in range(3)]
    assert [(drift["alert"], drift["since"]) for drift in found] == [(False, None)] * 3
    assert [record.getMessage().split(" since ")[0] for record in caplog.records] == [
        "the alert on input drift"
    ]


def test_usual_listings_stay_silent_over_a_swap_and_a_rollback(monitor, log, registry, world):
    first = registry.named
    for seed, named in enumerate((first, promoted("2", WINDOW), promoted("1", 2 * WINDOW)), 1):
        registry.named = named
        log.add(world(WINDOW, seed), model_version=named.version)
        drift_of(monitor)
    assert not any(status.alert.active for status in monitor.board.shown)


def test_after_a_rollback_error_and_coverage_count_since_the_last_promotion(
    monitor, log, registry, world
):
    def given(seed, count, version, factor):
        rows = world(count, seed).assign(low=1.0, high=2.0)
        for _, row in rows.iterrows():
            price = row["predicted_price"] * factor
            log.add(row.to_frame().T, model_version=version, actual_price=price)
        return float(rows["predicted_price"].mean() * abs(factor - 1))

    given(1, 20, "1", 3.0)
    assert drift_of(monitor)["actual"]["rows"] == 20
    registry.named = promoted("2", log.written + 0.5)
    error = given(2, 10, "2", 1.2)
    found = drift_of(monitor)["actual"]
    assert (found["rows"], found["mae"]) == (10, pytest.approx(error))
    registry.named = promoted("1", log.written + 0.5)
    assert drift_of(monitor)["actual"]["rows"] == 0
    error = given(3, 5, "1", 1.5)
    found = drift_of(monitor)["actual"]
    assert (found["rows"], found["mae"]) == (5, pytest.approx(error))
    assert found["interval_coverage"] == 0


def test_an_alert_goes_on_while_the_swap_meets_a_log_that_is_down(
    monitor, log, registry, world, other_world
):
    log.add(other_world(world(WINDOW, 1)))
    since = drift_of(monitor)["since"]
    hidden = log.path.rename(log.path.with_suffix(".away"))
    log.reader.engine.dispose()
    registry.named = promoted("2", log.written)
    found = drift_of(monitor)
    assert found["problems"] and (found["alert"], found["since"]) == (True, since)
    hidden.rename(log.path)
    found = drift_of(monitor)
    assert not found["problems"] and (found["alert"], found["since"]) == (True, since)


def test_a_restart_of_the_monitor_keeps_since_when_and_tells_it_once(
    monitor, start, log, world, other_world, caplog
):
    log.add(other_world(world(WINDOW, 1)))
    since = drift_of(monitor)["since"]
    caplog.clear()
    again = start()
    found = drift_of(again)
    assert (found["alert"], found["since"]) == (True, since)
    assert all(status.alert.since == since for status in again.board.shown)
    assert "ALERT" not in caplog.text


def test_an_alert_that_is_over_stays_over_after_a_restart(monitor, start, log, world, other_world):
    log.add(other_world(world(WINDOW, 1)))
    assert drift_of(monitor)["alert"] is True
    log.add(world(WINDOW, 2))
    assert drift_of(monitor)["alert"] is False
    assert start().keeper.alert.active is False


@pytest.mark.parametrize("text", ["{half", "[]", '{"what": 1}'])
def test_a_kept_alert_that_cannot_be_read_is_said_and_the_monitor_goes_on(
    monitor, start, tmp_path, log, world, other_world, caplog, text
):
    log.add(other_world(world(WINDOW, 1)))
    drift_of(monitor)
    (tmp_path / "monitor" / "alert.json").write_text(text)
    found = drift_of(start())
    assert found["alert"] is True and found["since"]
    assert "cannot be read" in caplog.text
    assert json.loads((tmp_path / "monitor" / "alert.json").read_text())["active"] is True
