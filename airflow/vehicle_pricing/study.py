"""A search's trials as they are kept, and the key by which what was cut short is found again."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
import optuna
import xgboost
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from vehicle_pricing.model_card import sources_revision

REPORT_EVERY_ROUNDS = 10
STARTUP_TRIALS = 2
WARMUP_ROUNDS = 30
SPACE = {
    "max_depth": IntDistribution(6, 9),
    "min_child_weight": FloatDistribution(10.0, 80.0, log=True),
    "subsample": FloatDistribution(0.6, 1.0),
    "colsample_bytree": FloatDistribution(0.3, 0.9),
    "reg_lambda": FloatDistribution(0.5, 20.0, log=True),
}


@dataclass(frozen=True)
class Tried:
    """A trial that has ended: what was tried, and its error by round in dollars."""

    number: int
    parameters: dict[str, int | float]
    curve: list[float]
    pruned: bool


def parameters_of(texts: dict[str, str]) -> dict[str, int | float]:
    """The parameters of the search among texts; a float is the one whose `str` was kept."""
    return {
        name: distribution.to_external_repr(float(texts[name]))
        for name, distribution in SPACE.items()
    }


def start_study(tried: list[Tried]) -> optuna.Study:
    """A study that stands where the trials have left it."""
    pruner = optuna.pruners.MedianPruner(STARTUP_TRIALS, n_warmup_steps=WARMUP_ROUNDS)
    study = optuna.create_study(pruner=pruner)
    study.add_trials([as_optuna(trial) for trial in tried])
    return study


def as_optuna(trial: Tried) -> FrozenTrial:
    """The trial as Optuna itself would have kept it."""
    reported = dict(list(enumerate(trial.curve))[::REPORT_EVERY_ROUNDS])
    return optuna.trial.create_trial(
        state=TrialState.PRUNED if trial.pruned else TrialState.COMPLETE,
        value=list(reported.values())[-1] if trial.pruned else min(trial.curve),
        params=trial.parameters,
        distributions=SPACE,
        intermediate_values=reported,
    )


def sampler(seed: int, number: int) -> optuna.samplers.BaseSampler:
    """The sampler of one trial: it draws the same whether or not the search was cut before it."""
    own = np.random.SeedSequence((seed, number)).generate_state(1)[0]
    return optuna.samplers.TPESampler(seed=int(own), n_startup_trials=STARTUP_TRIALS)


def search_key(dataset_version: str, rows: int, seed: int) -> str:
    """What two searches have in common of which one can continue the other.

    The number of trials is not in it: a longer search begins as a shorter one. The sources hold
    the space, the features and the fit; a commit would not tell of an edit that it lacks.
    """
    libraries = [optuna.__version__, xgboost.__version__]
    parts = [dataset_version, rows, seed, sources_revision(), *libraries]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
