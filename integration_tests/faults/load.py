"""Bounded load on running services: clients that ask again and again and write down every answer."""

import json
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import urllib3

from integration_tests.service_under_gunicorn import LISTING
from unit_tests.price_service.waiting import wait_for

JSON = {"Content-Type": "application/json"}
NO_ANSWER = 0
REFUSED = 503


@dataclass(frozen=True)
class Answer:
    """One request: when (monotonic seconds), and what came of it; NO_ANSWER where nothing did."""

    began: float
    ended: float
    status: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began

    @property
    def results(self) -> list[dict]:
        """The prices; read late, so that clients take little of the machine's time."""
        said = json.loads(self.content)
        return said if isinstance(said, list) else [said]


class Load:
    """Clients, each with a connection of its own, for as long as the block runs; each asks every so
    many seconds, or at once where the answer took longer."""

    def __init__(self, *urls: str, clients: int = 8, body: Any = None, every_seconds: float = 0.02):
        self.body = encoded(LISTING if body is None else body)
        self.every_seconds = every_seconds
        self.answers: list[Answer] = []
        self.began = time.monotonic()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(urls[number % len(urls)], number / clients))
            for number in range(clients)
        ]

    def __enter__(self) -> "Load":
        self.began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self.began

    def reach(self, seconds: float) -> None:
        """Let it go on until that many seconds from its beginning."""
        wait_for(lambda: self.seconds >= seconds, "time passes", seconds + 60)

    def _ask(self, url: str, offset: float) -> None:
        due = self.began + offset * self.every_seconds
        with urllib3.connection_from_url(url) as client:
            while not self._stop.wait(max(0.0, due - time.monotonic())):
                self.answers.append(asked(client, self.body))
                due += self.every_seconds

    def statuses(self, since: float = 0) -> Counter:
        """How often each status was given, to requests that began at that time or later."""
        return Counter(answer.status for answer in list(self.answers) if answer.began >= since)

    def of_status(self, status: int) -> list[Answer]:
        """The requests that were answered so."""
        return [answer for answer in list(self.answers) if answer.status == status]

    def priced(self) -> list[dict]:
        """Every result that was given."""
        return [result for answer in self.of_status(200) for result in answer.results]

    def ids(self) -> set[str]:
        """Their prediction ids."""
        return {result["prediction_id"] for result in self.priced()}


def encoded(body: Any) -> bytes:
    """A listing, or a list of them, as it is sent."""
    return json.dumps(body).encode()


def asked(client: urllib3.HTTPConnectionPool, body: bytes) -> Answer:
    """Ask for the price of what is encoded; a client of `requests` takes twice the time."""
    began = time.monotonic()
    try:
        reply = client.urlopen("POST", "/predict", body, JSON, retries=False, timeout=30)
    except urllib3.exceptions.HTTPError:
        return Answer(began, time.monotonic(), NO_ANSWER)
    return Answer(began, time.monotonic(), reply.status, reply.data, dict(reply.headers))


def percentile_seconds(answers: list[Answer], percent: int) -> float:
    """The time within which so many percent of the requests were answered."""
    return statistics.quantiles([answer.seconds for answer in answers], n=100)[percent - 1]
