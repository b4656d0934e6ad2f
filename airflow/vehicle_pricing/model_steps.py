"""The steps of the model's half of the pipeline; each continues from an id alone."""

import logging
import shutil
import tempfile
from functools import partial
from pathlib import Path

from mlflow.entities import RunData
from mlflow.entities.model_registry import ModelVersion
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from vehicle_pricing.candidate import Candidate, production_on, write_json
from vehicle_pricing.card_report import PAGE, write_report
from vehicle_pricing.errors import DataSetError, GateRefused, RegistryError
from vehicle_pricing.final_fit import fit_known
from vehicle_pricing.gate import Decision, judge
from vehicle_pricing.model_card import build_card, code_revision, now, reference
from vehicle_pricing.onnx_form import booster_files
from vehicle_pricing.registry import PRODUCTION, PromotionPaused, Registry
from vehicle_pricing.search import search
from vehicle_pricing.sense import sense
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage
from vehicle_pricing.studies import learning_curve, random_against_honest
from vehicle_pricing.study import search_key
from vehicle_pricing.tracking import Tracking, TrainingRun
from vehicle_pricing.training import FINAL_RATE, FINAL_ROUNDS, fit_price
from vehicle_pricing.training_data import TrainingData, training_data

log = logging.getLogger(__name__)

NOBODY = "none"


def train(
    settings: Settings,
    version: str,
    trials: int | None = None,
    rows: int | None = None,
    note: str = "",
) -> str:
    """Search, fit and keep a model of a data set (empty: the latest): the id of the MLflow run.

    What an earlier call with the same data and seed left when it was cut short is continued. A
    note is logged, and stands as the description of the run in MLflow.
    """
    storage = Storage.from_settings(settings)
    version = version or storage.latest_dataset()
    if not version:
        raise DataSetError("there is no data set to train on: run create_datasets first")
    card, trials = storage.dataset_card(version), trials or settings.train_trials
    tracking = Tracking(Registry(settings.mlflow_tracking_uri))
    tags = {"dataset_version": version, "synthetic": str(card["synthetic"]).lower()}
    with training_data(settings, version, card, rows) as data:
        chosen = {"seed": settings.train_seed, "rows": data.train_rows}
        tags |= {"code_revision": code_revision(), "search": search_key(version, **chosen)}
        if note:
            log.warning("%s (%s)", note, version)
            tags |= {MLFLOW_RUN_NOTE: f"{note} ({version})"}
        with tracking.run(tags) as run:
            log.info("run %s: %d rows of data set %s", run.run_id, data.train_rows, version)
            tracking.log(run.run_id, chosen, {}, {})
            _fit(tracking, run, data, (trials, settings.train_seed))
    return run.run_id


def _fit(tracking: Tracking, run: TrainingRun, data: TrainingData, effort: tuple[int, int]) -> None:
    """Search the parameters, find the rounds, fit what is served, leave all with the run."""
    trials, seed = effort
    on_trial = partial(tracking.log_trial, run.run_id)
    prepared = data.prepared()
    parameters = search(prepared, trials, seed, on_trial, run.kept)
    found = fit_price(prepared, parameters | {"learning_rate": FINAL_RATE}, FINAL_ROUNDS, seed)
    log.info("%d rounds are best: error %.0f USD on validation", found.rounds, found.best)
    final = fit_known(*data.known(), found, seed)
    trained = {"learning_curve": learning_curve(data, prepared, seed), "trained_at": now()}
    log.info("error on validation by rows: %s", trained["learning_curve"])
    documents = {
        "encoding.json.zlib": final.encoding,
        "schema.json": data.schema,
        "trained.json": trained,
    }
    tracking.keep_fitted(run.run_id, booster_files(final.boosters), documents)
    tracking.log_whole(run.run_id, found, trials)


def evaluate(settings: Settings, run_id: str) -> str:
    """Measure a run's model on the test split, let the gate judge, register it: its version."""
    registry = Registry(settings.mlflow_tracking_uri)
    production, done = registry.named(PRODUCTION), registry.of_run(run_id)
    if done and _still_holds(done, production):
        log.info("version %s was judged before: %s", done.version, done.tags["gate"])
        if done.tags["gate"] != "accepted":
            registry.challenge(str(done.version))  # it may have been killed before it did
        return str(done.version)
    tracking = Tracking(registry)
    run = tracking.find(run_id).data
    if "dataset_version" not in run.tags:
        raise RegistryError(f"run {run_id} is not one of `train`: it names no data set")
    with tempfile.TemporaryDirectory() as scratch:
        folder = tracking.fetch_fitted(run_id, Path(scratch))
        candidate, decision = _judge(settings, registry, run, folder, production)
        card = _complete(settings, folder, candidate, decision, run)
        _record(tracking, run_id, card, decision)
        tracking.log_files(run_id, write_report(card, candidate.scored, Path(scratch) / "report"))
        tags = _version_tags(run.tags, decision, production)
        number = registry.register(run_id, folder, candidate.schema, tags)
    if not decision.accepted:
        registry.challenge(number)
    log.info("version %s is %s", number, card["gate"]["decision"])
    return number


def _judge(
    settings: Settings, registry: Registry, run: RunData, folder: Path, production
) -> tuple[Candidate, Decision]:
    """The model that stands in the folder, and the gate's word on it."""
    storage, seed = Storage.from_settings(settings), settings.train_seed
    candidate = Candidate(storage, run.tags["dataset_version"], folder, seed)
    other = production_on(registry, storage, production, candidate.scored)
    synthetic = candidate.dataset["synthetic"]
    judged = candidate.scored, candidate.baseline, other, synthetic, seed
    return candidate, judge(*judged, answers=candidate.answers)


def _still_holds(done: ModelVersion, production: ModelVersion | None) -> bool:
    """Whether an earlier verdict is of use: production is what it was, or is this version."""
    return "gate" in done.tags and _number(production) in (
        done.tags.get("judged_against"),
        str(done.version),
    )


def _complete(
    settings: Settings, folder: Path, candidate: Candidate, decision: Decision, run: RunData
) -> dict:
    """Write the card and the reference beside the boosters: the card."""
    scored, seed, version = candidate.scored, settings.train_seed, run.tags["dataset_version"]
    parameters = dict(run.params)
    card = build_card(
        candidate.dataset, scored, candidate.baseline, decision, parameters, seed=seed
    )
    study = random_against_honest(Storage.from_settings(settings), version, seed)
    card |= candidate.trained | {"random_against_honest": study}
    card |= {"sense": sense(candidate.model, scored, seed)}
    card |= {"code_revision": run.tags["code_revision"]}
    write_json(card, folder / "model_card.json")
    rows = reference(scored, candidate.features, seed)
    rows.to_parquet(folder / "reference.parquet", index=False)
    return card


def _version_tags(
    run_tags: dict, decision: Decision, production: ModelVersion | None
) -> dict[str, str]:
    tags = {name: run_tags[name] for name in ("dataset_version", "synthetic", "code_revision")}
    tags |= {"gate": decision.as_dict()["decision"], "judged_against": _number(production)}
    return tags if decision.accepted else tags | {"refused": "; ".join(decision.reasons)}


def _record(tracking: Tracking, run_id: str, card: dict, decision: Decision) -> None:
    """Leave the verdict and the figures with the run."""
    figures = {f"test_{name}": value for name, value in card["metrics"]["test"].items()}
    numbers = {
        f"gate_{name}": float(value)
        for name, value in decision.figures.items()
        if isinstance(value, int | float)
    }
    tracking.log(run_id, {}, figures | numbers, {"gate": card["gate"]["decision"]})
    tracking.log_dict(run_id, card, "model_card.json")
    tracking.log_dict(run_id, card["gate"], "gate.json")


def card_page(settings: Settings, model_version: str, path: Path) -> str:
    """Write the page of a version's card, which its run holds, to a path: the path."""
    registry = Registry(settings.mlflow_tracking_uri)
    run_id = registry.version(model_version).run_id
    if not run_id:
        raise RegistryError(f"version {model_version} names no run: it was registered by hand")
    with tempfile.TemporaryDirectory() as scratch:
        found = Tracking(registry).fetch_file(run_id, PAGE, Path(scratch))
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found, path)
    return str(path)


def _number(version: ModelVersion | None) -> str:
    return str(version.version) if version else NOBODY


def promote(
    settings: Settings,
    model_version: str,
    dry_run: bool = False,
    force: bool = False,
    reason: str = "",
) -> str:
    """Put a version into production if the gate let it, or by force with a reason: what happened.

    Raises GateRefused with the gate's reasons, PromotionPaused after a rollback.
    """
    registry = Registry(settings.mlflow_tracking_uri)
    version, production = registry.version(model_version), registry.named(PRODUCTION)
    number, current = str(version.version), _number(production)
    if force and not reason.strip():
        raise GateRefused("a forced promotion needs a reason, which is kept with the model")
    if number == current:
        registry.put_into_production(number)
        return f"version {number} is in production already"
    if not force:
        _check_allowed(registry, version, current)
    if dry_run:
        return f"dry run: version {number} would replace {current} in production"
    if force:
        registry.tag(number, "forced", reason.strip())
    registry.put_into_production(number)
    log.info("version %s is in production, in place of %s", number, current)
    return f"version {number} is in production, in place of {current}"


def _check_allowed(registry: Registry, version: ModelVersion, current: str) -> None:
    """Raise what speaks against promoting a version without force."""
    tags, number = version.tags, version.version
    paused = registry.paused()
    if paused:
        raise PromotionPaused(
            f"promotion is paused ({paused}): allow it again with "
            "`python -m vehicle_pricing resume`, or force it with a reason"
        )
    if "gate" not in tags:
        raise GateRefused(f"version {number} was not judged yet: run evaluate")
    if tags["gate"] != "accepted":
        raise GateRefused(f"version {number} was refused: {tags.get('refused', 'no reason kept')}")
    if "rolled_back" in tags:
        raise GateRefused(f"version {number} was rolled back at {tags['rolled_back']}")
    if tags.get("judged_against") != current:
        raise GateRefused(
            f"version {number} was judged against {tags.get('judged_against')}, and {current} is "
            f"in production now: run `evaluate {tags.get('run_id')}` again"
        )


def rollback(settings: Settings) -> str:
    """Put the previous version back and pause automatic promotion: what happened."""
    out, back = Registry(settings.mlflow_tracking_uri).roll_back()
    if out == back:
        return f"version {back} is in production already: there is nothing further to go back to"
    if out is None:
        return (
            f"version {back} is in production again: no version was, the one before has been"
            " deleted or its alias has; promotion is paused until resume"
        )
    return f"version {back} is in production again, {out} is out; promotion is paused until resume"


def resume(settings: Settings) -> str:
    """Allow automatic promotion again: what happened."""
    Registry(settings.mlflow_tracking_uri).resume()
    return "promotion is allowed"
