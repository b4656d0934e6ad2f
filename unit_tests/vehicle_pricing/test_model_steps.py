"""Train, evaluate, promote, roll back: the steps on a small data set and a database of MLflow."""

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import mlflow
import pandas as pd
import pytest

from vehicle_pricing import model_steps, schema
from vehicle_pricing.errors import DataSetError, GateRefused, RegistryError
from vehicle_pricing.features import records
from vehicle_pricing.model_card import MODEL_NAME
from vehicle_pricing.registry import CHALLENGER, PREVIOUS, PRODUCTION, PromotionPaused, Registry
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage

from unit_tests.vehicle_pricing.model_world import put_dataset, splits

REAL, SYNTHETIC = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


@pytest.fixture(scope="module", name="trained")
def trained_world(tmp_path_factory):
    """Two data sets; a model of each judged, the one of real data in production as version 1."""
    folder = tmp_path_factory.mktemp("world")
    home = os.getcwd()
    os.chdir(folder)  # MLflow keeps artifacts of a plain database in the working directory
    settings = Settings(
        data_uri=str(folder / "data"), mlflow_tracking_uri=f"sqlite:///{folder / 'mlflow.db'}"
    )
    storage = Storage.from_settings(settings)
    put_dataset(storage, REAL)
    put_dataset(storage, SYNTHETIC, synthetic=True, seed=30)
    real_run = model_steps.train(settings, REAL, trials=2)
    model_steps.promote(settings, model_steps.evaluate(settings, real_run))
    synthetic_run = model_steps.train(settings, SYNTHETIC, trials=1, rows=900)
    model_steps.evaluate(settings, synthetic_run)
    yield SimpleNamespace(settings=settings, real=real_run, synthetic=synthetic_run, folder=folder)
    os.chdir(home)


@pytest.fixture(name="settings")
def fresh_settings(trained, tmp_path):
    """The settings of a copy of that world's registry."""
    shutil.copy(trained.folder / "mlflow.db", tmp_path / "mlflow.db")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    return trained.settings.model_copy(update={"mlflow_tracking_uri": uri})


def named(settings, alias: str) -> str | None:
    """The version that an alias names."""
    found = Registry(settings.mlflow_tracking_uri).named(alias)
    return str(found.version) if found else None


def test_the_run_tells_how_the_model_came_about(trained, settings):
    run = Registry(settings.mlflow_tracking_uri).client.get_run(trained.real)
    assert run.data.tags["dataset_version"] == REAL
    assert run.data.params["trials"] == "2" and "max_depth" in run.data.params
    assert run.data.metrics["test_mae"] > 0 and run.data.metrics["gate_baseline_mae"] > 0
    assert run.data.tags["gate"] == "accepted"
    assert run.info.status == "FINISHED"


def test_each_trial_is_a_nested_run_with_its_curve(trained, settings):
    client = Registry(settings.mlflow_tracking_uri).client
    parent = client.get_run(trained.real)
    query = f"tags.`mlflow.parentRunId` = '{trained.real}'"
    trials = client.search_runs([parent.info.experiment_id], query)
    assert sorted(run.info.run_name for run in trials) == ["trial 0", "trial 1"]
    for run in trials:
        assert (
            len(client.get_metric_history(run.info.run_id, "mae_usd")) >= run.data.metrics["rounds"]
        )
        assert run.info.status in ("FINISHED", "KILLED")


def test_the_registered_model_prices_as_its_reference_says(settings):
    registry = Registry(settings.mlflow_tracking_uri)
    model = registry.load(registry.named(PRODUCTION))
    uri = registry.named(PRODUCTION).source
    files = mlflow.artifacts.download_artifacts(uri)
    kept = pd.read_parquet(next(_find(files, "reference.parquet")))
    names = [feature["name"] for feature in model.schema["features"]]
    priced = model.predict_records(records(kept, names))
    assert [result["price"] for result in priced] == kept["predicted_price"].tolist()
    assert [result["low"] for result in priced] == kept["low"].tolist()
    assert not list(_find(files, ".pkl")), "no pickle travels with the model"


def _find(folder, ending):
    for root, _, names in os.walk(folder):
        yield from (os.path.join(root, name) for name in names if name.endswith(ending))


def test_the_registered_card_and_schema_name_the_data_set(settings):
    registry = Registry(settings.mlflow_tracking_uri)
    model = registry.load(registry.named(PRODUCTION))
    assert model.schema["dataset"]["version"] == model.card["dataset"]["version"] == REAL
    assert model.card["gate"]["decision"] == "accepted"
    assert 0.8 < model.card["metrics"]["test"]["interval_coverage"] < 1
    assert model.card["trained_at"] and model.card["code_revision"]
    assert json.dumps(model.card, allow_nan=False)


def test_the_card_tells_what_more_rows_bring_and_what_a_random_split_hides(settings):
    registry = Registry(settings.mlflow_tracking_uri)
    card = registry.load(registry.named(PRODUCTION)).card
    assert [point["rows"] for point in card["learning_curve"]] == [200, 400, 800, 1_600]
    study = card["random_against_honest"]
    assert study["random"]["mae"] < study["honest"]["mae"] and study["honest"]["rows"] == 600
    assert registry.load(registry.version("2")).card["learning_curve"][-1]["rows"] == 900


def test_the_card_tells_how_often_use_raises_the_price(settings):
    registry = Registry(settings.mlflow_tracking_uri)
    found = registry.load(registry.named(PRODUCTION)).card["sense"]
    assert list(found) == ["mileage", "age"]
    for one in found.values():
        assert 500 < one["rows"] <= 600
        assert one["share_above_3_percent"] <= one["share_above_1_percent"] < 0.5


def test_page_and_plots_are_files_of_the_run(trained, settings, tmp_path):
    client = Registry(settings.mlflow_tracking_uri).client
    names = [artifact.path for artifact in client.list_artifacts(trained.real)]
    assert {"model_card.html", "model_card.json", "gate.json", "plots"} <= set(names)
    plots = [artifact.path for artifact in client.list_artifacts(trained.synthetic, "plots")]
    assert len(plots) == 8 and "plots/gate_difference.svg" in plots
    svg = Path(client.download_artifacts(trained.synthetic, plots[0], str(tmp_path))).read_text()
    assert '<svg style="background: #ffffff"' in svg


def test_the_page_of_a_version_is_written_where_it_is_wanted(settings, tmp_path):
    path = tmp_path / "docs" / "card.html"
    assert model_steps.card_page(settings, "2", path) == str(path)
    html = path.read_text(encoding="utf-8")
    assert f"data set {SYNTHETIC}" in html and "version 1 in production" in html
    assert html.count("<figure>") == 8


def test_a_version_without_a_page_says_what_to_do(settings, tmp_path):
    registry = Registry(settings.mlflow_tracking_uri)
    source, bare = registry.version("2").source, registry.client.create_run("0").info.run_id
    registry.client.create_model_version(MODEL_NAME, source, bare)
    with pytest.raises(RegistryError, match="holds no model_card.html"):
        model_steps.card_page(settings, "3", tmp_path / "card.html")
    assert not (tmp_path / "card.html").exists()


def test_the_model_takes_a_frame_through_the_plain_pyfunc(settings):
    registry = Registry(settings.mlflow_tracking_uri)
    pyfunc = mlflow.pyfunc.load_model(registry.named(PRODUCTION).source)
    frame = splits()["test"].head(5)
    names = [name for name in schema.FEATURE_NAMES if name != "size"]  # a blank column
    expected = pyfunc.unwrap_python_model().predict_records(records(frame, names))
    assert pyfunc.predict(frame[["year", "model", "manufacturer"]])[0]["price"] > 0
    assert pyfunc.predict(frame[names]) == expected


def test_training_twice_gives_the_same_prices(trained, settings):
    again = model_steps.train(settings, REAL, trials=2)
    client = Registry(settings.mlflow_tracking_uri).client
    first, second = (client.get_run(run).data for run in (trained.real, again))
    assert first.metrics["validation_mae"] == second.metrics["validation_mae"]
    assert model_steps.evaluate(settings, again) == "3"
    second = client.get_run(again).data
    assert first.metrics["test_mae"] == second.metrics["test_mae"]
    assert second.metrics["gate_difference"] == 0
    assert second.tags["gate"] == "accepted", "the same model is within noise of itself"


def test_rows_limits_training_to_the_most_recent(trained, settings):
    run = Registry(settings.mlflow_tracking_uri).client.get_run(trained.synthetic)
    assert run.data.params["rows"] == "900"


def test_evaluating_twice_registers_once(trained, settings):
    assert model_steps.evaluate(settings, trained.real) == "1"
    assert model_steps.evaluate(settings, trained.synthetic) == "2"


def test_a_model_of_synthetic_data_is_refused_and_becomes_challenger(settings):
    with pytest.raises(GateRefused, match="synthetic data; version 1 in production is of real"):
        model_steps.promote(settings, "2")
    assert named(settings, PRODUCTION) == "1"
    assert named(settings, CHALLENGER) == "2"
    tags = Registry(settings.mlflow_tracking_uri).version("2").tags
    assert tags["gate"] == "refused" and "synthetic" in tags["refused"]


def test_force_needs_a_reason(settings):
    with pytest.raises(GateRefused, match="needs a reason"):
        model_steps.promote(settings, "2", force=True, reason="  ")
    assert named(settings, PRODUCTION) == "1"


def test_force_with_a_reason_promotes_and_keeps_the_reason(settings):
    model_steps.promote(settings, "2", force=True, reason="to try it")
    assert named(settings, PRODUCTION) == "2" and named(settings, PREVIOUS) == "1"
    assert Registry(settings.mlflow_tracking_uri).version("2").tags["forced"] == "to try it"


def test_a_dry_run_says_and_moves_nothing(settings):
    said = model_steps.promote(settings, "2", dry_run=True, force=True, reason="to see")
    assert said == "dry run: version 2 would replace 1 in production"
    assert named(settings, PRODUCTION) == "1"
    assert "forced" not in Registry(settings.mlflow_tracking_uri).version("2").tags


def test_a_dry_run_of_a_refused_version_says_so_too(settings):
    with pytest.raises(GateRefused):
        model_steps.promote(settings, "2", dry_run=True)


def test_promoting_what_is_in_production_changes_nothing(settings):
    assert model_steps.promote(settings, "1") == "version 1 is in production already"
    assert named(settings, PREVIOUS) is None


def test_a_verdict_against_a_model_that_has_left_production_does_not_count(trained, settings):
    again = model_steps.evaluate(settings, model_steps.train(settings, REAL, trials=2))
    model_steps.promote(settings, "2", force=True, reason="to try it")
    with pytest.raises(GateRefused, match="judged against 1, and 2 is in production now"):
        model_steps.promote(settings, again)
    renewed = model_steps.evaluate(settings, trained.real)
    assert int(renewed) > int(again), "judged anew, against version 2"


def test_a_rollback_pauses_promotion_until_it_is_resumed(settings):
    model_steps.promote(settings, "2", force=True, reason="to try it")
    assert model_steps.rollback(settings).startswith("version 1 is in production again, 2 is out")
    run = model_steps.train(settings, REAL, trials=2)
    number = model_steps.evaluate(settings, run)
    with pytest.raises(PromotionPaused, match="vehicle_pricing resume"):
        model_steps.promote(settings, number)
    model_steps.resume(settings)
    model_steps.promote(settings, number)
    assert named(settings, PRODUCTION) == number


def test_a_rollback_repeated_says_that_it_is_done(settings):
    model_steps.promote(settings, "2", force=True, reason="to try it")
    model_steps.rollback(settings)
    assert "already" in model_steps.rollback(settings)


def test_a_version_rolled_back_is_not_promoted_again_by_itself(settings):
    registry = Registry(settings.mlflow_tracking_uri)
    registry.tag("2", "gate", "accepted")
    registry.tag("2", "rolled_back", "yesterday")
    with pytest.raises(GateRefused, match="rolled back at yesterday"):
        model_steps.promote(settings, "2")


def test_a_production_whose_data_set_is_gone_is_no_obstacle(trained, settings, tmp_path):
    empty = Storage.from_settings(settings.model_copy(update={"data_uri": str(tmp_path / "d")}))
    put_dataset(empty, SYNTHETIC, synthetic=True, seed=30)
    elsewhere = settings.model_copy(update={"data_uri": str(tmp_path / "d")})
    registry = Registry(settings.mlflow_tracking_uri)
    registry.tag("2", "judged_against", "none")
    number = model_steps.evaluate(elsewhere, trained.synthetic)
    notes = registry.load(registry.version(number)).card["gate"]["notes"]
    assert "could not be compared" in notes[0]


def test_a_rollback_after_production_was_deleted_says_that_no_version_was(settings):
    client = Registry(settings.mlflow_tracking_uri).client
    model_steps.promote(settings, "2", force=True, reason="to try it")
    client.delete_model_version(MODEL_NAME, "2")
    assert model_steps.rollback(settings).startswith("version 1 is in production again: no version")
    assert named(settings, PRODUCTION) == "1"


def test_a_run_that_was_deleted_is_named_before_anything_is_measured(trained, settings):
    registry = Registry(settings.mlflow_tracking_uri)
    registry.client.delete_model_version(MODEL_NAME, "2")
    registry.client.delete_run(trained.synthetic)
    with pytest.raises(
        RegistryError, match="was deleted in MLflow: restore it there, or run train"
    ):
        model_steps.evaluate(settings, trained.synthetic)


def test_a_version_deleted_after_it_was_judged_is_judged_anew(trained, settings):
    Registry(settings.mlflow_tracking_uri).client.delete_model_version(MODEL_NAME, "2")
    with pytest.raises(RegistryError, match="cannot find version 2 .*MLflow answers"):
        model_steps.promote(settings, "2")
    renewed = model_steps.evaluate(settings, trained.synthetic)
    assert Registry(settings.mlflow_tracking_uri).version(renewed).tags["gate"] == "refused"


def test_a_version_without_a_run_has_no_page(settings, tmp_path):
    client = Registry(settings.mlflow_tracking_uri).client
    made = client.create_model_version(MODEL_NAME, source=tmp_path.as_uri())
    with pytest.raises(RegistryError, match="names no run: it was registered by hand"):
        model_steps.card_page(settings, str(made.version), tmp_path / "card.html")


def test_a_run_that_is_not_there_is_named(settings):
    with pytest.raises(RegistryError, match="find the run 0000"):
        model_steps.evaluate(settings, "0000")


def test_a_note_on_a_training_is_the_description_of_its_run(settings):
    run = model_steps.train(settings, "", trials=1, rows=500, note="by an event without a version")
    tags = Registry(settings.mlflow_tracking_uri).client.get_run(run).data.tags
    assert tags["dataset_version"] == SYNTHETIC
    assert tags["mlflow.note.content"] == f"by an event without a version ({SYNTHETIC})"


def test_training_on_no_data_set_says_what_to_do(settings, tmp_path):
    bare = settings.model_copy(update={"data_uri": str(tmp_path / "bare")})
    with pytest.raises(DataSetError, match="create_datasets"):
        model_steps.train(bare, "")
