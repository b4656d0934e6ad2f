"""Searches the booster's parameters with Optuna; hopeless trials are cut short."""

import logging
from collections.abc import Callable

import optuna
import xgboost

from vehicle_pricing.training import (
    DEFAULTS,
    METRIC,
    SEARCH_RATE,
    SEARCH_ROUNDS,
    Fit,
    Prepared,
    fit_price,
)

log = logging.getLogger(__name__)

STARTUP_TRIALS = 2
WARMUP_ROUNDS = 30
REPORT_EVERY_ROUNDS = 10


class Watcher(xgboost.callback.TrainingCallback):
    """Reports a fit's error to its trial as it goes, and stops a fit that the pruner gives up."""

    def __init__(self, trial: optuna.Trial):
        super().__init__()
        self.trial = trial
        self.pruned = False

    def after_iteration(self, model, epoch: int, evals_log: dict) -> bool:
        """True stops the fit."""
        if epoch % REPORT_EVERY_ROUNDS:
            return False
        self.trial.report(evals_log["validation"][METRIC][-1], epoch)
        self.pruned = self.trial.should_prune()
        return self.pruned


def suggest(trial: optuna.Trial) -> dict:
    """The parameters to try."""
    return {
        "max_depth": trial.suggest_int("max_depth", 5, 11),
        "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 50.0, log=True),
        "subsample": trial.suggest_float("subsample", 0.6, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 0.9),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.5, 20.0, log=True),
    }


def search(
    prepared: Prepared,
    trials: int,
    seed: int,
    on_trial: Callable[[int, Fit, bool], None],
    storage: str | None = None,
) -> dict:
    """The best parameters of that many trials, the first with the defaults.

    `on_trial(number, fit, pruned)` hears of each; `storage` is an SQLAlchemy URL to keep the study.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=storage,
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS),
        pruner=optuna.pruners.MedianPruner(STARTUP_TRIALS, n_warmup_steps=WARMUP_ROUNDS),
    )
    study.enqueue_trial(DEFAULTS)
    study.optimize(_objective(prepared, trials, seed, on_trial), n_trials=trials)
    return study.best_params


def _objective(prepared: Prepared, trials: int, seed: int, on_trial) -> Callable:
    best = float("inf")

    def objective(trial: optuna.Trial) -> float:
        nonlocal best
        watcher = Watcher(trial)
        parameters = suggest(trial) | {"learning_rate": SEARCH_RATE}
        fit = fit_price(prepared, parameters, SEARCH_ROUNDS, seed, [watcher])
        best = min(best, fit.best)
        on_trial(trial.number, fit, watcher.pruned)
        end = "given up" if watcher.pruned else f"error {fit.best:,.0f} USD"
        log.info("trial %d of %d: %s, best so far %.0f USD", trial.number + 1, trials, end, best)
        if watcher.pruned:
            raise optuna.TrialPruned()
        return fit.best

    return objective
