"""The prediction log on a real PostgreSQL: the service writes it, pipeline and monitor read it."""

from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import DBAPIError, ProgrammingError

from drift_monitor.errors import LogUnreadable
from drift_monitor.log_reader import PredictionLog as LogReader
from drift_monitor.log_reader import Tenure
from price_service.metrics import Metrics
from price_service.migration import migrate, revision
from price_service.outbox import FEEDBACK, PREDICTION, Outbox
from price_service.prediction_log import PredictionLog, metadata, predictions
from price_service.shipping import Shipper
from vehicle_pricing import feedback
from vehicle_pricing.settings import Settings

from unit_tests.compose.compose_files import environment_of
from unit_tests.mlflow_image.postgresql_server import IS_THERE, WHY_NOT, postgresql

pytestmark = pytest.mark.skipif(not IS_THERE, reason=WHY_NOT)
NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)


def priced(number, at=NOON, **changes):
    """A prediction as the routes record it."""
    common = {
        "prediction_id": f"{number:032x}",
        "predicted_at": at.isoformat(),
        "model_version": "7",
        "source": "api",
        "features": {"manufacturer": "ford", "model": "f-150", "year": 2014, "odometer": 80_000},
        "price": 9000 + number,
        "low": 8000,
        "high": 10_000,
        "latency_seconds": 0.001,
    }
    return common | changes


def actual(number, price, at=NOON):
    """Feedback as the routes record it."""
    return {"prediction_id": f"{number:032x}", "actual_price": price, "actual_at": at.isoformat()}


@pytest.fixture(scope="module")
def server():
    """A server with the databases of the stack, and the log's table in one of them."""
    with postgresql() as running:
        told = environment_of("databases", running.settings)
        assert running.make_databases(told).returncode == 0
        migrate(running.url("price_service", "predictions"))
        yield running


@pytest.fixture
def log(server):
    """The log as the service writes it; empty."""
    opened = PredictionLog(server.url("price_service", "predictions"))
    with opened.engine.begin() as connection:
        connection.execute(predictions.delete())
    yield opened
    opened.close()


@pytest.fixture
def outbox(tmp_path):
    opened = Outbox(tmp_path / "outbox")
    yield opened
    opened.close()


@pytest.fixture
def record(outbox, log):
    """Ships predictions and feedback as a worker does; all of it must be taken."""

    def recorded(kind, *rows):
        outbox.append(kind, list(rows))
        assert Shipper(outbox, log, Metrics()).ship_all()
        assert len(outbox.file()) == 0 and outbox.file().poison() == []

    return recorded


@pytest.fixture
def pipeline(server):
    """The pipeline's settings, with the reader's address."""
    return Settings(prediction_log_url=reader_url(server), feedback_days=30)


@pytest.fixture
def reader(server):
    """The monitor's reader."""
    opened = LogReader.at(reader_url(server))
    yield opened
    opened.engine.dispose()


def reader_url(server):
    return server.url("log_reader", "predictions")


def logged(log):
    """The log's rows by id."""
    with log.engine.connect() as connection:
        return connection.execute(sqlalchemy.select(predictions).order_by("prediction_id")).all()


# --- the service ---------------------------------------------------------------------------------


def test_the_migrated_table_is_that_of_the_code_and_a_second_migration_changes_nothing(server, log):
    url = server.url("price_service", "predictions")
    assert (migrate(url), revision(url)) == ("0001", "0001")
    with log.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_what_is_recorded_comes_back_as_it_was(record, log):
    odd = {"model": "日本 🚗 \u0000 ' %s", "year": None, "odometer": 1.5}
    record(PREDICTION, *(priced(number) for number in range(1200)), priced(1200, features=odd))
    rows = logged(log)
    assert len(rows) == 1201
    assert (rows[5].price, rows[5].predicted_at, rows[5].actual_price) == (9005, NOON, None)
    assert rows[1200].features == odd


def test_a_batch_that_is_written_twice_is_not_doubled(record, log):
    batch = [priced(number) for number in range(700)]
    for _ in range(2):
        record(PREDICTION, *batch)
    record(PREDICTION, *(row | {"price": 1} for row in batch))  # what was answered first stays
    assert [row.price for row in logged(log)] == [9000 + number for number in range(700)]


def test_a_prediction_that_is_in_one_batch_twice_spoils_nothing(record, log):
    record(PREDICTION, priced(1), priced(2), priced(1))
    record(FEEDBACK, actual(1, 8000), actual(1, 8500, NOON + MINUTE))
    assert [(row.price, row.actual_price) for row in logged(log)] == [(9001, 8500), (9002, None)]


def test_feedback_before_its_prediction_is_completed_by_it(record, log):
    record(FEEDBACK, actual(1, 8500))
    (row,) = logged(log)
    assert (row.predicted_at, row.price, row.actual_price) == (None, None, 8500)
    record(PREDICTION, priced(1))
    (row,) = logged(log)
    assert (row.predicted_at, row.price, row.actual_price) == (NOON, 9001, 8500)


def test_the_latest_feedback_wins_in_whatever_order_it_comes(record, log):
    record(PREDICTION, priced(1))
    for price, at in ((8500, NOON + MINUTE), (7000, NOON), (8600, NOON + 2 * MINUTE)):
        record(FEEDBACK, actual(1, price, at))
    (row,) = logged(log)
    assert (row.actual_price, row.actual_at) == (8600, NOON + 2 * MINUTE)


def test_rows_past_their_time_go_but_those_with_an_actual_price_stay(record, log):
    old, new = NOON - timedelta(days=91), NOON - timedelta(days=89)
    record(PREDICTION, priced(1, old), priced(2, old), priced(3, new))
    record(FEEDBACK, actual(2, 8500, old), actual(4, 8500, old), actual(5, 8500, new))
    assert log.prune(90, NOON) == 2
    assert [int(row.prediction_id, 16) for row in logged(log)] == [2, 3, 5]
    assert log.prune(90, NOON) == 0


def test_a_row_that_the_log_never_takes_is_set_aside_and_the_others_arrive(outbox, log):
    broken = priced(2, model_version="\u0000")  # no text of PostgreSQL may hold it
    outbox.append(PREDICTION, [priced(1), broken, priced(3)])
    assert Shipper(outbox, log, Metrics()).ship_all()
    assert [row.price for row in logged(log)] == [9001, 9003]
    assert len(outbox.file().poison()) == 1 and len(outbox.file()) == 0


def test_while_the_logs_password_is_refused_rows_wait_and_then_arrive(server, outbox, log):
    wrong = PredictionLog(server.url("price_service", "predictions", password="wrong"))
    outbox.append(PREDICTION, [priced(1)])
    assert not Shipper(outbox, wrong, Metrics()).ship_all()
    assert len(outbox.file()) == 1 and outbox.file().poison() == []
    assert Shipper(outbox, log, Metrics()).ship_all()
    assert len(logged(log)) == 1


def test_a_statement_that_takes_too_long_is_given_up(log):
    with log.engine.connect() as connection:
        limit = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
    assert limit == "5s"


# --- the pipeline, as log_reader -----------------------------------------------------------------


def test_the_pipeline_learns_from_the_labelled_rows_of_its_days(record, pipeline):
    record(PREDICTION, *(priced(number, NOON - timedelta(days=40)) for number in range(1, 5)))
    record(FEEDBACK, actual(1, 9500, NOON - timedelta(days=31)))
    record(FEEDBACK, actual(2, 9600, NOON - timedelta(days=29)), actual(3, 90_000, NOON))
    record(FEEDBACK, actual(9, 9700))  # its prediction has not come yet
    found = feedback.labelled(pipeline, NOON)
    assert found.accepted[["listing_id", "price"]].values.tolist() == [[f"{2:032x}", 9600]]
    assert found.accepted["model"].tolist() == ["f-150"]
    assert found.held_back[["id", "reason"]].values.tolist() == [
        [f"{3:032x}", feedback.FAR_OUTSIDE]
    ]


def test_new_labels_are_counted_after_a_moment_in_whatever_zone_it_is_told(record, pipeline):
    record(PREDICTION, *(priced(number) for number in range(3)))
    record(FEEDBACK, *(actual(number, 9500, NOON + number * MINUTE) for number in range(3)))
    tokyo = timezone(timedelta(hours=9))
    assert feedback.new_labels(pipeline, NOON) == 2
    assert feedback.new_labels(pipeline, (NOON + MINUTE).astimezone(tokyo)) == 1
    assert feedback.new_labels(pipeline, datetime.min.replace(tzinfo=timezone.utc)) == 3


def test_before_the_first_migration_there_is_no_feedback(server):
    settings = Settings(prediction_log_url=server.url("mlflow", "mlflow"))
    assert feedback.labelled(settings).accepted.empty
    assert feedback.new_labels(settings, NOON) == 0


# --- the monitor, as log_reader ------------------------------------------------------------------


def test_the_monitor_reads_the_newest_predictions_by_their_time(record, reader):
    times = ((1, NOON + MINUTE), (2, NOON), (3, NOON + 2 * MINUTE))
    record(PREDICTION, *(priced(number, at) for number, at in times))
    record(PREDICTION, priced(4, NOON + 3 * MINUTE, source="csv"))
    record(FEEDBACK, actual(5, 9500))
    rows = reader.latest(2)
    assert [int(row["prediction_id"], 16) for row in rows] == [3, 1]
    assert rows[0]["features"]["model"] == "f-150"


def test_the_monitor_reads_prices_and_errors_of_one_version_since_its_promotion(record, reader):
    record(PREDICTION, priced(1), priced(2, NOON + MINUTE), priced(3, model_version="8"))
    record(FEEDBACK, actual(1, 9500), actual(2, 9600))
    assert reader.prices(Tenure("7"), 10) == [9002, 9001]
    since = (NOON + MINUTE).astimezone(timezone(timedelta(hours=-5)))
    assert reader.prices(Tenure("7", since), 10) == [9002]
    assert reader.labelled(Tenure("7", since), 10) == [
        {"price": 9002, "low": 8000, "high": 10_000, "actual_price": 9600}
    ]


def test_the_monitor_cannot_write_and_gives_up_in_its_time(record, reader, log):
    record(PREDICTION, priced(1))
    with pytest.raises(DBAPIError, match="read-only transaction"):
        with reader.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM predictions")
    with reader.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == "10s"
    assert len(logged(log)) == 1


def test_the_reader_may_not_write_even_where_it_asks_to(server, record, log):
    record(PREDICTION, priced(1))
    engine = sqlalchemy.create_engine(reader_url(server))
    with pytest.raises(ProgrammingError, match="permission denied"):
        with engine.begin() as connection:
            connection.execute(predictions.delete())
    engine.dispose()
    assert len(logged(log)) == 1


def test_a_log_without_its_table_is_a_named_error_of_the_monitor(server):
    reader = LogReader.at(server.url("mlflow", "mlflow"))
    with pytest.raises(LogUnreadable, match='relation "predictions" does not exist'):
        reader.latest(5)
    reader.engine.dispose()
