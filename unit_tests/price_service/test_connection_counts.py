"""How many connections each worker holds, as the others see it."""

import os

import pytest

from price_service.connection_counts import MOST_WORKERS, ConnectionCounts


@pytest.fixture(name="counts")
def counts_of_nobody() -> ConnectionCounts:
    """As they are before the first worker."""
    return ConnectionCounts()


def test_who_is_alone_waits_for_nobody(counts):
    counts.tell(1, 5)
    assert not counts.another_has_fewer(5)


def test_who_has_more_lets_the_other_come_first_and_not_the_other_way_round(counts):
    counts.tell(1, 5)
    counts.tell(2, 4)
    assert counts.another_has_fewer(5)
    assert not counts.another_has_fewer(4)


def test_a_worker_without_connections_counts_and_one_that_takes_none_does_not(counts):
    counts.tell(1, 0)
    assert counts.another_has_fewer(1)
    counts.forget(1)
    assert not counts.another_has_fewer(1)


def test_workers_are_numbered_on_for_ever(counts):
    counts.tell(MOST_WORKERS * 3 + 1, 0)
    assert counts.another_has_fewer(1)


def test_what_a_child_tells_its_siblings_see(counts):
    child = os.fork()
    if child == 0:
        counts.tell(2, 0)
        os._exit(0)
    os.waitpid(child, 0)
    assert counts.another_has_fewer(1)
