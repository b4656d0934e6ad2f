"""One run: follow production, read the window, compare it, show the result."""

import logging
import time
from dataclasses import dataclass, field, replace

from drift_monitor import drift, feedback
from drift_monitor.alerts import AlertKeeper
from drift_monitor.board import Board, FeatureDrift, Labels, PredictionDrift, Status
from drift_monitor.calibration import Calibration, calibrated
from drift_monitor.decisions import Tally
from drift_monitor.distributions import distributions
from drift_monitor.errors import MonitorError, RegistryUnreachable
from drift_monitor.log_reader import PredictionLog, Tenure
from drift_monitor.quantiles import quantiles
from drift_monitor.redaction import redact
from drift_monitor.reference import Reference, load
from drift_monitor.registry import Kept, Production, Registry
from drift_monitor.report import Report
from drift_monitor.settings import Settings
from drift_monitor.window import window_of

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watched:
    """The version in production with what its windows are held against."""

    production: Production
    reference: Reference
    limits: Calibration

    @property
    def tenure(self) -> Tenure:
        """Whose predictions count for prediction drift, error and coverage."""
        return Tenure(self.production.version, self.production.since_time)


@dataclass
class Seen:
    """Of which rows the results were made that still hold."""

    window: tuple = ()
    features: FeatureDrift = FeatureDrift()
    prices: tuple | None = None
    prediction: PredictionDrift = PredictionDrift()


@dataclass
class Monitor:
    """The parts that a run needs; each can be replaced."""

    board: Board
    log: PredictionLog
    registry: Registry
    kept: Kept
    watched: Watched | None = None
    seen: Seen = field(default_factory=Seen)
    problems: tuple[str, ...] = ()
    tally: Tally = field(init=False)
    keeper: AlertKeeper = field(init=False)

    def __post_init__(self):
        self.tally = Tally(self.registry.tags_of_versions)
        self.keeper = AlertKeeper(self.kept.folder / "alert.json")

    @property
    def window_needed(self) -> int:
        """Rows of a full window."""
        return self.board.status.window_needed

    def run_once(self) -> None:
        """One run. What is down is counted, warned of and said in `/drift`; the rest goes on."""
        failures: list[MonitorError] = []
        for step in (self._follow_production, self._show_window):
            try:
                step()
            except MonitorError as error:
                failures.append(error)
        problems = tuple(redact(str(failure)) for failure in failures)
        for failure in failures:
            self.board.failures[failure.part] += 1
        for problem in set(problems) - set(self.problems):
            LOGGER.warning("%s", problem)
        self.problems = problems
        self.board.note_problems(problems)

    def _follow_production(self) -> None:
        """Watch what is in production; with the registry down, what was there last."""
        try:
            named = self.registry.production()
        except RegistryUnreachable:
            if self.watched is None and (last := self.kept.production()):
                self._watch(last)
            raise
        self._count_versions()
        if named is not None:
            self._watch(self.kept.remember(named))

    def _count_versions(self) -> None:
        """Where the registry does not say, the last counts stay, and the run goes on."""
        try:
            self.tally.refresh()
        except RegistryUnreachable as error:
            self.board.failures[error.part] += 1
            LOGGER.warning("the registered versions were not counted: %s", error)

    def _watch(self, production: Production) -> None:
        """Load and calibrate a version, unless it is the one watched."""
        if self.watched and self.watched.production.key == production.key:
            self.watched = replace(self.watched, production=production)
            return
        folder = self.kept.artifacts(production, self.registry)
        reference = load(production.version, folder)
        limits = calibrated(reference, self.window_needed, self.kept.folder / "calibrations")
        self.watched = Watched(production, reference, limits)
        self.seen = Seen()
        waiting = FeatureDrift(limits.share_threshold)
        self.board.show(replace(self._blank(), features=waiting))

    def _show_window(self) -> None:
        rows = self.log.latest(self.window_needed)
        status = replace(self._blank(), window_rows=len(rows), last_run_seconds=time.time())
        if self.watched is not None:
            features = self._features(rows, self.watched)
            status = replace(
                status,
                features=features,
                prediction=self._prediction(self.watched),
                labels=self._labels(self.watched),
                alert=self.keeper.update(features, self.watched.production.version),
            )
        self.board.show(status)

    def _blank(self) -> Status:
        version = self.watched.production.version if self.watched else None
        return Status(
            self.window_needed,
            model_version=version,
            alert=self.keeper.alert,
            model_versions=self.tally.counts,
        )

    def _features(self, rows: list[dict], watched: Watched) -> FeatureDrift:
        """Drift of the features; made anew only when the window holds other rows."""
        if len(rows) < self.window_needed:
            return FeatureDrift(watched.limits.share_threshold)
        ids = tuple(row["prediction_id"] for row in rows)
        if ids != self.seen.window:
            self.seen.features = self._compare([row["features"] or {} for row in rows], watched)
            self.seen.window = ids
        return self.seen.features

    def _compare(self, records: list[dict], watched: Watched) -> FeatureDrift:
        reference, limits = watched.reference, watched.limits
        window = window_of(records, reference.columns)
        found = drift.compare(window.frame, reference.frame, reference.columns, limits.thresholds)
        self.board.report = Report(found.html)
        spread = distributions(window.frame, reference.frame, reference.columns)
        return replace(drift.feature_drift(found, window, reference, limits), distributions=spread)

    def _prediction(self, watched: Watched) -> PredictionDrift:
        """Drift of this version's predicted prices; made anew only when there are others."""
        prices = tuple(self.log.prices(watched.tenure, self.window_needed))
        if prices != self.seen.prices:
            spread = {"window": quantiles(prices), "reference": quantiles(watched.reference.prices)}
            self.seen.prediction = replace(self._judged(prices, watched), quantiles=spread)
            self.seen.prices = prices
        return self.seen.prediction

    def _judged(self, prices: tuple, watched: Watched) -> PredictionDrift:
        """No score before a window of predicted prices."""
        reference, limits = watched.reference, watched.limits
        if len(prices) < self.window_needed:
            return PredictionDrift(len(prices), threshold=limits.prediction_threshold)
        return drift.prediction_drift(list(prices), reference, limits)

    def _labels(self, watched: Watched) -> Labels:
        reference = watched.reference
        return replace(
            feedback.measure(self.log.labelled(watched.tenure, self.window_needed)),
            reference_mae=reference.mae,
            reference_interval_coverage=reference.interval_coverage,
        )


def from_settings(settings: Settings, board: Board) -> Monitor:
    """The monitor of the environment; nothing is opened or asked yet."""
    return Monitor(
        board,
        PredictionLog.at(settings.prediction_log_url),
        Registry(settings.mlflow_tracking_uri),
        Kept(settings.monitor_dir),
    )
