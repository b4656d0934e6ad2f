"""Turning away what comes past the worker's line, and only that."""

import threading
from concurrent.futures import Future

import pytest

from price_service.waiting_line import TURN, LineLimits, WaitingLine

from unit_tests.price_service.waiting import wait_for

OPEN = ("/health", "/ready", "/metrics", "/docs", "/openapi.json")


def is_refused() -> bool:
    """What the thread that runs this is told."""
    return TURN.refused


class Busy:
    """A line with one thread, which is at work until it is let go."""

    def __init__(self, limits: LineLimits):
        self.line = WaitingLine(1, limits)
        self._let_go = threading.Event()
        begun = threading.Event()
        self._work = self.line.submit(lambda: begun.set() or self._let_go.wait(30))
        assert begun.wait(10)

    def ask(self) -> Future:
        """One more request."""
        return self.line.submit(is_refused)

    def end(self) -> None:
        """Let the work end."""
        self._let_go.set()
        self._work.result(10)


@pytest.fixture(name="busy")
def busy_lines():
    """Makes busy lines; ends them."""
    made = []

    def make(**limits) -> Busy:
        made.append(Busy(LineLimits(**limits)))
        return made[-1]

    yield make
    for each in made:
        each.end()
        each.line.shutdown()


def test_as_many_wait_as_there_are_places_and_the_others_are_refused(busy):
    one = busy(most_waiting=2, most_wait_seconds=30)
    asked = [one.ask() for _ in range(4)]
    one.end()
    assert [each.result(10) for each in asked] == [False, False, True, True]


def test_a_place_is_free_again_once_its_request_has_ended(busy):
    one = busy(most_waiting=1, most_wait_seconds=30)
    before = [one.ask() for _ in range(3)]
    one.end()
    assert [each.result(10) for each in before] == [False, True, True]
    assert one.ask().result(10) is False


def test_a_place_is_free_again_after_a_fault(busy):
    one = busy(most_waiting=1, most_wait_seconds=30)
    broken = one.line.submit(lambda: 1 / 0)
    one.end()
    with pytest.raises(ZeroDivisionError):
        broken.result(10)
    assert one.ask().result(10) is False


def test_who_has_waited_for_too_long_is_refused(busy):
    one = busy(most_waiting=5, most_wait_seconds=0.05)
    asked, later = one.ask(), threading.Event()
    threading.Timer(0.2, later.set).start()
    wait_for(later.is_set, "a fifth of a second gone")
    one.end()
    assert asked.result(10) is True
    assert one.ask().result(10) is False


@pytest.fixture(name="too_much")
def more_than_can_be_answered(monkeypatch):
    """This thread's request came too much."""
    monkeypatch.setattr(TURN, "refused", True)


def test_a_refusal_is_a_problem_that_says_when_to_come_again(client, listing, too_much):
    reply = client.post("/predict", json=listing)
    assert (reply.status_code, reply.mimetype) == (503, "application/problem+json")
    assert reply.headers["Retry-After"] == "1"
    assert reply.json["title"] == "Service Unavailable" and "Try again" in reply.json["detail"]


@pytest.mark.parametrize("path", OPEN)
def test_what_machines_ask_is_always_answered(client, too_much, path):
    assert client.get(path).status_code == 200


def test_refusals_are_counted_by_themselves_and_with_the_answers(client, listing, too_much):
    client.post("/predict", json=listing)
    client.get("/made/up/by/a/client")
    text = client.get("/metrics").text
    assert "price_service_shed_requests_total 2.0" in text
    answers = "price_service_requests_total"
    assert f'{answers}{{method="POST",route="/predict",status="503"}} 1.0' in text
    assert f'{answers}{{method="other",route="unknown",status="503"}} 1.0' in text
    assert "price_service_predictions_total{" not in text, "nothing was priced"


def test_below_the_limit_nobody_is_refused(client, listing):
    assert client.post("/predict", json=listing).status_code == 200


def test_whatever_may_be_refused_says_so_in_the_description(client):
    described = client.get("/openapi.json").json["paths"]
    for path in set(described) - set(OPEN):
        (operation,) = described[path].values()
        assert "Retry-After" in operation["responses"]["503"]["headers"], path
