"""The prediction log is read by the time of prediction, and never written."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from drift_monitor.errors import LogUnreadable
from drift_monitor.log_reader import PREDICTIONS, PredictionLog, Tenure

LATE = "f" * 32


@pytest.fixture(name="filled")
def filled_log(log, world):
    """Ten predictions."""
    log.create()
    log.add(world(10))
    return log


def first_time(log):
    """When the first prediction was made."""
    with log.engine.connect() as connection:
        rows = connection.execute(PREDICTIONS.select().order_by(PREDICTIONS.c.predicted_at))
        return rows.first().predicted_at


def test_the_latest_rows_come_first(filled):
    rows = filled.reader.latest(3)
    assert [int(row["prediction_id"], 16) for row in rows] == [10, 9, 8]
    assert set(rows[0]["features"]) <= {"year", "odometer", "fuel", "state", "model"}


def test_rows_that_an_outage_delayed_take_their_place_by_time(filled, world):
    time = first_time(filled) + timedelta(seconds=8, milliseconds=500)
    filled.add(world(1), prediction_id=LATE, predicted_at=time)
    ids = [row["prediction_id"] for row in filled.reader.latest(3)]
    assert ids[1] == LATE


def test_rows_of_a_csv_are_not_in_the_window(filled, world):
    filled.add(world(5), source="csv")
    filled.add(world(1), source=None)
    rows = filled.reader.latest(100)
    assert len(rows) == 11
    assert len(filled.reader.prices(Tenure("1"), 100)) == 11


def test_feedback_without_its_prediction_is_left_out(filled):
    with filled.engine.begin() as connection:
        values = {"prediction_id": LATE, "actual_price": 9000.0}
        connection.execute(insert(PREDICTIONS).values(values))
    assert len(filled.reader.latest(100)) == 10
    assert filled.reader.labelled(Tenure("1"), 100) == []


def test_prices_are_of_one_version_since_its_promotion(filled, world):
    filled.add(world(4), model_version="2")
    since = first_time(filled) + timedelta(seconds=7)
    assert len(filled.reader.prices(Tenure("2"), 100)) == 4
    assert len(filled.reader.prices(Tenure("1", since), 100)) == 3


def test_labelled_rows_hold_what_error_and_coverage_need(filled, world):
    filled.add(world(2), actual_price=12_345.0)
    rows = filled.reader.labelled(Tenure("1"), 100)
    assert [row["actual_price"] for row in rows] == [12_345.0, 12_345.0]
    assert set(rows[0]) == {"price", "low", "high", "actual_price"}


def test_a_log_that_is_not_there_is_a_named_error_and_is_not_made(tmp_path):
    path = tmp_path / "none.db"
    with pytest.raises(LogUnreadable, match="unable to open"):
        PredictionLog.at(f"sqlite:///{path}").latest(5)
    assert not path.exists()


def test_a_log_without_its_table_is_a_named_error(log):
    with log.engine.connect():
        pass
    log.path.touch()
    with pytest.raises(LogUnreadable, match="no such table"):
        log.reader.latest(5)


def test_broken_json_is_a_named_error(filled):
    with filled.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE predictions SET features = '{broken'")
    with pytest.raises(LogUnreadable, match="broken JSON"):
        filled.reader.latest(5)


def test_the_log_cannot_be_written_through_the_reader(filled):
    with pytest.raises(Exception, match="readonly"):
        with filled.reader.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM predictions")


def test_postgresql_is_asked_for_read_only_transactions():
    log = PredictionLog.at("postgresql+psycopg2://user:secret@127.0.0.1:1/log")
    with pytest.raises(LogUnreadable, match="refused"):
        log.latest(5)
