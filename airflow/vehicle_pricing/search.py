"""Searches the booster's parameters with Optuna; hopeless trials are cut short."""

import logging
from collections.abc import Callable, Sequence

import optuna
import xgboost
from optuna.trial import TrialState

from vehicle_pricing.study import REPORT_EVERY_ROUNDS, SPACE, Tried, sampler, start_study
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


def search(
    prepared: Prepared,
    trials: int,
    seed: int,
    on_trial: Callable[[int, Fit, bool], None],
    kept: Sequence[Tried] = (),
) -> dict:
    """The best parameters of that many trials, the first with the defaults.

    `on_trial(number, fit, pruned)` hears of each. `kept`, those that an earlier search ended
    before it was cut short, in their order: they are not tried again, and the result is the same.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = start_study(kept[:trials])
    if not kept:
        study.enqueue_trial(DEFAULTS)
    for number in range(len(kept), trials):
        study.sampler = sampler(seed, number)
        trial = study.ask(SPACE)
        fit, pruned = _try(prepared, trial, seed)
        on_trial(number, fit, pruned)
        _tell(study, trial, fit, pruned)
        end = "given up" if pruned else f"error {fit.best:,.0f} USD"
        best = study.best_value
        log.info("trial %d of %d: %s, best so far %.0f USD", number + 1, trials, end, best)
    return study.best_params


def _try(prepared: Prepared, trial: optuna.Trial, seed: int) -> tuple[Fit, bool]:
    """The fit of a trial, and whether the pruner gave it up."""
    watcher = Watcher(trial)
    parameters = trial.params | {"learning_rate": SEARCH_RATE}
    return fit_price(prepared, parameters, SEARCH_ROUNDS, seed, [watcher]), watcher.pruned


def _tell(study: optuna.Study, trial: optuna.Trial, fit: Fit, pruned: bool) -> None:
    if pruned:
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, fit.best)
