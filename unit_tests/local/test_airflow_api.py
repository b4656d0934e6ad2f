"""What is read out of Airflow's answers."""

import pytest

from local.airflow_api import AirflowApi

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
