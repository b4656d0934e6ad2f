"""Rows that nobody can write, several services on one log, a clock that is set back."""

import sqlite3

import pytest

from integration_tests.faults.load import Load
from integration_tests.faults.shifted_clock import COMPILER, ShiftedClock
from integration_tests.faults.told import metric
from integration_tests.service_under_gunicorn import service_in
from unit_tests.price_service.waiting import wait_for

SHIPPED_SECONDS = 60
POISON = ("no JSON", '{"prediction_id": 1', '{"price": 1}', '{"predicted_at": "yesterday"}')


def put_into_outbox(service, bodies: tuple[str, ...]) -> None:
    """Write rows into a worker's outbox behind its back, as a fault of the code would."""
    path = next((service.folder / "outbox").glob("outbox-*.db"))
    connection = sqlite3.connect(path, timeout=10)
    with connection:
        rows = [("prediction", body) for body in bodies]
        connection.executemany("INSERT INTO entries (kind, body) VALUES (?, ?)", rows)
    connection.close()


def poison_rows(service) -> set[str]:
    """What the workers have set aside."""
    found = set()
    for path in (service.folder / "outbox").glob("outbox-*.db"):
        connection = sqlite3.connect(path, timeout=10)
        found |= {row[0] for row in connection.execute("SELECT body FROM poison")}
        connection.close()
    return found


def test_rows_that_the_log_never_takes_are_set_aside_and_hold_up_no_other(service, log, ready):
    ready(service, PREDICTION_LOG_URL=log.url)
    with Load(service.url) as load:
        load.reach(1)
        put_into_outbox(service, POISON)
        wait_for(lambda: metric(service, "poison_rows_total") == len(POISON), "all set aside", 30)
        load.reach(load.seconds + 1)
    wait_for(lambda: log.holds(load.ids()), "every row in the log", SHIPPED_SECONDS)
    assert set(load.statuses()) == {200}
    assert set(log.ids()) == load.ids()
    assert poison_rows(service) == set(POISON)
    assert service.log().count("a prediction row is set aside") == len(POISON)


def test_two_services_on_one_log_lose_and_double_nothing(service, log, ready, tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("other")) as other:
        other.keep_model()
        for each in (service, other):
            ready(each, PREDICTION_LOG_URL=log.url)
        with Load(service.url, other.url) as load:
            load.reach(3)
            log.stop()
            load.reach(6)
            log.start()
            load.reach(8)
        wait_for(lambda: log.holds(load.ids()), "the rows of both in the log", SHIPPED_SECONDS)
    assert set(load.statuses()) == {200}
    assert set(log.ids()) == load.ids() and len(log.ids()) == len(load.priced())


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
def test_a_clock_set_back_an_hour_loses_no_row(service, log, ready, tmp_path):
    clock = ShiftedClock(tmp_path)
    ready(service, PREDICTION_LOG_URL=log.url, **clock.settings)
    with Load(service.url) as load:
        load.reach(2)
        clock.set_to(-3600)
        load.reach(6)
    wait_for(lambda: log.holds(load.ids()), "every row in the log", SHIPPED_SECONDS)
    assert set(load.statuses()) == {200}
    assert set(log.ids()) == load.ids()
    assert 3590 < log.seconds_spanned() < 3610, "the clock was set back"
    assert len(service.workers()) == 2 and "TIMEOUT" not in service.log()
