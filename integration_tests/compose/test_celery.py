"""The DAGs on two Celery workers, one of which is killed in the middle of a task."""

import pytest

from integration_tests.compose.stack import Stack, containers, docker, wait_until

WORKERS = 2
# A heartbeat's 120 seconds, the look for those that lack it, the retry's delay, and the task again.
RETRY_SECONDS, END_SECONDS = 240, 600
# Long enough to be killed in; what comes of it stays out of production.
TRAINING = {"trials": 6, "dry_run": True, "force": True, "reason": "a worker is to be killed"}


@pytest.fixture(scope="module")
def stack() -> Stack:
    """The containers that run.sh has started, with the first model in production."""
    return Stack()


@pytest.fixture(scope="module")
def run(stack) -> str:
    """A run of train_model whose worker was killed while it trained; its id."""
    run_id = stack.airflow.trigger("train_model", TRAINING)
    wait_until(lambda: has_begun(stack, run_id), "the end of the first trial", END_SECONDS)
    docker("kill", worker_of(stack, run_id))
    return run_id


def has_begun(stack: Stack, run_id: str) -> bool:
    """Whether the search is at work, with something to go on from."""
    notes = stack.airflow.notes("train_model", run_id, "train", "vehicle_pricing")
    return any("trial 1 of 6" in note for note in notes)


def worker_of(stack: Stack, run_id: str) -> str:
    """The container that the training runs in, or ran in last."""
    return stack.airflow.task("train_model", run_id, "train")["hostname"]


def test_the_first_model_came_of_tasks_on_the_workers(stack):
    workers = set(containers("airflow-worker"))
    assert len(workers) == WORKERS
    (made,) = stack.airflow.run_ids("create_datasets")
    hosts = {
        stack.airflow.task("create_datasets", made, task)["hostname"]
        for task in ("download", "prepare", "split")
    }
    assert hosts and hosts <= workers


def test_a_task_whose_worker_is_killed_is_tried_on_the_other_and_the_run_ends_well(stack, run):
    (left,) = containers("airflow-worker")
    wait_until(
        lambda: stack.airflow.task("train_model", run, "train")["try_number"] == 2,
        "the second try of the training",
        RETRY_SECONDS,
    )
    assert stack.end_of("train_model", run, END_SECONDS) == "success"
    assert worker_of(stack, run) == left
    states = stack.airflow.task_states("train_model", run)
    assert set(states.values()) == {"success"}


def test_the_second_try_went_on_where_the_first_was(stack, run):
    said = "\n".join(stack.airflow.log("train_model", run, "train"))
    assert "continues run" in said, said
