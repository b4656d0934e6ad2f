"""Nothing lost, nothing doubled: minutes of load with two swaps, an outage and a killed worker."""

import pytest

from integration_tests.faults.kills import kill_a_worker
from integration_tests.faults.load import NO_ANSWER, Load
from unit_tests.price_service.waiting import wait_for

CLIENTS = 8
SHIPPED_SECONDS = 60


@pytest.fixture(name="under_way")
def service_that_follows_a_registry(service, registry, log, ready):
    """A service with the log on PostgreSQL and the registry's first version in both workers."""
    registry.promote(registry.register(price_factor=1.0))
    return ready(service, MLFLOW_TRACKING_URI=registry.url, PREDICTION_LOG_URL=log.url)


def test_what_is_answered_stands_in_the_log_once_whatever_breaks_meanwhile(
    under_way, registry, log, load_seconds, measured
):
    later = [registry.register(price_factor=factor) for factor in (2.0, 3.0)]
    with Load(under_way.url, clients=CLIENTS) as load:
        load.reach(0.15 * load_seconds)
        registry.promote(later[0])
        load.reach(0.3 * load_seconds)
        log.stop()
        load.reach(0.45 * load_seconds)
        killed = kill_a_worker(under_way)
        load.reach(0.6 * load_seconds)
        log.start()
        load.reach(0.75 * load_seconds)
        registry.promote(later[1])
        load.reach(load_seconds)
    wait_for(lambda: log.holds(load.ids()), "all that was answered in the log", SHIPPED_SECONDS)
    failed = load.of_status(NO_ANSWER)
    extra = set(log.ids()) - load.ids()
    measured(f"{len(load.ids())} answers, {len(failed)} in flight lost with the killed worker,")
    measured(f"{len(log.ids())} rows, {len(extra)} of requests that got no answer")
    assert set(load.statuses()) <= {200, NO_ANSWER}
    assert len(failed) <= CLIENTS
    assert all(killed.was_asked(each) for each in failed)
    assert len(load.priced()) == len(load.ids()) and len(log.ids()) == len(set(log.ids()))
    assert len(extra) <= len(failed), "recorded, and then the worker was killed"
    priced = {
        (each["prediction_id"], each["model_version"], each["price"]) for each in load.priced()
    }
    assert priced <= set(log.rows())
    assert {version for _, version, _ in priced} == {"1", *later}
