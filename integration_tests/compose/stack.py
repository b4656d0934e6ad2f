"""The running containers as the tests of the loop speak to them: over HTTP, and by make."""

import os
import random
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from local import traffic
from local.airflow_api import ENDED, AirflowApi
from local.environment import read_settings
from local.http import NoAnswer, request, request_json

ROOT = Path(__file__).resolve().parent.parent.parent


def wait_until(condition: Callable, what: str, timeout_seconds: float):
    """What the condition gives once it is true; fails with `what` when it is not in time."""
    pause, deadline = threading.Event(), time.monotonic() + timeout_seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {timeout_seconds} s: {what}"
        pause.wait(0.5)
    return found


@dataclass
class Stack:
    """Addresses and keys of one run, and how long its parts may take."""

    variables: dict[str, str] = field(default_factory=lambda: read_settings(ROOT, dict(os.environ)))
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def url(self, part: str) -> str:
        """The address of a part, such as SERVICE."""
        return f"http://127.0.0.1:{self.variables[f'{part}_PORT']}"

    @property
    def airflow(self) -> AirflowApi:
        """Airflow, signed in."""
        return AirflowApi(self.url("AIRFLOW"), self.variables["AIRFLOW_ADMIN_PASSWORD"])

    @property
    def client(self) -> traffic.Client:
        """The service, with its key."""
        return traffic.Client(self.url("SERVICE"), self.variables["API_KEY"])

    def service(self, path: str) -> dict:
        """An answer of the service."""
        headers = {"X-API-Key": self.variables["API_KEY"]}
        return request_json("GET", self.url("SERVICE") + path, headers=headers)

    def version(self) -> str:
        """The model version that serves."""
        return self.service("/model")["version"]

    def drift(self) -> dict:
        """What the monitor says."""
        return request_json("GET", f"{self.url('MONITOR')}/drift")

    def mails(self, word: str) -> list[dict]:
        """The mails whose subject holds the word, the newest first."""
        inbox = request_json("GET", f"{self.url('MAILBOX')}/api/v1/messages")["messages"]
        return [mail for mail in inbox if word in mail["Subject"]]

    def query(self, expression: str) -> list[dict]:
        """Prometheus' answer to an instant query."""
        found = request_json(
            "GET", f"{self.url('PROMETHEUS')}/api/v1/query", params={"query": expression}
        )
        return found["data"]["result"]

    def usual(self, count: int) -> list[traffic.Listing]:
        """Listings drawn from the reference."""
        schema, rows = self.client.schema(), traffic.reference_rows(self.url("MLFLOW"))
        return traffic.listings_of(rows, schema, count, self.chance.randrange(2**31))

    def shifted(self, count: int) -> list[traffic.Listing]:
        """Listings of another world: electric, half the mileage, one state, a third dearer."""
        return traffic.of_another_world(self.usual(count), self.client.schema())

    def send(self, listings: list[traffic.Listing], actual_prices: bool = False) -> None:
        """Have them priced, 100 a second."""
        for _ in traffic.send(self.client, listings, 100, 1.0 if actual_prices else 0.0):
            pass

    def run_dag(self, dag: str, timeout_seconds: float = 300) -> tuple[str, str]:
        """Start a DAG and wait until it ends: the run's id and its state."""
        run_id = self.airflow.trigger(dag)
        return run_id, self.end_of(dag, run_id, timeout_seconds)

    def end_of(self, dag: str, run_id: str, timeout_seconds: float = 300) -> str:
        """The state that a run ends in."""
        airflow = self.airflow
        return wait_until(
            lambda: (state := airflow.state(dag, run_id)) in ENDED and state,
            f"the end of {dag} {run_id}",
            timeout_seconds,
        )

    def mean_error(self, listings: list[traffic.Listing]) -> float:
        """Mean absolute error in dollars of the model that serves."""
        results = self.client.predict(listings)
        errors = [abs(r["price"] - x.actual_price) for r, x in zip(results, listings, strict=True)]
        return sum(errors) / len(errors)


def make(target: str) -> str:
    """What `make TARGET` prints; fails with it when make does."""
    done = subprocess.run(["make", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"make {target}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def docker(*words: str) -> str:
    """What a docker command prints; fails with it when that does."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"docker {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def containers(service: str) -> list[str]:
    """The ids of a service's containers that run."""
    of_project = f"label=com.docker.compose.project={os.environ['COMPOSE_PROJECT_NAME']}"
    of_service = f"label=com.docker.compose.service={service}"
    return docker("ps", "--quiet", "--filter", of_project, "--filter", of_service).split()


class SteadyClient:
    """One prediction every 100 ms in a thread of its own: the ids that it got, and what failed."""

    def __init__(self, stack: Stack, listing: traffic.Listing):
        self.headers = {"X-API-Key": stack.variables["API_KEY"]}
        self.address, self.body = f"{stack.url('SERVICE')}/predict", listing.features
        self.sent, self.failures, self.answered = 0, [], []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.1):
            self.sent += 1
            try:
                answer = request("POST", self.address, json=self.body, headers=self.headers)
            except NoAnswer as error:
                self.failures.append(str(error))
                continue
            if answer.status_code == 200:
                self.answered.append(answer.json()["prediction_id"])
            else:
                self.failures.append(f"{answer.status_code} {answer.text[:200]}")
