import pytest
from mlflow import MlflowClient

from vehicle_pricing import sample
from vehicle_pricing.storage import Storage

from local.http import NoAnswer

ENDED = ("success", "failed")


@pytest.fixture
def run_to_its_end(airflow, wait_until):
    """Waits for the end of a run and gives the state in which it ended."""

    def wait(dag: str, run_id: str) -> str:
        wait_until(lambda: airflow.state(dag, run_id) in ENDED, f"{dag} {run_id} ended", 240)
        return airflow.state(dag, run_id)

    return wait


def production_version(mlflow_url: str) -> str:
    """The version that the alias names."""
    client = MlflowClient(mlflow_url)
    return client.get_model_version_by_alias("vehicle-price", "production").version


def test_the_same_input_ends_well_with_no_new_data_and_trains_nothing(
    airflow, archive, production_model, pipeline_settings, run_to_its_end
):
    storage = Storage.from_settings(pipeline_settings)
    known = storage.dataset_card(storage.latest_dataset())["archive"]
    storage.get_file(f"archives/{known}.zip", archive)
    before = airflow.run_ids("train_model")
    run_id = airflow.trigger("create_datasets")
    assert run_to_its_end("create_datasets", run_id) == "success"
    states = airflow.task_states("create_datasets", run_id)
    assert states == {"download": "success", "prepare": "skipped", "split": "skipped"}
    assert "no new data" in "\n".join(airflow.log("create_datasets", run_id, "prepare"))
    assert airflow.run_ids("train_model") == before


def test_a_retraining_asked_for_by_the_api_with_parameters_ends_with_a_new_version(
    airflow, production_model, mlflow_url, run_to_its_end
):
    run_id = airflow.trigger("train_model", {"trials": 1, "dry_run": True})
    assert run_to_its_end("train_model", run_id) == "success"
    assert production_version(mlflow_url) == production_model


def test_a_refused_model_fails_visibly_with_its_reasons_and_production_stays(
    airflow, production_model, mlflow_url, run_to_its_end
):
    run_id = airflow.trigger("train_model", {"trials": 1, "rows": 500})
    assert run_to_its_end("train_model", run_id) == "failed"
    states = airflow.task_states("train_model", run_id)
    assert states == {"train": "success", "evaluate": "success", "promote": "failed"}
    assert "production" in "\n".join(airflow.log("train_model", run_id, "promote"))
    assert production_version(mlflow_url) == production_model


@pytest.mark.parametrize(
    "wrong", [{"trials": 0}, {"trials": "many"}, {"rows": 3}, {"dataset_version": "../../etc"}]
)
def test_wrong_parameters_are_refused_before_anything_runs(airflow, wrong):
    before = airflow.run_ids("train_model")
    with pytest.raises(NoAnswer, match="400"):
        airflow.trigger("train_model", wrong)
    assert airflow.run_ids("train_model") == before


def test_a_broken_archive_fails_the_run_with_what_to_do(airflow, archive, run_to_its_end):
    archive.write_bytes(b"PK, and then nothing of a zip")
    run_id = airflow.trigger("create_datasets")
    assert run_to_its_end("create_datasets", run_id) == "failed"
    assert "archive" in "\n".join(airflow.log("create_datasets", run_id, "download"))


def test_a_new_archive_starts_exactly_one_training(
    airflow, archive, production_is_put_back, run_to_its_end, wait_until
):
    sample.write_archive(archive, 6000, seed=7)
    before = airflow.run_ids("train_model")
    run_id = airflow.trigger("create_datasets")
    assert run_to_its_end("create_datasets", run_id) == "success"

    def started() -> list[str]:
        return [run for run in airflow.run_ids("train_model") if run not in before]

    wait_until(lambda: bool(started()), "the training started", 60)
    assert run_to_its_end("train_model", started()[0]) == "success"
    again = airflow.trigger("create_datasets")
    assert run_to_its_end("create_datasets", again) == "success"
    assert len(started()) == 1
