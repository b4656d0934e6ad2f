from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy
from sqlalchemy import JSON, Column, DateTime, Float, MetaData, Table, Text

from vehicle_pricing import feedback
from vehicle_pricing.errors import FeedbackError
from vehicle_pricing.settings import Settings

NOW = datetime(2021, 6, 1, 12, tzinfo=timezone.utc)
PREDICTIONS = Table(
    "predictions",
    MetaData(),
    Column("prediction_id", Text, primary_key=True),
    Column("predicted_at", DateTime(timezone=True)),
    Column("features", JSON),
    Column("low", Float),
    Column("high", Float),
    Column("actual_price", Float),
    Column("actual_at", DateTime(timezone=True)),
)


def row(number=0, **changes):
    common = {
        "prediction_id": f"{number:032x}",
        "predicted_at": NOW - timedelta(days=2),
        "features": {"year": 2015, "odometer": 50_000, "manufacturer": "Ford", "model": "F-150 "},
        "low": 9_000.0,
        "high": 14_000.0,
        "actual_price": 12_000.0,
        "actual_at": NOW - timedelta(days=1),
    }
    return common | changes


@pytest.fixture
def log(tmp_path):
    """Writes rows to a prediction log; gives settings that name it."""

    def written(*rows):
        url = f"sqlite:///{tmp_path / 'log.db'}"
        engine = sqlalchemy.create_engine(url)
        PREDICTIONS.metadata.create_all(engine)
        with engine.begin() as connection:
            if rows:
                connection.execute(PREDICTIONS.insert(), list(rows))
        engine.dispose()
        return Settings(prediction_log_url=url, feedback_days=30)

    return written


def test_a_labelled_row_becomes_a_clean_listing_posted_when_its_price_was_known(log):
    found = feedback.labelled(log(row()), NOW)
    listing = found.accepted.iloc[0]
    assert listing["listing_id"] == f"{0:032x}"
    assert (listing["manufacturer"], listing["model"]) == ("ford", "f-150")
    assert (listing["year"], listing["odometer"], listing["price"]) == (2015, 50_000, 12_000)
    assert listing["posting_date"].isoformat() == "2021-05-31T12:00:00"
    assert found.held_back.empty


def test_rows_without_price_or_prediction_or_too_old_do_not_count(log):
    rows = (
        row(1, actual_price=None),
        row(2, predicted_at=None, features=None, low=None, high=None),
        row(3, actual_at=NOW - timedelta(days=31)),
        row(4, actual_at=NOW - timedelta(days=29)),
    )
    found = feedback.labelled(log(*rows), NOW)
    assert found.accepted["listing_id"].tolist() == [f"{4:032x}"]


@pytest.mark.parametrize(
    "price, reason",
    [
        (4_499.0, feedback.FAR_OUTSIDE),
        (28_001.0, feedback.FAR_OUTSIDE),
        (1.0, "price below 500"),
        (1e9, "price above 250000"),
    ],
)
def test_a_price_far_outside_its_range_is_held_back_with_the_reason(log, price, reason):
    found = feedback.labelled(log(row(1, actual_price=price), row(2)), NOW)
    assert found.accepted["listing_id"].tolist() == [f"{2:032x}"]
    assert found.held_back[["id", "reason"]].values.tolist() == [[f"{1:032x}", reason]]


@pytest.mark.parametrize("price", [4_500.0, 28_000.0])
def test_a_price_on_the_bounds_is_accepted(log, price):
    assert len(feedback.labelled(log(row(actual_price=price)), NOW).accepted) == 1


def test_the_snapshot_depends_on_which_rows_and_prices_and_on_nothing_else(log):
    one, two = row(1), row(2)
    first = feedback.weigh([one, two]).snapshot
    assert first == feedback.weigh([two, one | {"actual_at": NOW}]).snapshot
    assert first != feedback.weigh([one]).snapshot
    assert first != feedback.weigh([one, two | {"actual_price": 12_001.0}]).snapshot
    assert first == feedback.weigh([one, two, row(3, actual_price=1.0)]).snapshot
    assert feedback.labelled(log(), NOW).snapshot == ""


def test_no_log_yet_is_no_feedback_and_makes_no_file(tmp_path):
    settings = Settings(prediction_log_url=f"sqlite:///{tmp_path / 'none.db'}")
    found = feedback.labelled(settings)
    assert (len(found.accepted), len(found.held_back), found.snapshot) == (0, 0, "")
    assert feedback.new_labels(settings, NOW) == 0
    assert not (tmp_path / "none.db").exists()


def test_a_log_without_the_table_is_no_feedback(tmp_path):
    (tmp_path / "empty.db").touch()
    settings = Settings(prediction_log_url=f"sqlite:///{tmp_path / 'empty.db'}")
    assert feedback.labelled(settings).accepted.empty


def test_a_log_that_cannot_be_reached_fails_without_showing_the_password():
    url = "postgresql+psycopg2://ada:secret@127.0.0.1:9/log"
    with pytest.raises(FeedbackError, match="start its database") as caught:
        feedback.labelled(Settings(prediction_log_url=url))
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_fails(tmp_path):
    (tmp_path / "text.db").write_text("not a database, and long enough to be read as one" * 50)
    with pytest.raises(FeedbackError, match="PREDICTION_LOG_URL"):
        feedback.labelled(Settings(prediction_log_url=f"sqlite:///{tmp_path / 'text.db'}"))


def test_a_url_that_is_none_fails():
    with pytest.raises(FeedbackError, match="no SQLAlchemy URL"):
        feedback.labelled(Settings(prediction_log_url="somewhere"))


def test_new_labels_are_those_after_the_moment(log):
    settings = log(
        row(1, actual_at=NOW - timedelta(hours=1)),
        row(2, actual_at=NOW + timedelta(hours=1)),
        row(3, actual_at=NOW + timedelta(hours=2)),
        row(4, actual_at=NOW + timedelta(hours=2), predicted_at=None),
    )
    assert feedback.new_labels(settings, NOW) == 2
    assert feedback.new_labels(settings, NOW + timedelta(minutes=90)) == 1
    assert feedback.new_labels(settings, datetime.min.replace(tzinfo=timezone.utc)) == 3
