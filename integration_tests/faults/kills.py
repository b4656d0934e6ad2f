"""Ending processes of the service without a word, and who was asking them just then."""

import os
import signal
import time
from dataclasses import dataclass

from integration_tests.faults.load import Answer
from integration_tests.service_under_gunicorn import GunicornService
from unit_tests.price_service.waiting import wait_for


@dataclass(frozen=True)
class Killed:
    """When (monotonic seconds) a process was killed, and by when it was gone."""

    began: float
    ended: float

    def was_asked(self, answer: Answer) -> bool:
        """Whether that request was under way."""
        return answer.began <= self.ended and answer.ended >= self.began


def kill_a_worker(service: GunicornService) -> Killed:
    """Kill one of Gunicorn's workers."""
    began, victim = time.monotonic(), service.workers()[0]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in service.workers(), "the worker gone", 10)
    return Killed(began, time.monotonic())


def kill_all(service: GunicornService) -> Killed:
    """Kill Gunicorn and its workers at once, as a machine does that loses its power."""
    began, workers = time.monotonic(), service.workers()
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    service.stop(signal.SIGKILL)
    wait_for(lambda: service.get("/health") == 0, "nobody answers", 10)
    return Killed(began, time.monotonic())
