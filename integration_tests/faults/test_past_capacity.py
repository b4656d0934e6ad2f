"""Load past what the service can do: it turns away what is too much, and is there all the while."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3

from integration_tests.faults.load import REFUSED, Load, asked, encoded, percentile_seconds
from integration_tests.service_under_gunicorn import LISTING
from unit_tests.price_service.waiting import wait_for

BODY, ONE = [LISTING] * 400, encoded(LISTING)
FEW_CLIENTS, MANY_CLIENTS = 16, 300
TIMES_CAPACITY = 3  # of what clients would send; who waits for an answer sends nothing
SECONDS = 8
# Of the accepted: a wait of MOST_WAIT_SECONDS at most, and the work itself, on a machine that the
# clients share.
MOST_P99_SECONDS = 2 + 1
RECOVERED_SECONDS, FAST_SECONDS = 5, 0.1


def load_for(url: str, clients: int, every_seconds: float, seconds: float) -> Load:
    """Clients that ask again, whatever they were told, for some seconds."""
    with Load(url, clients=clients, body=BODY, every_seconds=every_seconds) as load:
        load.reach(seconds)
    return load


@contextmanager
def readiness_watched(url: str) -> Iterator[list[tuple[int, float]]]:
    """(status, seconds) of GET /ready, again and again while the block runs."""
    seen: list[tuple[int, float]] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.1):
            began = time.monotonic()
            status = requests.get(f"{url}/ready", timeout=20).status_code
            seen.append((status, time.monotonic() - began))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def seconds_to_recover(url: str) -> float:
    """How long it takes until one listing is priced as fast as ever."""
    began = time.monotonic()

    def fast() -> bool:
        answer = asked(client, ONE)
        return answer.status == 200 and answer.seconds < FAST_SECONDS

    with urllib3.connection_from_url(url) as client:
        wait_for(fast, "an answer as fast as ever", RECOVERED_SECONDS)
    return time.monotonic() - began


def test_past_its_capacity_the_service_sheds_stays_ready_and_recovers(service, ready, measured):
    url = ready(service).url
    before = load_for(url, FEW_CLIENTS, 0, SECONDS / 2)
    capacity = len(before.answers) / (SECONDS / 2)
    with readiness_watched(url) as seen:
        over = load_for(url, MANY_CLIENTS, MANY_CLIENTS / (TIMES_CAPACITY * capacity), SECONDS)
    recovered = seconds_to_recover(url)
    offered, kept = len(over.answers) / SECONDS, len(over.of_status(200)) / SECONDS
    p99 = percentile_seconds(over.of_status(200), 99)
    measured(f"capacity {capacity:.0f}/s; offered {offered:.0f}/s of which {kept:.0f}/s answered,")
    slowest = max(seconds for _, seconds in seen)
    measured(f"p99 of those {p99:.2f} s, of GET /ready {slowest:.2f} s at most,")
    measured(f"as fast as ever {recovered:.2f} s after the load")
    assert set(before.statuses()) == {200}
    assert set(over.statuses()) == {200, REFUSED}
    assert offered > 2 * capacity
    assert p99 < MOST_P99_SECONDS
    assert {status for status, _ in seen} == {200}
    for refused in over.of_status(REFUSED):
        assert refused.headers["Retry-After"] == "1"
        assert refused.headers["Content-Type"] == "application/problem+json"
