"""A task's process, and Airflow's scheduler, are killed within a run: the run ends well."""

from pathlib import Path

import psutil
import pytest
import requests

from vehicle_pricing import sample
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage

from integration_tests.faults.pipeline_steps import Steps
from integration_tests.stack import where_still_there

ENDED = ("success", "failed")
ROWS = 60_000


@pytest.fixture(name="killing")
def drill(airflow, archive, demo, pipeline_settings, production_model, wait_until):
    """The running Airflow, and what these drills do to it.

    The model that all tests start from is in production before: the gate would refuse it, of
    synthetic listings, where one of these drills' archives is there already.
    """
    assert production_model
    return Killing(airflow, archive, demo, pipeline_settings, wait_until)


class Killing:
    """One Airflow with a run of `create_datasets` on a new archive."""

    def __init__(self, airflow, archive, demo, settings: Settings, wait_until):
        self.airflow, self.archive, self.demo = airflow, archive, demo
        self.settings, self.wait_until = settings, wait_until
        self.data = Steps(demo.environment.folder)
        self.left_before = {path.parent for path in self.data.parts()}

    def run_on_new_archive(self, seed: int) -> str:
        """Start a run whose `prepare` is in the middle of a file when this returns."""
        sample.write_archive(self.archive, ROWS, seed=seed)
        run_id = self.airflow.trigger("create_datasets")
        self.wait_until(self.prepares, "prepare within a file", 120, 0.01)
        return run_id

    def unfinished(self) -> list[Path]:
        """What this drill's run is writing."""
        return [path for path in self.data.parts() if path.parent not in self.left_before]

    def prepares(self) -> bool:
        """Whether a file of a data set is being written."""
        return any(
            "datasets" in path.parts and path.suffix == ".parquet" for path in self.unfinished()
        )

    def writers(self) -> list[psutil.Process]:
        """The process of the task, which holds the locks of its unfinished files."""
        locks = {str(path) for path in self.unfinished() if path.name == ".lock"}
        holding = []
        for process in self.demo.processes.alive():
            with where_still_there():
                if locks & {file.path for file in process.open_files()}:
                    holding.append(process)
        return holding

    def kill_scheduler(self) -> None:
        """SIGKILL to the scheduler alone; what it has started lives on or not, as it may."""
        (part,) = [
            part
            for part in self.demo.processes.parts
            if part.name == "airflow-scheduler" and part.process.poll() is None
        ]
        part.process.kill()
        part.process.wait(20)
        self.demo.processes.parts.remove(part)  # its end is no fault that others should hear of

    def ended(self, dag: str, run_id: str) -> str:
        """The state in which a run ends."""
        self.wait_until(lambda: self.airflow.state(dag, run_id) in ENDED, f"{dag} ended", 300)
        return self.airflow.state(dag, run_id)

    def clear(self, run_id: str) -> None:
        """What a person does in the UI: clear what has failed, so that it runs again."""
        self.airflow.state("create_datasets", run_id)  # signs in again where that ran out
        answer = requests.post(
            f"{self.airflow.url}/api/v2/dags/create_datasets/clearTaskInstances",
            json={"dry_run": False, "dag_run_id": run_id, "only_failed": True},
            headers=self.airflow.headers,
            timeout=30,
        )
        assert answer.ok, answer.text

    def datasets(self) -> set[str]:
        """The versions of the data sets that are taken for whole."""
        names = Storage.from_settings(self.settings).list("datasets")
        return {name.split("/")[1] for name in names if name.endswith("/card.json")}


def trainings_ended(killing, before):
    """Wait for the trainings that came of the data sets, so that they disturb no other drill."""
    new = [run for run in killing.airflow.run_ids("train_model") if run not in before]
    for run in new:
        killing.ended("train_model", run)
    return new


def test_a_killed_task_fails_visibly_and_the_run_ends_well_once_it_is_cleared(killing):
    trainings, before = killing.airflow.run_ids("train_model"), killing.datasets()
    run_id = killing.run_on_new_archive(seed=101)
    (writer,) = killing.writers()
    writer.kill()
    assert killing.ended("create_datasets", run_id) == "failed"
    states = killing.airflow.task_states("create_datasets", run_id)
    assert states == {"download": "success", "prepare": "failed", "split": "upstream_failed"}
    assert killing.datasets() == before
    assert killing.airflow.run_ids("train_model") == trainings

    killing.clear(run_id)
    killing.wait_until(
        lambda: not set(killing.airflow.task_states("create_datasets", run_id).values())
        & {"failed"},
        "cleared",
        30,
    )
    assert killing.ended("create_datasets", run_id) == "success"
    assert len(killing.datasets() - before) == 1
    killing.wait_until(
        lambda: killing.airflow.run_ids("train_model") != trainings, "a training", 60
    )
    assert len(trainings_ended(killing, trainings)) == 1


def test_a_scheduler_killed_within_a_run_and_started_again_brings_it_to_its_end(killing):
    trainings, before = killing.airflow.run_ids("train_model"), killing.datasets()
    run_id = killing.run_on_new_archive(seed=102)
    killing.kill_scheduler()
    assert killing.airflow.state("create_datasets", run_id) == "running"
    killing.demo.processes.start("airflow-scheduler")
    assert killing.ended("create_datasets", run_id) == "success"
    assert set(killing.airflow.task_states("create_datasets", run_id).values()) == {"success"}
    assert len(killing.datasets() - before) == 1
    killing.wait_until(
        lambda: killing.airflow.run_ids("train_model") != trainings, "a training", 60
    )
    assert len(trainings_ended(killing, trainings)) == 1
