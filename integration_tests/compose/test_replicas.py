"""Three replicas of the service behind nginx, under load. The tests build on one another, in order."""

import contextlib
import os

import pytest

from integration_tests.compose.stack import (
    Stack,
    SteadyClient,
    containers,
    docker,
    wait_until,
)
from local.http import request, request_json

REPLICAS, CLIENTS = 3, 8
SWAP_SECONDS = 30
MODEL = "vehicle-price"
LISTED = "SELECT prediction_id FROM predictions"
# Of 600 requests by chance a third each, give or take 12.
LEAST_SHARE = 0.2
TOO_LARGE = b'{"model": "' + b"x" * 17 * 2**20 + b'"}'
KNOWN = {"answered": set(), "killed": ""}


@pytest.fixture(scope="module")
def stack() -> Stack:
    """The containers that run.sh has started, with the first model in production."""
    found = Stack()
    KNOWN["before"] = logged()
    return found


def logged() -> set[str]:
    """The ids of all predictions in the log, which its primary key keeps apart."""
    (postgres,) = containers("postgres")
    psql = ("psql", "--username", "postgres", "--dbname", "predictions", "--tuples-only")
    listed = docker("exec", postgres, *psql, "--no-align", "--command", LISTED).split()
    assert len(listed) == len(set(listed))
    return set(listed)


@contextlib.contextmanager
def load(stack: Stack):
    """Clients that ask for prices until the end; none of their requests may fail."""
    listing = stack.usual(1)[0]
    clients = [SteadyClient(stack, listing) for _ in range(CLIENTS)]
    try:
        with contextlib.ExitStack() as running:
            for client in clients:
                running.enter_context(client)
            yield clients
    finally:
        KNOWN["answered"] |= {number for client in clients for number in client.answered}
    assert [failure for client in clients for failure in client.failures] == []


def send(clients: list[SteadyClient], count: int) -> None:
    """Wait until the clients have sent so many more."""
    goal = sum(client.sent for client in clients) + count
    wait_until(lambda: sum(client.sent for client in clients) >= goal, f"{count} requests", 120)


def answered(stack: Stack) -> dict[str, float]:
    """Each replica's own count of prices that it has given."""
    query = 'sum by (instance) (price_service_requests_total{route="/predict",status="200"})'
    return {row["metric"]["instance"]: float(row["value"][1]) for row in stack.query(query)}


def answered_since(stack: Stack, before: dict[str, float], count: int) -> dict[str, float]:
    """The same since a moment, once the replicas together have come to the count."""

    def found():
        more = {name: now - before.get(name, 0) for name, now in answered(stack).items()}
        return sum(more.values()) >= count and more

    return wait_until(found, f"{count} answers counted by the replicas", 30)


def up(stack: Stack, count: int) -> None:
    """Wait until Prometheus reaches so many replicas and knows of no other."""
    wait_until(
        lambda: len(stack.query('up{job="service"} == 1')) == count
        and not stack.query('up{job="service"} == 0'),
        f"{count} replicas scraped",
        90,
    )


def test_the_load_spreads_over_the_replicas_and_their_metrics_add_up_to_it(stack):
    up(stack, REPLICAS)
    before = answered_since(stack, {}, len(KNOWN["before"]))
    with load(stack) as clients:
        send(clients, 600)
    given = sum(len(client.answered) for client in clients)
    shares = answered_since(stack, before, given)
    assert sum(shares.values()) == given
    assert len(shares) == REPLICAS and min(shares.values()) > LEAST_SHARE * given, shares


def test_the_summary_of_the_service_counts_one_version_however_many_replicas_serve_it(stack):
    shown = stack.query("count(count by (version) (price_service_model_info == 1))")
    assert [row["value"][1] for row in shown] == ["1"]
    assert len(stack.query("price_service_model_info == 1")) == REPLICAS


def test_a_new_model_in_production_reaches_all_within_30_seconds_and_no_request_fails(stack):
    with load(stack) as clients:
        send(clients, 50)
        version = promote_again(stack)
        serving = f'price_service_model_info{{version="{version}"}} == 1'
        wait_until(lambda: len(stack.query(serving)) == REPLICAS, "all serve it", SWAP_SECONDS)
        send(clients, 50)
    results = [stack.client.predict(stack.usual(1))[0] for _ in range(20)]
    KNOWN["answered"] |= {result["prediction_id"] for result in results}
    assert {result["model_version"] for result in results} == {version}


def promote_again(stack: Stack) -> str:
    """Register the model in production once more, and put that version into production."""
    api = f"{stack.url('MLFLOW')}/api/2.0/mlflow"
    named = {"name": MODEL, "alias": "production"}
    found = request_json("GET", f"{api}/registered-models/alias", params=named)["model_version"]
    same = {key: found[key] for key in ("name", "source", "run_id")}
    same["model_id"] = found["source"].rpartition("/")[2]  # models:/ID
    made = request_json("POST", f"{api}/model-versions/create", json=same)["model_version"]
    moved = named | {"version": made["version"]}
    request_json("POST", f"{api}/registered-models/alias", json=moved)
    return made["version"]


def test_a_replica_that_is_killed_under_load_is_not_noticed(stack):
    with load(stack) as clients:
        send(clients, 200)
        KNOWN["killed"] = containers("service")[0]
        docker("kill", KNOWN["killed"])
        send(clients, 400)
    assert len(containers("service")) == REPLICAS - 1
    up(stack, REPLICAS - 1)


def test_what_the_killed_replica_had_promised_is_in_the_log_by_the_others(stack):
    wait_until(lambda: KNOWN["answered"] <= logged(), "all answers in the log", 30)
    more = logged() - KNOWN["before"] - KNOWN["answered"]
    # Priced by the killed replica, which could not say so any more: asked again of another.
    assert len(more) <= CLIENTS


def test_a_replica_that_comes_back_under_load_gets_its_share_and_no_request_fails(stack):
    with load(stack) as clients:
        docker("start", KNOWN["killed"])
        up(stack, REPLICAS)
        before = answered(stack)
        send(clients, 300)
    shares = answered_since(stack, before, 300)
    assert len([share for share in shares.values() if share > LEAST_SHARE * 300]) == REPLICAS


def test_a_replica_that_is_stopped_under_load_is_not_noticed(stack):
    with load(stack) as clients:
        send(clients, 100)
        docker("stop", KNOWN["killed"])
        send(clients, 200)
    assert len(containers("service")) == REPLICAS - 1
    wait_until(lambda: KNOWN["answered"] <= logged(), "all answers in the log", 30)


def test_a_body_that_is_too_large_is_refused_as_the_service_does_it(stack):
    headers = {"X-API-Key": os.environ["API_KEY"], "Content-Type": "application/json"}
    answer = request("POST", f"{stack.url('SERVICE')}/predict", data=TOO_LARGE, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 413


def test_with_no_replica_left_the_answer_is_a_problem_that_says_when_to_come_back(stack):
    for one in containers("service"):
        docker("kill", one)
    answer = request("GET", f"{stack.url('SERVICE')}/model")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["title"] == "Service Unavailable"
