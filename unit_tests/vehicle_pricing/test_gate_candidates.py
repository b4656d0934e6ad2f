"""Candidates that are really trained, good and bad: each with the gate's verdict and its reason."""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import mlflow
import numpy as np
import pandas as pd
import pytest

from vehicle_pricing import model_steps
from vehicle_pricing import schema as schemas
from vehicle_pricing.final_fit import fit_final
from vehicle_pricing.model_card import MODEL_NAME
from vehicle_pricing.onnx_form import booster_files, packed
from vehicle_pricing.registry import PRODUCTION, Registry
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage, dataset_path
from vehicle_pricing.tracking import Tracking
from vehicle_pricing.training import fit_price, prepare_matrices

from unit_tests.vehicle_pricing.model_world import card, listings

HONEST, LEAKY = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
PARAMETERS = {"max_depth": 4, "learning_rate": 0.2, "subsample": 0.8, "colsample_bytree": 0.5}
ROUNDS = 60
TEST_ROWS, LEAKED_ROWS = 1_300, 400


def with_trucks(frame: pd.DataFrame) -> pd.DataFrame:
    """The listings, with a body type that follows from the model for one of ten."""
    return frame.assign(type=frame["type"].mask(frame["model"] == "tacoma", "truck"))


def put_dataset(storage: Storage, version: str, frames: dict[str, pd.DataFrame]) -> None:
    """Write a data set of these splits."""
    for name, frame in frames.items():
        storage.write_frame(frame, dataset_path(version, f"{name}.parquet"))
    storage.write_json(card(version), dataset_path(version, "card.json"))


@pytest.fixture(scope="module", name="world")
def empty_registry_beside_data(tmp_path_factory):
    """A data set, another whose training split has test rows too, and a registry of no model."""
    folder, home = tmp_path_factory.mktemp("candidates"), os.getcwd()
    os.chdir(folder)  # MLflow keeps artifacts of a plain database in the working directory
    settings = Settings(
        data_uri=str(folder / "data"), mlflow_tracking_uri=f"sqlite:///{folder / 'mlflow.db'}"
    )
    splits = {
        "train": with_trucks(listings(2_000)),
        "validation": with_trucks(listings(300, 1, 10_000)),
        "test": with_trucks(listings(TEST_ROWS, 2, 20_000)),
    }
    leaked = [splits["train"].head(LEAKED_ROWS), splits["test"].head(LEAKED_ROWS)]
    leaky = splits | {"train": pd.concat(leaked, ignore_index=True)}
    storage = Storage.from_settings(settings)
    put_dataset(storage, HONEST, splits)
    put_dataset(storage, LEAKY, leaky)
    registry = Registry(settings.mlflow_tracking_uri)
    yield SimpleNamespace(settings=settings, registry=registry, splits=splits, leaky=leaky)
    os.chdir(home)


@pytest.fixture(scope="module", name="whole")
def model_of_all_rows(world):
    """The model of all rows, judged while there was no other: its fit, version and verdict."""
    fit = fitted(*known(world.splits))
    version = model_steps.evaluate(world.settings, kept(world, fit))
    return SimpleNamespace(fit=fit, version=version, gate=verdict(world, version))


@pytest.fixture(scope="module", name="tenth")
def model_of_a_tenth(world, whole):
    """The model of a tenth of the training rows, judged against that of all."""
    train, validation = known(world.splits)
    fit = fitted(train.head(len(train) // 10), validation)
    found = judged(world, kept(world, fit), whole.version)
    return SimpleNamespace(fit=fit, version=found.version, gate=found.gate)


@pytest.fixture(scope="module", name="leaky")
def model_of_test_rows(world, whole):
    """A model of test rows among others, judged: version and verdict."""
    return judged(world, kept(world, fitted(*known(world.leaky)), LEAKY), whole.version)


@pytest.fixture(name="files")
def artifacts_to_spoil(whole, world, tmp_path):
    """The folder of the whole model's artifacts, put back afterwards."""
    folder = Path(mlflow.artifacts.download_artifacts(world.registry.version(whole.version).source))
    shutil.copytree(folder, tmp_path / "kept")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(tmp_path / "kept", folder)


def known(splits: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is trained on."""
    return splits["train"], splits["validation"]


def fitted(train: pd.DataFrame, validation: pd.DataFrame, seed: int = 1) -> SimpleNamespace:
    """Schema, final fit and validation error of these rows, as `train` without its search."""
    schema = schemas.build(pd.concat([train, validation], ignore_index=True), card())
    found = fit_price(prepare_matrices(train, validation, schema), PARAMETERS, ROUNDS, seed)
    final = fit_final(train, validation, schema, found, seed)
    return SimpleNamespace(schema=schema, final=final, validation_mae=found.best)


def kept(world, fit: SimpleNamespace, version: str = HONEST) -> str:
    """The id of a run that holds the fit, as `train` leaves it."""
    final, tracking = fit.final, Tracking(world.registry)
    tags = {"dataset_version": version, "synthetic": "false", "code_revision": "of a test"}
    tags |= {"search": "none"}
    documents = {
        "encoding.json.zlib": final.encoding,
        "schema.json": fit.schema,
        "trained.json": {},
    }
    with tracking.run(tags) as run:
        tracking.keep_fitted(run.run_id, booster_files(final.boosters), documents)
    return run.run_id


def judged(world, run_id: str, against: str | None) -> SimpleNamespace:
    """The version that becomes of a run, and the gate's word on it, with another in production."""
    if against:
        world.registry.put_into_production(against)
    elif world.registry.named(PRODUCTION):
        world.registry.client.delete_registered_model_alias(MODEL_NAME, PRODUCTION)
    version = model_steps.evaluate(world.settings, run_id)
    return SimpleNamespace(version=version, gate=verdict(world, version))


def verdict(world, version: str) -> dict:
    """What the card of a version says of the gate."""
    return world.registry.load(world.registry.version(version)).card["gate"]


def altered(world, alter, rows: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is trained on, or that many of its rows, altered: the test split stays as it is."""
    train, validation = known(world.splits)
    return alter(train.head(rows or len(train))), alter(validation)


def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    """The listings with one another's prices."""
    return frame.assign(price=np.random.default_rng(3).permutation(frame["price"]))


def telling(frame: pd.DataFrame) -> pd.DataFrame:
    """The listings with a colour that tells the price to a fortieth, to who knows the code."""
    shade = pd.qcut(frame["price"], 40, labels=False)
    code = shade.map(lambda number: "abcdefghij"[number // 4] * (number % 4 + 1))
    return frame.assign(paint_color=code)


def garbled(frame: pd.DataFrame) -> pd.DataFrame:
    """The listings with trucks said to be dearer by 40%."""
    return frame.assign(price=frame["price"].mask(frame["type"] == "truck", frame["price"] * 1.4))


def only(reasons: list[str], pattern: str) -> bool:
    """Whether there is one reason, and it is that."""
    return len(reasons) == 1 and re.fullmatch(pattern, reasons[0]) is not None


def test_with_no_model_in_production_the_baseline_alone_decides(whole):
    gate = whole.gate
    assert (gate["decision"], gate["reasons"]) == ("accepted", [])
    assert gate["notes"] == ["no model is in production yet: compared with the baseline only"]
    assert gate["figures"]["mae"] < 0.7 * gate["figures"]["baseline_mae"]


def test_a_model_of_shuffled_prices_is_refused_with_none_in_production_and_with_one(world, whole):
    run_id = kept(world, fitted(*altered(world, shuffled, 400)))
    alone = judged(world, run_id, against=None).gate
    beside = judged(world, run_id, against=whole.version).gate
    assert alone["decision"] == beside["decision"] == "refused"
    for gate in (alone, beside):
        assert gate["reasons"][0].startswith("no better than the median by make, model and year: ")
    worse = [reason for reason in beside["reasons"] if "in production by" in reason]
    assert re.match(r"worse than version 1 in production by [\d,]+ USD", worse[0])


def test_a_model_that_learned_from_a_column_that_tells_the_price_is_refused(world, whole):
    fit = fitted(*altered(world, telling, 1_000))
    assert fit.validation_mae < 0.85 * whole.fit.validation_mae, "in training it looks excellent"
    gate = judged(world, kept(world, fit), whole.version).gate
    assert gate["decision"] == "refused"
    worse = [reason for reason in gate["reasons"] if "in production by" in reason]
    assert only(worse, r"worse than version 1 in production by \d+ USD .* neither has seen")


def test_a_model_trained_on_test_vehicles_is_refused_for_that(leaky, whole):
    gate = leaky.gate
    assert gate["decision"] == "refused"
    assert gate["reasons"][0] == "test vehicles were trained on: 400 of 1,300"
    assert all("the 90% range holds" in reason for reason in gate["reasons"][1:]), "it knows them"
    assert gate["figures"]["mae"] < whole.gate["figures"]["mae"], "on these rows it looks better"


def test_rows_that_the_model_in_production_was_trained_on_do_not_count(world, whole, leaky):
    again = kept(world, whole.fit)
    figures = judged(world, again, against=leaky.version).gate["figures"]
    assert figures["shared_rows"] == TEST_ROWS - LEAKED_ROWS


def test_a_model_of_a_tenth_of_the_rows_is_refused_by_how_much_it_is_worse(tenth):
    assert tenth.gate["decision"] == "refused"
    dollars = round(tenth.gate["figures"]["difference"])
    assert dollars > 20
    said = f"worse than version 1 in production by {dollars} USD (95% interval "
    assert tenth.gate["reasons"][0].startswith(said)


def test_a_model_good_on_average_and_broken_for_trucks_is_refused_for_trucks(world, tenth):
    run_id = kept(world, fitted(*altered(world, garbled)))
    gate = judged(world, run_id, against=tenth.version).gate
    assert gate["figures"]["difference_low"] < 0, "on average it is no worse beyond noise"
    assert gate["decision"] == "refused"
    wrong = r"much worse where type truck: error [\d,]+ USD against [\d,]+ USD"
    assert re.fullmatch(wrong, gate["reasons"][-1]), gate["reasons"]
    assert all(reason.startswith("much worse where ") for reason in gate["reasons"])


def test_a_model_of_ranges_too_narrow_is_refused_for_them_alone(world, whole):
    margins = whole.fit.final.encoding["margins"]
    margins = margins | {"margin": [margin - 0.15 for margin in margins["margin"]]}
    narrow = replace(whole.fit.final, encoding=whole.fit.final.encoding | {"margins": margins})
    run_id = kept(world, SimpleNamespace(schema=whole.fit.schema, final=narrow))
    gate = judged(world, run_id, whole.version).gate
    assert gate["decision"] == "refused"
    pattern = r"the 90% range holds \d\d\.\d% of the test prices; 86% to 94% are wanted"
    assert re.fullmatch(pattern, gate["reasons"][0])
    told = [re.fullmatch(f"told [^:]+: {pattern}", reason) for reason in gate["reasons"][1:]]
    assert told and all(told), gate["reasons"]


def test_a_model_equal_to_production_within_noise_passes(world, whole):
    run_id = kept(world, fitted(*known(world.splits), seed=3))
    gate = judged(world, run_id, whole.version).gate
    figures = gate["figures"]
    assert (gate["decision"], gate["reasons"], gate["notes"]) == ("accepted", [], [])
    assert figures["difference_low"] < 0 < figures["difference_high"]
    assert figures["production_mae"] == whole.gate["figures"]["mae"], "both on the same rows"
    assert figures["shared_rows"] == figures["rows"] == TEST_ROWS


def test_a_truly_better_model_passes(world, whole, tenth):
    gate = judged(world, kept(world, whole.fit), against=tenth.version).gate
    assert (gate["decision"], gate["reasons"], gate["notes"]) == ("accepted", [], [])
    assert gate["figures"]["difference_high"] < 0


def all_gone(folder: Path) -> None:
    """Delete every file."""
    shutil.rmtree(folder)


def one_gone(folder: Path) -> None:
    """Delete the encoder's tables."""
    next(folder.rglob("encoding.json.zlib")).unlink()


def cut_short(folder: Path) -> None:
    """Leave half of the booster."""
    path = next(folder.rglob("prices.onnx.zlib"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(folder: Path) -> None:
    """Leave tables in which nothing stands."""
    next(folder.rglob("encoding.json.zlib")).write_bytes(packed(b"{}"))


@pytest.mark.parametrize("spoil", [all_gone, one_gone, cut_short, emptied])
def test_a_production_that_cannot_be_read_is_no_obstacle_and_it_is_said(world, tenth, files, spoil):
    assert tenth.gate["decision"] == "refused", "as long as production can be read"
    spoil(files)
    gate = judged(world, kept(world, tenth.fit), "1").gate
    assert (gate["decision"], gate["reasons"]) == ("accepted", [])
    said = r"version 1 in production could not be compared \(cannot load version 1.+\): compared .*"
    assert len(gate["notes"]) == 1 and re.fullmatch(said, gate["notes"][0]), gate["notes"]
    assert "production_mae" not in gate["figures"]
