"""The latest result of the monitor: written whole by its thread, read by the routes."""

from collections import Counter
from dataclasses import dataclass, field, replace

from drift_monitor.distributions import Distribution
from drift_monitor.report import Report


@dataclass(frozen=True)
class ColumnDrift:
    """One column of the window. `score` is None where the window holds no value at all."""

    name: str
    score: float | None
    threshold: float
    drifted: bool
    missing_share: float
    explanation: str

    @property
    def severity(self) -> float:
        """How many times the threshold the score is, to rank columns by."""
        if self.score is None:
            return float("inf") if self.drifted else 0.0
        return self.score / max(self.threshold, 1e-6)


@dataclass(frozen=True)
class FeatureDrift:
    """The window's columns; `share`, `columns`, `distributions` are empty while it fills."""

    threshold: float | None = None
    share: float | None = None
    columns: tuple[ColumnDrift, ...] = ()
    distributions: tuple[Distribution, ...] = ()

    @property
    def exceeds(self) -> bool:
        """Whether more columns drifted than chance explains."""
        return self.share is not None and self.threshold is not None and self.share > self.threshold

    @property
    def drifted(self) -> list[ColumnDrift]:
        """The drifted columns, the worst first."""
        found = [column for column in self.columns if column.drifted]
        return sorted(found, key=lambda column: column.severity, reverse=True)


@dataclass(frozen=True)
class PredictionDrift:
    """Predicted prices of this version since its promotion; no score before its window is full.

    `quantiles`: `window` or `reference` → quantile → dollars.
    """

    rows: int = 0
    score: float | None = None
    threshold: float | None = None
    explanation: str | None = None
    quantiles: dict[str, dict[float, float]] = field(default_factory=dict)

    @property
    def drifted(self) -> bool:
        """Whether the predicted prices differ by more than chance."""
        return self.score is not None and self.threshold is not None and self.score > self.threshold


@dataclass(frozen=True)
class Labels:
    """Error (dollars) and coverage (share) on listings whose actual price is known."""

    rows: int = 0
    mae: float | None = None
    interval_coverage: float | None = None
    reference_mae: float | None = None
    reference_interval_coverage: float | None = None


@dataclass(frozen=True)
class Alert:
    """Whether drift is alerted, and since when (ISO, UTC)."""

    active: bool = False
    since: str | None = None


@dataclass(frozen=True)
class Status:
    """What the last run found. `last_run_seconds` is Unix time; None before the first.

    `model_versions` counts the registered versions by decision; empty where that is not known.
    """

    window_needed: int
    window_rows: int = 0
    model_version: str | None = None
    features: FeatureDrift = FeatureDrift()
    prediction: PredictionDrift = PredictionDrift()
    labels: Labels = Labels()
    alert: Alert = Alert()
    problems: tuple[str, ...] = ()
    last_run_seconds: float | None = None
    model_versions: dict[str, int] = field(default_factory=dict)


class Board:
    """One status and one report; each is replaced whole, so that readers need no lock."""

    def __init__(self, window_needed: int):
        self.status = Status(window_needed)
        self.report: Report | None = None
        self.failures: Counter[str] = Counter()

    def show(self, status: Status) -> None:
        """Replace the status."""
        self.status = status

    def note_problems(self, problems: tuple[str, ...]) -> None:
        """Keep the last result, and say why there is no newer one."""
        self.status = replace(self.status, problems=problems)
