"""The steps of the model's half of the pipeline; each continues from an id alone."""

import json
import logging
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost
from mlflow.entities.model_registry import ModelVersion

from vehicle_pricing import schema as schemas
from vehicle_pricing.errors import GateRefused, MissingObjectError, RegistryError
from vehicle_pricing.evaluation import baseline as baseline_prices
from vehicle_pricing.features import records
from vehicle_pricing.gate import Decision, Production, judge
from vehicle_pricing.model_card import build_card, code_revision, now, reference
from vehicle_pricing.registry import CHALLENGER, PRODUCTION, PromotionPaused, Registry
from vehicle_pricing.search import search
from vehicle_pricing.serving_model import VehiclePrice
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage, dataset_path
from vehicle_pricing.tracking import Tracking, write_json
from vehicle_pricing.training import (
    FINAL_RATE,
    FINAL_ROUNDS,
    Prepared,
    conformal_margin,
    fit_price,
    fit_range,
    prepare_matrices,
)

log = logging.getLogger(__name__)

NOBODY = "none"


def train(
    settings: Settings, version: str, trials: int | None = None, rows: int | None = None
) -> str:
    """Search, fit and keep a model of a data set (empty: the latest): the id of the MLflow run."""
    storage = Storage.from_settings(settings)
    version = version or storage.latest_dataset()
    card, trials = storage.read_card(version), trials or settings.train_trials
    training_rows = storage.read_frame(dataset_path(version, "train.parquet"))
    if rows:
        training_rows = training_rows.sort_values("posting_date", kind="stable").tail(rows)
    schema = schemas.build(training_rows, card)
    tracking = Tracking(Registry(settings.mlflow_tracking_uri))
    tags = {"dataset_version": version, "synthetic": str(card["synthetic"]).lower()}
    with tracking.run(tags | {"code_revision": code_revision()}) as run_id:
        log.info("run %s: %d rows of data set %s", run_id, len(training_rows), version)
        validation = storage.read_frame(dataset_path(version, "validation.parquet"))
        prepared = prepare_matrices(training_rows, validation, schema)
        chosen = {"trials": trials, "seed": settings.train_seed, "rows": len(training_rows)}
        tracking.log(run_id, chosen, {}, {})
        _fit(tracking, run_id, prepared, schema, (trials, settings.train_seed))
    return run_id


def _fit(
    tracking: Tracking, run_id: str, prepared: Prepared, schema: dict, effort: tuple[int, int]
) -> None:
    """Search the parameters, fit both boosters, leave all with the run."""
    trials, seed = effort

    def on_trial(number: int, fit, pruned: bool) -> None:
        tracking.log_trial(run_id, number, fit, pruned)

    parameters = search(prepared, trials, seed, on_trial) | {"learning_rate": FINAL_RATE}
    fit = fit_price(prepared, parameters, FINAL_ROUNDS, seed)
    log.info("final fit: %d rounds, error %.0f USD on validation", fit.rounds, fit.best)
    tracking.log_fit(run_id, fit)
    interval = fit_range(prepared, seed)
    encoding = prepared.encoding | {"margin": conformal_margin(interval, prepared.validation)}
    boosters = {"model.ubj": fit.booster, "range.ubj": interval}
    documents = {"encoding.json": encoding, "schema.json": schema}
    tracking.keep_fitted(run_id, boosters, documents | {"trained.json": {"trained_at": now()}})


def evaluate(settings: Settings, run_id: str) -> str:
    """Measure a run's model on the test split, let the gate judge, register: its version."""
    registry = Registry(settings.mlflow_tracking_uri)
    tracking, storage = Tracking(registry), Storage.from_settings(settings)
    run, production = tracking.find(run_id), registry.named(PRODUCTION)
    done = registry.of_run(run_id)
    if done and done.tags.get("judged_against") == _number(production) or _is_same(done, production):
        log.info("version %s was judged before: %s", done.version, done.tags["gate"])
        return str(done.version)
    if "dataset_version" not in run.data.tags:
        raise RegistryError(f"run {run_id} is no training of ours: it names no data set")
    with tempfile.TemporaryDirectory() as scratch:
        folder = tracking.fetch_fitted(run_id, Path(scratch))
        candidate = _Candidate(storage, run.data, folder)
        decision = candidate.judge(_production(registry, storage, production, candidate.test), settings.train_seed)
        card = candidate.card(decision)
        write_json(card, folder / "model_card.json")
        candidate.reference(settings.train_seed).to_parquet(folder / "reference.parquet")
        tags = _version_tags(run.data.tags, decision, _number(production))
        number = registry.register(run_id, folder, candidate.schema, tags)
    _record(tracking, run_id, card, decision)
    if not decision.accepted:
        registry.challenge(number)
    log.info("version %s: %s", number, card["gate"]["decision"])
    return number
