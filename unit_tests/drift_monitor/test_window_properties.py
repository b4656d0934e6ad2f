"""What holds for every window, whatever the log's rows are."""

from datetime import timedelta

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert

from drift_monitor.log_reader import PREDICTIONS, PredictionLog, Tenure
from drift_monitor.window import MISSING, OTHER, Columns, window_of

from unit_tests.drift_monitor.conftest import START

COLUMNS = Columns(("year", "odometer"), {"fuel": ("gas", "diesel"), "model": ("f-150",)})
TEXT = st.text(max_size=12) | st.sampled_from(["gas", " GAS", "Diesel ", "f-150", "", "(other)"])
VALUE = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
RECORD = st.dictionaries(st.sampled_from([*COLUMNS.names, "paint_color"]), VALUE)
RECORDS = st.lists(RECORD, min_size=1, max_size=30)
PREDICTION = st.fixed_dictionaries(
    {
        "second": st.none() | st.integers(0, 10**6),
        "model_version": st.sampled_from(["1", "2"]),
        "source": st.sampled_from(["api", "form", "csv", None]),
        "price": st.none() | st.floats(1, 1e6),
    }
)
EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True)


@EXAMPLES
@given(RECORDS)
def test_a_window_has_a_row_a_record_and_only_values_that_can_be_compared(records):
    frame = window_of(records, COLUMNS).frame
    assert (len(frame), tuple(frame)) == (len(records), COLUMNS.names)
    for name in COLUMNS.numbers:
        assert frame[name].dtype == "float64" and not np.isinf(frame[name]).any()
    for name, kept in COLUMNS.categories.items():
        assert set(frame[name]) <= {*kept, OTHER, MISSING}


@EXAMPLES
@given(RECORDS)
def test_a_record_is_the_same_row_alone_and_among_others(records):
    together = window_of(records, COLUMNS).frame
    alone = [window_of([record], COLUMNS).frame for record in records]
    pd.testing.assert_frame_equal(pd.concat(alone, ignore_index=True), together)


@EXAMPLES
@given(RECORDS)
def test_what_is_absent_is_missing(records):
    frame = window_of(records, COLUMNS).frame
    for name in COLUMNS.names:
        absent = [record.get(name) is None for record in records]
        missing = frame[name].isna() if name in COLUMNS.numbers else frame[name] == MISSING
        assert missing[absent].all()


def filled(rows: list[dict]) -> PredictionLog:
    """A log in memory with these predictions, the first with id 0."""
    engine = create_engine("sqlite://")
    PREDICTIONS.metadata.create_all(engine)
    entries = [
        {
            "prediction_id": str(number),
            "predicted_at": None if row["second"] is None else at(row["second"]),
            "features": {"number": number},
            **{name: row[name] for name in ("model_version", "source", "price")},
        }
        for number, row in enumerate(rows)
    ]
    with engine.begin() as connection:
        connection.execute(insert(PREDICTIONS), entries)
    return PredictionLog(engine)


def at(second: int):
    """So many seconds after the start."""
    return START + timedelta(seconds=second)


@EXAMPLES
@given(st.lists(PREDICTION, min_size=1, max_size=30), st.integers(1, 40))
def test_the_window_is_the_newest_that_were_asked_for_one_by_one(rows, limit):
    log = filled(rows)
    found = [int(row["prediction_id"]) for row in log.latest(limit)]
    log.engine.dispose()
    single = [
        number
        for number, row in enumerate(rows)
        if row["second"] is not None and row["source"] != "csv"
    ]
    seconds = [rows[number]["second"] for number in found]
    assert set(found) <= set(single) and len(set(found)) == len(found) == min(limit, len(single))
    assert seconds == sorted(seconds, reverse=True)
    left = [rows[number]["second"] for number in set(single) - set(found)]
    assert not left or max(left) <= min(seconds)


@EXAMPLES
@given(
    st.lists(PREDICTION, min_size=1, max_size=30),
    st.integers(1, 40),
    st.none() | st.integers(0, 10**6),
)
def test_the_prices_are_of_one_version_since_its_promotion(rows, limit, since):
    log = filled(rows)
    prices = log.prices(Tenure("2", None if since is None else at(since)), limit)
    log.engine.dispose()
    own = [
        (row["second"], row["price"])
        for row in rows
        if row["model_version"] == "2"
        and row["source"] != "csv"
        and None not in (row["second"], row["price"])
        and (since is None or row["second"] >= since)
    ]
    newest = sorted((second for second, _ in own), reverse=True)[:limit]
    assert len(prices) == len(newest)
    assert set(prices) <= {price for second, price in own if second in newest}
