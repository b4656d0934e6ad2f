"""Runs of the monitor on a real log, with a registry that a test holds in its hand."""

import json
import logging
from dataclasses import replace

import pytest

from drift_monitor.board import Board
from drift_monitor.errors import RegistryUnreachable
from drift_monitor.monitor import Monitor
from drift_monitor.presentation import as_json, distributions_as_json
from drift_monitor.registry import Kept, Production

WINDOW = 200


class FakeRegistry:
    """Names a version and hands out its files; or is down."""

    def __init__(self, schema, rows):
        self.schema, self.rows = schema, rows
        self.named = None
        self.down = False
        self.uncounted = False
        self.downloads = 0

    def production(self):
        """What production names."""
        if self.down:
            raise RegistryUnreachable("MLflow is down")
        return self.named

    def tags_of_versions(self):
        """The tags of two versions."""
        if self.down or self.uncounted:
            raise RegistryUnreachable("MLflow is down")
        return [{"gate": "accepted", "promoted_at": "2026-11-01"}, {"gate": "refused"}]

    def download(self, _version, folder):
        """Write the files of a version."""
        if self.down:
            raise RegistryUnreachable("MLflow is down")
        self.downloads += 1
        folder.mkdir(parents=True)
        (folder / "schema.json").write_text(json.dumps(self.schema))
        self.rows.to_parquet(folder / "reference.parquet")


@pytest.fixture(name="registry")
def fake_registry(schema, world):
    """A registry with version 1 in production."""
    registry = FakeRegistry(schema, world(4000))
    registry.named = Production("1", "1-100")
    return registry


@pytest.fixture(name="start")
def start_monitor(log, registry, tmp_path):
    """Starts a monitor, anew each time, on the same log, registry and folder."""

    def started():
        return Monitor(Board(WINDOW), log.reader, registry, Kept(tmp_path / "monitor"))

    return started


@pytest.fixture(name="monitor")
def first_monitor(start, log):
    """A monitor with an empty log."""
    log.create()
    return start()


def drift_of(monitor):
    """GET /drift after one more run."""
    monitor.run_once()
    return as_json(monitor.board.status)


def test_the_model_is_calibrated_before_the_window_is_full(monitor, log, world, tmp_path):
    log.add(world(30, 1))
    drift = drift_of(monitor)
    assert len(list((tmp_path / "monitor" / "calibrations").iterdir())) == 1
    assert (drift["window_rows"], drift["rows_missing"], drift["alert"]) == (30, 170, False)
    assert drift["drift_share"] is None
    assert drift["threshold"] > 0
    assert "170 to come" in drift["summary"]


def test_usual_listings_raise_no_alert(monitor, log, world):
    for seed in range(1, 6):
        log.add(world(400, seed))
        drift = drift_of(monitor)
        assert (drift["window_rows"], drift["alert"]) == (WINDOW, False)
    assert [column["name"] for column in drift["columns"]][:3] == ["year", "odometer", "fuel"]
    assert drift["prediction"]["drifted"] is False


def test_another_world_alerts_once_and_usual_listings_clear_it(
    monitor, log, world, other_world, caplog
):
    log.add(other_world(world(WINDOW, 1)))
    with caplog.at_level(logging.WARNING, "drift_monitor.alerts"):
        first, second = drift_of(monitor), drift_of(monitor)
        log.add(world(WINDOW, 2))
        third = drift_of(monitor)
    assert first["alert"] and second["alert"] and not third["alert"]
    assert first["since"] == second["since"] and third["since"] is None
    assert first["explanation"][0].startswith(("fuel: electric 100% now", "state: s40 100% now"))
    start, end = [record.getMessage() for record in caplog.records]
    assert "3 of 5 columns drifted" in start and "fuel: electric 100% now" in start
    assert first["since"] in end and "is over" in end


def test_the_distributions_are_those_of_the_last_full_window(monitor, log, world, other_world):
    log.add(world(30, 1))
    monitor.run_once()
    assert not monitor.board.status.features.distributions
    log.add(other_world(world(WINDOW, 1)))
    for _ in range(2):  # the second run sees the same window, and keeps what was made of it
        monitor.run_once()
        told = distributions_as_json(monitor.board.status)
        fuel = next(each for each in told["columns"] if each["name"] == "fuel")
        assert fuel["recent"][fuel["values"].index("electric")] == 1.0
        assert fuel["reference"][fuel["values"].index("gas")] == pytest.approx(0.86, abs=0.03)


def test_without_new_rows_nothing_is_compared_but_the_run_counts(monitor, log, world):
    log.add(world(WINDOW, 1))
    monitor.run_once()
    report, last = monitor.board.report, monitor.board.status.last_run_seconds
    monitor.run_once()
    assert monitor.board.report is report
    assert monitor.board.status.last_run_seconds > last


def test_a_log_that_is_down_is_said_and_the_monitor_goes_on(start, log, world, caplog):
    monitor = start()
    for _ in range(2):
        drift = drift_of(monitor)
    assert "unable to open" in drift["problems"][0] or "no such table" in drift["problems"][0]
    assert (drift["model_version"], drift["alert"]) == ("1", False)
    assert monitor.board.failures == {"prediction_log": 2}
    assert len([record for record in caplog.records if "cannot be read" in record.message]) == 1
    log.create()
    log.add(world(WINDOW, 1))
    assert not drift_of(monitor)["problems"]


def test_with_the_registry_down_the_last_model_is_still_watched(start, log, registry, world):
    log.create()
    start().run_once()
    registry.down = True
    log.add(world(WINDOW, 1))
    drift = drift_of(start())
    assert (drift["model_version"], drift["window_rows"]) == ("1", WINDOW)
    assert drift["drift_share"] is not None
    assert drift["problems"] == ["MLflow is down"]
    assert registry.downloads == 1


def test_without_a_model_the_rows_are_counted(monitor, log, registry, world):
    registry.named = None
    log.add(world(10, 1))
    drift = drift_of(monitor)
    assert (drift["model_version"], drift["window_rows"], drift["alert"]) == (None, 10, False)
    assert "No model" in drift["summary"]


def test_a_reference_that_cannot_be_read_is_said(monitor, registry):
    registry.schema = {"features": "none"}
    assert "version 1 cannot be used" in drift_of(monitor)["problems"][0]
    assert monitor.board.failures == {"reference": 1}


def test_a_promotion_keeps_the_window_but_starts_predictions_and_labels_anew(
    monitor, log, registry, world
):
    log.add(world(WINDOW, 1), actual_price=10_000.0)
    before = drift_of(monitor)
    registry.named = Production("2", "2-200")
    after = drift_of(monitor)
    assert (before["prediction"]["rows"], after["prediction"]["rows"]) == (WINDOW, 0)
    assert (before["actual"]["rows"], after["actual"]["rows"]) == (WINDOW, 0)
    assert (after["model_version"], after["window_rows"]) == ("2", WINDOW)
    assert after["drift_share"] is not None
    assert after["prediction"]["score"] is None


def test_an_alert_outlasts_a_promotion_that_did_not_mend_it(
    monitor, log, registry, world, other_world
):
    log.add(other_world(world(WINDOW, 1)))
    since = drift_of(monitor)["since"]
    registry.named = Production("2", "2-200")
    assert drift_of(monitor)["since"] == since


def test_error_and_coverage_come_from_feedback(monitor, log, world):
    rows = world(40, 1)
    log.add(rows.head(30), actual_price=None)
    for _, row in rows.tail(10).iterrows():
        log.add(row.to_frame().T, actual_price=row["predicted_price"] * 1.6)
    actual = drift_of(monitor)["actual"]
    assert (actual["rows"], actual["interval_coverage"]) == (10, 0.0)
    assert actual["mae"] == pytest.approx(rows["predicted_price"].tail(10).mean() * 0.6)
    assert 0.85 < actual["reference_interval_coverage"] < 0.97


def test_the_prices_of_a_window_that_fills_stand_beside_those_of_the_reference(
    monitor, log, registry, world
):
    monitor.run_once()
    assert not monitor.board.status.prediction.quantiles["window"]
    rows = world(40, 1)
    log.add(rows)
    monitor.run_once()
    found = monitor.board.status.prediction.quantiles
    assert found["window"][0.5] == pytest.approx(rows["predicted_price"].median())
    assert found["reference"][0.9] == pytest.approx(registry.rows["predicted_price"].quantile(0.9))


def test_a_full_window_has_quantiles_too(monitor, log, world):
    rows = world(WINDOW, 1)
    log.add(rows)
    monitor.run_once()
    prediction = monitor.board.status.prediction
    assert prediction.score is not None
    assert prediction.quantiles["window"][0.1] == pytest.approx(
        rows["predicted_price"].quantile(0.1)
    )


def test_the_registered_versions_are_counted_by_decision(monitor):
    monitor.run_once()
    counts = monitor.board.status.model_versions
    assert (counts["promoted"], counts["refused"], sum(counts.values())) == (1, 1, 2)


def test_versions_that_cannot_be_counted_cost_the_run_nothing(
    monitor, registry, log, world, caplog
):
    registry.uncounted = True
    log.add(world(WINDOW, 1))
    drift = drift_of(monitor)
    assert (drift["model_version"], drift["problems"]) == ("1", [])
    assert drift["drift_share"] is not None
    assert not monitor.board.status.model_versions
    assert monitor.board.failures == {"registry": 1}
    assert "were not counted: MLflow is down" in caplog.text


def test_the_promotion_is_dated_by_the_registry_where_it_says_so(tmp_path):
    kept = Kept(tmp_path)
    first = kept.remember(Production("1", "1-1", "2026-11-01T00:00:00+00:00"))
    second = kept.remember(Production("2", "2-2", "2026-11-02T00:00:00+00:00"))
    assert (first.since, second.since) == ("2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00")
    assert kept.production() == second


def test_a_version_that_a_rollback_puts_back_counts_from_then(tmp_path):
    kept = Kept(tmp_path)
    first = kept.remember(Production("1", "1-1", "2026-11-01T00:00:00+00:00"))
    kept.remember(Production("2", "2-2", "2026-11-02T00:00:00+00:00"))
    back = kept.remember(first)
    assert back.since > "2026-11-02"
    assert kept.remember(first) == back


def test_without_a_date_a_change_of_version_is_dated_when_noticed(tmp_path):
    kept = Kept(tmp_path)
    first = Production("1", "1-1")
    assert kept.remember(first).since is None
    assert kept.remember(replace(first, version="2", key="2-2")).since_time is not None
