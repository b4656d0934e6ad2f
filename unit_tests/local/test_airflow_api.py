"""What is read out of Airflow's answers."""

import json

import pytest
import requests

from local import airflow_api
from local.airflow_api import AirflowApi
from local.http import NoAnswer

FAILED = {
    "event": "Task failed with exception",
    "logger": "task",
    "error_detail": [
        {"exc_type": "ArchiveError", "exc_value": "no zip: download it anew"},
        {"exc_type": "BadZipFile", "exc_value": "File is not a zip file"},
    ],
}
LOG = {
    "content": [
        {"event": "::group::Pre Execute"},
        {"event": "kept 12 of 14 listings", "logger": "vehicle_pricing.data_steps"},
        "a line that is only text",
        FAILED,
    ]
}


@pytest.fixture
def airflow():
    """An Airflow that answers a task's state and its log, and is signed in."""

    class Answering(AirflowApi):
        """Answers without a server."""

        def _call(self, method, path, **options):
            return LOG if "/logs/2" in path else {"try_number": 2}

    return Answering("http://127.0.0.1:1", "secret", headers={"Authorization": "Bearer x"})


def test_a_failure_shows_what_was_raised_and_not_what_it_came_of(airflow):
    last = airflow.log("create_datasets", "run", "prepare")[-1]
    assert last == "Task failed with exception ArchiveError: no zip: download it anew"


def test_the_notes_of_a_package_are_those_of_its_loggers_alone(airflow):
    notes = airflow.notes("create_datasets", "run", "prepare", "vehicle_pricing")
    assert notes == ["kept 12 of 14 listings"]


def test_a_task_that_never_ran_has_no_log(airflow):
    airflow._call = lambda method, path: {"try_number": 0}
    assert airflow.log("create_datasets", "run", "split") == []


def test_an_airflow_that_does_not_answer_is_not_healthy():
    assert not AirflowApi("http://127.0.0.1:1", "secret").is_healthy()


class Said:
    """Answers in a row, of (status, body); the last one again and again."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, method, url, **options):
        self.asked.append((method, options["headers"]))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer = requests.Response()
        answer.status_code, answer._content = status, json.dumps(body).encode()
        return answer


LOCKED = 500, {"detail": {"reason": "Database error"}}
STARTED = 200, {"dag_run_id": "run"}


@pytest.fixture(name="said")
def answering(monkeypatch):
    """Has Airflow answer so."""

    def answer(*answers) -> Said:
        made = Said(*answers)
        monkeypatch.setattr(airflow_api, "request", made)
        monkeypatch.setattr(airflow_api, "request_json", lambda *_, **__: {"access_token": "new"})
        return made

    return answer


def signed_in() -> AirflowApi:
    """With a token that may have run out."""
    return AirflowApi("http://127.0.0.1:1", "secret", headers={"Authorization": "Bearer old"})


def test_a_database_that_was_locked_is_asked_again(said):
    made = said(LOCKED, LOCKED, STARTED)
    assert signed_in().trigger("create_datasets") == "run"
    assert len(made.asked) == 3


def test_a_database_that_stays_locked_is_told_of(said):
    made = said(LOCKED)
    with pytest.raises(NoAnswer, match="500 .*Database error"):
        signed_in().trigger("create_datasets")
    assert len(made.asked) == 3


def test_another_fault_is_told_of_at_once(said):
    made = said((500, {"detail": "Internal Server Error"}))
    with pytest.raises(NoAnswer, match="500"):
        signed_in().trigger("create_datasets")
    assert len(made.asked) == 1


def test_a_token_that_has_run_out_is_got_anew(said):
    made = said((401, {}), STARTED)
    assert signed_in().trigger("create_datasets") == "run"
    assert made.asked[1][1] == {"Authorization": "Bearer new"}
