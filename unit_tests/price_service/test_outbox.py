"""The outbox and its shipping: nothing is lost, nothing is doubled, nothing blocks."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from price_service.errors import OutboxUnwritable
from price_service.metrics import Metrics
from price_service.migration import migrate, revision
from price_service.outbox import FEEDBACK, PREDICTION, ROWS_A_STATEMENT, Outbox
from price_service.prediction_log import PredictionLog, metadata, predictions
from price_service.shipping import Shipper

from unit_tests.price_service.waiting import wait_for

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


def priced(number: int, at: datetime = NOON) -> dict:
    """A prediction as the routes record it."""
    return {
        "prediction_id": f"{number:032x}",
        "predicted_at": at.isoformat(),
        "model_version": "7",
        "source": "api",
        "features": {"year": 2014, "model": "日本"},
        "price": 9000 + number,
        "low": 8000,
        "high": 10000,
        "latency_seconds": 0.001,
    }


def actual(number: int, price: float, at: datetime = NOON) -> dict:
    """Feedback as the routes record it."""
    return {"prediction_id": f"{number:032x}", "actual_price": price, "actual_at": at.isoformat()}


@pytest.fixture
def log(migrated_log):
    """A log with its table."""
    opened = PredictionLog(migrated_log)
    yield opened
    opened.close()


@pytest.fixture
def outbox(settings):
    """An outbox of this process."""
    opened = Outbox(settings.outbox_dir)
    yield opened
    opened.close()


def ship(outbox: Outbox, log: PredictionLog) -> Shipper:
    """Ship once."""
    shipper = Shipper(outbox, log, Metrics())
    shipper.ship_all()
    return shipper


def logged(log: PredictionLog) -> list:
    """The log's rows by id."""
    with log.engine.connect() as connection:
        return connection.execute(select(predictions).order_by("prediction_id")).fetchall()


def count_of(shipper: Shipper, name: str) -> float:
    """A metric's value."""
    return shipper.metrics.registry.get_sample_value(f"price_service_{name}")


def test_what_is_recorded_reaches_the_log_and_leaves_the_outbox(outbox, log):
    outbox.append(PREDICTION, [priced(number) for number in range(1200)])
    shipper = ship(outbox, log)
    rows = logged(log)
    assert len(rows) == 1200
    assert (rows[5].price, rows[5].features["model"], rows[5].actual_price) == (9005, "日本", None)
    assert rows[5].predicted_at.replace(tzinfo=timezone.utc) == NOON
    assert len(outbox.file()) == 0
    assert count_of(shipper, "shipped_rows_total") == 1200


def test_a_row_shipped_twice_is_in_the_log_once(outbox, log):
    for _ in range(2):
        outbox.append(PREDICTION, [priced(1)])
        ship(outbox, log)
    assert len(logged(log)) == 1


def test_feedback_before_its_prediction_is_completed_by_it(outbox, log):
    outbox.append(FEEDBACK, [actual(1, 8500)])
    ship(outbox, log)
    assert (logged(log)[0].predicted_at, logged(log)[0].actual_price) == (None, 8500)
    outbox.append(PREDICTION, [priced(1)])
    ship(outbox, log)
    (row,) = logged(log)
    assert (row.price, row.source, row.actual_price) == (9001, "api", 8500)


def test_the_latest_feedback_wins_in_whatever_order_it_comes(outbox, log):
    outbox.append(PREDICTION, [priced(1)])
    outbox.append(FEEDBACK, [actual(1, 8500, NOON + timedelta(minutes=1))])
    ship(outbox, log)
    outbox.append(FEEDBACK, [actual(1, 7000, NOON)])
    ship(outbox, log)
    assert logged(log)[0].actual_price == 8500
    outbox.append(FEEDBACK, [actual(1, 8600, NOON + timedelta(minutes=2))])
    ship(outbox, log)
    assert logged(log)[0].actual_price == 8600


def test_while_the_log_is_away_rows_wait_and_then_arrive(outbox, settings, caplog):
    outbox.append(PREDICTION, [priced(1)])
    log = PredictionLog(settings.prediction_log_url)  # its folder is not there yet
    shipper = Shipper(outbox, log, Metrics())
    assert not shipper.ship_all() and not shipper.ship_all()
    assert caplog.text.count("takes nothing") == 1
    assert count_of(shipper, "shipping_failures_total") == 2
    assert count_of(shipper, "outbox_rows") == 1
    assert shipper.wait_seconds() == 2
    migrate(settings.prediction_log_url)
    assert shipper.ship_all()
    assert len(logged(log)) == 1
    log.close()


def test_an_unmigrated_log_is_away_not_poison(outbox, tmp_path):
    log = PredictionLog(f"sqlite:///{tmp_path / 'empty.db'}")
    outbox.append(PREDICTION, [priced(1)])
    shipper = ship(outbox, log)
    assert count_of(shipper, "poison_rows_total") == 0
    assert len(outbox.file()) == 1
    log.close()


def test_a_row_that_the_log_never_takes_is_set_aside_and_the_others_arrive(outbox, log):
    broken = priced(2) | {"predicted_at": "yesterday"}
    outbox.append(PREDICTION, [priced(1), broken, priced(3)])
    shipper = ship(outbox, log)
    assert [row.price for row in logged(log)] == [9001, 9003]
    ((kind, body, error),) = outbox.file().poison()
    assert (kind, json.loads(body)) == (PREDICTION, broken)
    assert "yesterday" in error
    assert count_of(shipper, "poison_rows_total") == 1
    assert len(outbox.file()) == 0


WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from price_service.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
row = {"prediction_id": "f" * 32, "actual_price": 1.0, "actual_at": "2026-01-02T12:00:00+00:00"}
outbox.append("feedback", [row])
outbox.append("feedback", [row | {"prediction_id": "e" * 32}])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_rows_of_a_killed_worker_are_shipped_by_another(outbox, log, settings):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITE_AND_DIE, str(settings.outbox_dir)]
    done = subprocess.run(command, env=environment, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    ship(outbox, log)
    assert [row.prediction_id[0] for row in logged(log)] == ["e", "f"]
    own = outbox.file().path.stem
    assert {path.stem for path in settings.outbox_dir.iterdir() if path.suffix == ".db"} == {own}
    assert {path.name for path in settings.outbox_dir.glob("*.lock")} == {f"{own}.lock"}


def test_the_outbox_of_a_living_worker_is_left_to_it(outbox, log, settings):
    other = Outbox(settings.outbox_dir)
    other.append(PREDICTION, [priced(1)])
    ship(outbox, log)
    assert logged(log) == []
    other.close()
    ship(outbox, log)
    assert len(logged(log)) == 1


def test_poison_of_an_adopted_outbox_is_kept(outbox, log, settings):
    other = Outbox(settings.outbox_dir)
    other.append(PREDICTION, [priced(1) | {"predicted_at": "yesterday"}])
    other.close()
    ship(outbox, log)
    assert len(outbox.file().poison()) == 1


def test_an_unreadable_outbox_is_put_out_of_the_way(outbox, log, settings):
    settings.outbox_dir.mkdir()
    (settings.outbox_dir / "outbox-1-broken.db").write_bytes(b"no database" * 1000)
    outbox.append(PREDICTION, [priced(1)])
    ship(outbox, log)
    assert len(logged(log)) == 1
    assert (settings.outbox_dir / "outbox-1-broken.broken").exists()


def test_rows_of_several_statements_are_kept_whole_in_their_order(outbox):
    outbox.append(PREDICTION, [priced(number) for number in range(2 * ROWS_A_STATEMENT + 1)])
    kept = [json.loads(entry.body)["price"] for entry in outbox.file().oldest(10_000)]
    assert kept == [9000 + number for number in range(2 * ROWS_A_STATEMENT + 1)]
    assert len(outbox.file()) == 2 * ROWS_A_STATEMENT + 1


def test_of_rows_of_several_statements_a_full_outbox_keeps_none(settings):
    outbox = Outbox(settings.outbox_dir, most_bytes=200_000)
    with pytest.raises(OutboxUnwritable):
        outbox.append(PREDICTION, [priced(number) for number in range(3 * ROWS_A_STATEMENT)])
    assert len(outbox.file()) == 0
    outbox.close()


def test_what_waits_is_counted_behind_rows_that_were_shipped_or_set_aside(outbox):
    outbox.append(PREDICTION, [priced(number) for number in range(5)])
    file = outbox.file()
    first, second, *_ = file.oldest(5)
    file.delete([first])
    file.set_aside(second, "never")
    assert len(file) == 3
    file.delete(file.oldest(5))
    assert len(file) == 0


def test_a_full_disk_is_a_503_and_passes(settings):
    outbox = Outbox(settings.outbox_dir, most_bytes=100_000)
    with pytest.raises(OutboxUnwritable):
        outbox.append(PREDICTION, [priced(number) for number in range(1000)])
    assert len(outbox.file()) == 0
    outbox.append(PREDICTION, [priced(1)])
    assert len(outbox.file()) == 1
    outbox.close()


def test_a_listing_that_cannot_be_recorded_is_not_priced(app, settings, listing):
    settings.outbox_dir.parent.mkdir(exist_ok=True)
    settings.outbox_dir.write_text("a file where the folder should be")
    client = app.test_client()
    reply = client.post("/predict", json=listing)
    assert reply.status_code == 503
    assert reply.mimetype == "application/problem+json"
    assert reply.headers["Retry-After"] == "5"
    assert (
        client.post("/predict/csv", data="year\n2014\n", content_type="text/csv").status_code == 503
    )
    settings.outbox_dir.unlink()
    assert client.post("/predict", json=listing).status_code == 200


def test_many_threads_write_at_once_and_all_arrive(outbox, log):
    def write(first: int) -> None:
        for number in range(first, first + 100):
            outbox.append(PREDICTION, [priced(number)])

    threads = [threading.Thread(target=write, args=(100 * index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        ship(outbox, log)
    ship(outbox, log)
    assert [row.price for row in logged(log)] == [9000 + number for number in range(800)]


def test_a_running_shipper_needs_at_most_a_second(outbox, log):
    stop = threading.Event()
    shipper = Shipper(outbox, log, Metrics())
    thread = threading.Thread(target=shipper.run, args=(stop, 90))
    thread.start()
    try:
        outbox.append(PREDICTION, [priced(1, datetime.now(timezone.utc))])
        wait_for(lambda: logged(log), "the row in the log", 1)
    finally:
        stop.set()
        thread.join()
    assert len(logged(log)) == 1


def test_what_waits_is_shipped_at_the_end_though_the_shipper_rests_after_failures(outbox, settings):
    outbox.append(PREDICTION, [priced(1)])
    log, stop = PredictionLog(settings.prediction_log_url), threading.Event()
    shipper = Shipper(outbox, log, Metrics(), most_wait=60)
    for _ in range(8):
        shipper.ship_all()
    assert shipper.wait_seconds() == 60
    thread = threading.Thread(target=shipper.run, args=(stop, 90))
    thread.start()
    wait_for(lambda: count_of(shipper, "shipping_failures_total") == 9, "it rests for a minute")
    migrate(settings.prediction_log_url)
    try:
        assert shipper.drain(5)
        assert len(logged(log)) == 1
    finally:
        stop.set()
        thread.join()
        log.close()


def test_a_log_that_stays_away_is_given_up_in_time_and_the_rows_stay(outbox, settings, caplog):
    outbox.append(PREDICTION, [priced(1)])
    log = PredictionLog(settings.prediction_log_url)
    begun = time.monotonic()
    assert not Shipper(outbox, log, Metrics()).drain(1.2)
    assert 0.5 <= time.monotonic() - begun <= 1.2 + 1
    assert "rows of its outbox are not shipped" in caplog.text
    assert len(outbox.file()) == 1
    log.close()


def test_rows_past_their_time_are_pruned_but_for_those_with_an_actual_price(outbox, log):
    old = NOON - timedelta(days=91)
    outbox.append(PREDICTION, [priced(1, old), priced(2, old), priced(3, NOON)])
    outbox.append(FEEDBACK, [actual(2, 8000, old), actual(4, 8000, old), actual(5, 8000, NOON)])
    ship(outbox, log)
    assert log.prune(90, now=NOON) == 2
    assert [int(row.prediction_id, 16) for row in logged(log)] == [2, 3, 5]


def test_the_log_is_migrated_once_and_safely_twice(settings):
    assert [migrate(settings.prediction_log_url) for _ in range(2)] == ["0001", "0001"]
    assert revision(settings.prediction_log_url) == "0001"


def test_the_migrations_make_the_table_that_the_code_writes(migrated_log, tmp_path):
    log = PredictionLog(f"sqlite:///{tmp_path / 'made_by_code.db'}")
    metadata.create_all(log.engine)
    log.close()

    def columns(path) -> list:
        with sqlite3.connect(path) as connection:
            found = connection.execute("PRAGMA table_info(predictions)").fetchall()
        connection.close()
        return [(name, kind, bool(key)) for _, name, kind, _, _, key in found]

    migrated = migrated_log.removeprefix("sqlite:///")
    assert columns(migrated) == columns(tmp_path / "made_by_code.db")
