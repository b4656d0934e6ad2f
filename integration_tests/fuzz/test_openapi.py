"""The API held to its own description by schemathesis: a trained model, a real Gunicorn, with a key
and without one. `make fuzz` sends 10,000 requests and more."""

import collections
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from integration_tests.service_under_gunicorn import LISTING, service_in
from unit_tests.price_service.waiting import wait_for

HERE = Path(__file__).parent
LEAST_CASES = int(os.environ.get("FUZZ_CASES", "300"))
KEY = "a key of the test"


@pytest.fixture(name="service", params=["", KEY], ids=["open", "with a key"])
def service_with_trained_model(request, tmp_path, mlflow_url, production_model):
    """The service with its own log and outbox, the registry's model in it."""
    with service_in(tmp_path) as service:
        service.migrate()
        service.start(MLFLOW_TRACKING_URI=mlflow_url, API_KEY=request.param)
        wait_for(lambda: service.get("/ready") == 200, f"model version {production_model}", 60)
        service.headers = {"X-API-Key": request.param} if request.param else {}
        yield service


def operations_with_input(description: dict) -> list[dict]:
    """Those of which more than one request can be made."""
    every = [operation for path in description["paths"].values() for operation in path.values()]
    return [one for one in every if "requestBody" in one or "parameters" in one]


def fuzz(service, least_cases: int) -> tuple[int, str, collections.Counter]:
    """Status and output of `st run`, and how many requests it made of each operation."""
    description = requests.get(f"{service.url}/openapi.json", timeout=20).json()
    each = math.ceil(least_cases / len(operations_with_input(description)))
    events = service.folder / "events.ndjson"
    command = [
        *(
            str(Path(sys.executable).parent / "st"),
            "--config-file",
            str(HERE / "schemathesis.toml"),
        ),
        *("run", f"{service.url}/openapi.json"),
        *("--max-examples", str(each), "--no-color"),
        *("--report", "ndjson", "--report-ndjson-path", str(events)),
    ]
    for name, value in service.headers.items():
        command += ["--header", f"{name}: {value}"]
    if "FUZZ_CASES" not in os.environ:
        command += ["--seed", "1", "--generation-deterministic"]
    run = subprocess.run(
        command,
        env=os.environ | {"SCHEMATHESIS_HOOKS": str(HERE / "hooks.py")},
        cwd=service.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr, cases_by_operation(events)


def cases_by_operation(events: Path) -> collections.Counter:
    """Method and path → requests made of them, in all phases."""
    with events.open(encoding="utf-8") as lines:
        finished = [json.loads(line).get("ScenarioFinished") for line in lines]
    recorded = [scenario["recorder"] for scenario in finished if scenario]
    return collections.Counter(
        "{method} {path}".format(**each["cases"][sent]["value"])
        for each in recorded
        for sent in each.get("interactions", ())
    )


def test_every_answer_is_as_described_and_none_is_a_fault(service):
    before = service_price(service)
    status, output, cases = fuzz(service, LEAST_CASES)
    for operation, count in sorted(cases.items()):
        print(f"{count:>6} {operation}")
    print(f"{cases.total():>6} in all")
    assert status == 0, output
    assert cases.total() >= LEAST_CASES
    assert service_price(service) == before
    assert "Traceback" not in service.log()


def service_price(service) -> int:
    """What it prices the usual listing at."""
    reply = requests.post(
        f"{service.url}/predict", json=LISTING, headers=service.headers, timeout=20
    )
    assert reply.status_code == 200, reply.text
    return reply.json()["price"]
