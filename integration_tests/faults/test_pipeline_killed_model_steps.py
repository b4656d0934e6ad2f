"""`train`, `evaluate` and `promote` are killed before what they tell MLflow, and run again."""

from types import SimpleNamespace

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from vehicle_pricing.registry import CHALLENGER, PREVIOUS, PRODUCTION
from vehicle_pricing.tracking import EXPERIMENT

from integration_tests import stack
from integration_tests.faults.pipeline_steps import Moment, Steps

SEND, MODEL = "http.client.send", "vehicle-price"


@pytest.fixture(scope="module", name="world")
def mlflow_with_a_model_in_production(tmp_path_factory):
    """An MLflow of these drills alone, and a model that the undisturbed steps brought to it."""
    environment = stack.environment_in(tmp_path_factory.mktemp("stack"))
    demo = stack.launcher(environment, stack.variables_of(environment))
    try:
        url = stack.start(demo, "MLFLOW")
        steps = Steps(tmp_path_factory.mktemp("model") / "place", MLFLOW_TRACKING_URI=url)
        dataset = steps.make_dataset()
        training = steps.run("train")
        version = steps.run("evaluate", training)
        steps.run("promote", version)
        yield SimpleNamespace(
            steps=steps, client=MlflowClient(url), dataset=dataset, run=training, version=version
        )
    finally:
        demo.stop()


def parents(client):
    """Run id → status of the trainings."""
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    runs = client.search_runs([experiment])
    return {run.info.run_id: run.info.status for run in runs if "trial" not in run.data.tags}


def versions(client):
    """The numbers of all registered versions."""
    return {found.version for found in client.search_model_versions(f"name = '{MODEL}'")}


def named(client, alias):
    """The version that an alias names, or None."""
    try:
        return client.get_model_version_by_alias(MODEL, alias).version
    except MlflowException:
        return None


@pytest.mark.parametrize(
    "moment",
    [
        Moment(SEND, "fitted/model.ubj"),  # the model is fitted, and not kept
        Moment(SEND, "fitted/schema.json"),  # half of its files are kept
        Moment(SEND, "runs/update", 2),  # its run is whole, and not ended
    ],
    ids=["before_its_model_is_kept", "within_its_files", "before_its_run_is_ended"],
)
def test_a_killed_training_ends_with_the_model_of_an_undisturbed_one(world, moment):
    before = set(parents(world.client))
    world.steps.killed_at(moment, "train")
    made = world.steps.run("train")
    after = parents(world.client)
    assert made in set(after) - before and after[made] == "FINISHED"
    assert "RUNNING" not in after.values(), "none seems to run for ever"
    assert fitted(world.client, made) == fitted(world.client, world.run)
    found, reference = (world.client.get_run(run).data for run in (made, world.run))
    assert found.params == reference.params
    assert found.metrics["validation_mae"] == reference.metrics["validation_mae"]


def fitted(client, run):
    """Name → size of what a training left for the next step; `trained.json` tells the time."""
    files = client.list_artifacts(run, "fitted")
    return {file.path: file.file_size for file in files if "trained" not in file.path}


@pytest.mark.parametrize(
    "moment",
    [
        Moment(SEND, "runs/log-batch"),  # judged, and nothing told
        Moment(SEND, "model_card.json"),
        Moment(SEND, "model-versions/create"),  # the model is logged, and not registered
        Moment(SEND, "registered-models/alias?name"),  # before anything was asked
    ],
    ids=["before_its_figures", "before_its_card", "before_it_registers", "at_its_start"],
)
def test_a_killed_evaluation_registers_its_model_once(world, moment):
    training = world.steps.run("train")
    before = versions(world.client)
    world.steps.killed_at(moment, "evaluate", training)
    assert versions(world.client) == before
    assert named(world.client, PRODUCTION) == world.version
    number = world.steps.run("evaluate", training)
    assert world.steps.run("evaluate", training) == number
    assert versions(world.client) - before == {number}
    assert world.client.get_run(training).info.status == "FINISHED"
    figures = [world.client.get_run(run).data.metrics for run in (training, world.run)]
    assert figures[0]["test_mae"] == figures[1]["test_mae"]


def test_a_refused_model_becomes_the_challenger_though_its_evaluation_was_killed(world):
    training = world.steps.run("train", "--rows", "500")
    world.steps.killed_at(
        Moment(SEND, "POST /api/2.0/mlflow/registered-models/alias"), *("evaluate", training)
    )
    number = world.steps.run("evaluate", training)
    assert world.client.get_model_version(MODEL, number).tags["gate"] == "refused"
    assert named(world.client, CHALLENGER) == number
    assert f"version {number} was refused" in world.steps.refused("promote", number)
    assert named(world.client, PRODUCTION) == world.version


@pytest.mark.parametrize(
    "moment",
    [
        Moment(SEND, "POST /api/2.0/mlflow/registered-models/alias"),
        Moment(SEND, "POST /api/2.0/mlflow/registered-models/alias", 2),
        Moment(SEND, "model-versions/set-tag"),
        Moment(SEND, "model-versions/transition-stage"),
    ],
    ids=["before_previous", "before_production", "before_its_time", "before_its_stage"],
)
def test_a_killed_promotion_leaves_a_whole_model_and_is_done_once(world, moment):
    client, old = world.client, named(world.client, PRODUCTION)
    number = world.steps.run("evaluate", world.steps.run("train"))
    assert client.get_model_version(MODEL, number).tags["gate"] == "accepted"
    world.steps.killed_at(moment, "promote", number)
    assert named(client, PRODUCTION) in (old, number)
    assert f"version {number} is in production" in world.steps.run("promote", number)
    assert "already" in world.steps.run("promote", number)
    assert (named(client, PRODUCTION), named(client, PREVIOUS)) == (number, old)
    assert client.get_model_version(MODEL, number).current_stage == "Production"
    world.version = number
