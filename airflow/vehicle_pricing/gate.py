"""The promotion gate: whether a candidate may replace the model in production, and why (not)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from vehicle_pricing.calibration import by_predicted_fifth
from vehicle_pricing.evaluation import (
    covered,
    metrics,
    paired_bootstrap,
    price_metrics,
    segment_labels,
)

COVERAGE_LOWEST, COVERAGE_HIGHEST = 0.86, 0.94
NOISE_ERRORS = 1.96  # standard errors of a share
FEWEST_SEGMENT_ROWS = 100
FEWEST_SHARED_ROWS = 100
WORST_SEGMENT_RATIO = 1.15
WORST_ARCHIVE_RATIO = 1.03
WORST_MEDIAN_RATIO = 1.05


@dataclass(frozen=True)
class Production:
    """What the gate needs to know of the model in production.

    `predicted` are its prices for the candidate's test rows, `unseen` tells which of those rows it
    was not trained on; where it cannot be compared, `unavailable` says why and both are None.
    """

    version: str
    synthetic: bool = False
    predicted: np.ndarray | None = None
    unseen: np.ndarray | None = None
    unavailable: str = ""


@dataclass(frozen=True)
class Answers:
    """What a candidate answers to one of the schema's questions about test rows (`scored`), and
    the median price of the group that the question tells of each."""

    name: str
    label: str
    scored: pd.DataFrame
    medians: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """How far off each price is, in dollars."""
        return _errors(self.scored, self.scored["predicted_price"].to_numpy(float))

    @property
    def median_errors(self) -> np.ndarray:
        """How far off the median of the group is."""
        return _errors(self.scored, self.medians)

    def figures(self) -> dict:
        """Return the errors, the coverage and width of the range, and the coverage of each fifth
        of the predicted prices."""
        found = metrics(self.scored)
        fifths = [fifth["coverage"] for fifth in by_predicted_fifth(self.scored)]
        return {
            "name": self.name,
            "label": self.label,
            "rows": len(self.scored),
            "mae": found["mae"],
            "median_mae": float(self.median_errors.mean()),
            "coverage": found["interval_coverage"],
            "mean_width": found["interval_mean_width"],
            "coverage_by_fifth": fifths,
        }


@dataclass(frozen=True)
class Decision:
    """The verdict: why it is refused, what should be known anyway, and the figures behind it."""

    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: dict = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether nothing speaks against the candidate."""
        return not self.reasons

    def as_dict(self) -> dict:
        """As the model card holds it."""
        decision = "accepted" if self.accepted else "refused"
        said = {"decision": decision, "reasons": self.reasons, "notes": self.notes}
        return said | {"figures": self.figures}


def judge(
    scored: pd.DataFrame,
    baseline: np.ndarray,
    production: Production | None,
    synthetic: bool,
    seed: int,
    *,
    answers: Sequence[Answers] = (),
) -> Decision:
    """Judge a candidate by its scored test rows, one a vehicle, the baseline's prices, and what it
    answers where less is told.

    The column `trained_on` tells which of the rows' vehicles the candidate was trained on: none.
    """
    decision = Decision()
    errors = _errors(scored, scored["predicted_price"].to_numpy(float))
    baseline_errors = _errors(scored, baseline)
    _check_unseen(decision, scored)
    _check_coverage(decision, scored)
    _check_baseline(decision, errors, baseline_errors)
    _check_answers(decision, answers, seed)
    _check_origin(decision, production, synthetic)
    shared = _shared_rows(decision, production, len(scored))
    if shared is None:
        _check_segments(decision, scored, errors, baseline_errors, seed)
        return decision
    rows, production_errors = scored[shared], _errors(scored, production.predicted)[shared]
    _check_production(decision, errors[shared], production_errors, production.version, seed)
    _note_feedback(decision, rows, errors[shared], production_errors)
    _check_archive(decision, rows, errors[shared], production_errors, seed)
    _check_segments(decision, rows, errors[shared], production_errors, seed)
    return decision


def _errors(scored: pd.DataFrame, predicted: np.ndarray) -> np.ndarray:
    return np.abs(predicted - scored["price"].to_numpy(float))


def _check_unseen(decision: Decision, scored: pd.DataFrame) -> None:
    """A model that has seen the answers looks better than it is, and no score tells."""
    known = int(scored["trained_on"].sum())
    if known:
        decision.reasons.append(f"test vehicles were trained on: {known:,} of {len(scored):,}")


def _check_coverage(decision: Decision, scored: pd.DataFrame) -> None:
    coverage = float(covered(scored).mean())
    figures = price_metrics(scored["price"].to_numpy(float), scored["predicted_price"].to_numpy())
    decision.figures.update(coverage=coverage, mae=figures["mae"], rows=len(scored))
    if not _holds(coverage, len(scored)):
        decision.reasons.append(
            f"the 90% range holds {coverage:.1%} of the test prices; {_wanted_coverage()}"
        )


def _holds(coverage: float, rows: int) -> bool:
    """Return whether a share of prices in the range is near 90%, apart from noise."""
    noise = NOISE_ERRORS * math.sqrt(coverage * (1 - coverage) / rows)
    return COVERAGE_LOWEST - noise <= coverage <= COVERAGE_HIGHEST + noise


def _wanted_coverage() -> str:
    return f"{COVERAGE_LOWEST:.0%} to {COVERAGE_HIGHEST:.0%} are wanted"


def _check_answers(decision: Decision, answers: Sequence[Answers], seed: int) -> None:
    """Refuse a model that answers a question worse than a table of medians, beyond noise, or with
    a range that does not hold."""
    if answers:
        decision.figures["questions"] = [one.figures() for one in answers]
    for one, figures in zip(answers, decision.figures.get("questions", ())):
        mae, median_mae = figures["mae"], figures["median_mae"]
        allowed = WORST_MEDIAN_RATIO * one.median_errors
        if mae > allowed.mean() and paired_bootstrap(one.errors, allowed, seed).low > 0:
            decision.reasons.append(
                f"told {one.label}: error {mae:,.0f} USD, more than {WORST_MEDIAN_RATIO:.2f} times"
                f" that of the group's median ({median_mae:,.0f} USD)"
            )
        if one.name != "all" and not _holds(figures["coverage"], figures["rows"]):
            decision.reasons.append(
                f"told {one.label}: the 90% range holds {figures['coverage']:.1%} of the test"
                f" prices; {_wanted_coverage()}"
            )


def _check_baseline(decision: Decision, errors: np.ndarray, baseline_errors: np.ndarray) -> None:
    mae, baseline_mae = float(errors.mean()), float(baseline_errors.mean())
    decision.figures["baseline_mae"] = baseline_mae
    if mae >= baseline_mae or math.isnan(mae):
        decision.reasons.append(
            f"no better than the median by make, model and year: error {mae:,.0f} USD "
            f"against {baseline_mae:,.0f} USD"
        )


def _check_origin(decision: Decision, production: Production | None, synthetic: bool) -> None:
    if production and synthetic and not production.synthetic:
        decision.reasons.append(
            f"trained on synthetic data; version {production.version} in production is of real data"
        )


def _shared_rows(decision: Decision, production: Production | None, rows: int):
    """Which test rows both models can be compared on; None, and a note why, where they cannot."""
    if production is None:
        decision.notes.append("no model is in production yet: compared with the baseline only")
        return None
    decision.figures["production_version"] = production.version
    if production.predicted is None:
        decision.notes.append(
            f"version {production.version} in production could not be compared "
            f"({production.unavailable}): compared with the baseline only"
        )
        return None
    shared = int(production.unseen.sum())
    decision.figures["shared_rows"] = shared
    if shared < FEWEST_SHARED_ROWS:
        decision.notes.append(
            f"version {production.version} in production was trained on all but {shared} of the "
            f"{rows} test vehicles: compared with the baseline only"
        )
        return None
    return production.unseen


def _check_production(decision: Decision, errors, production_errors, version: str, seed: int):
    difference = paired_bootstrap(errors, production_errors, seed)
    production_mae = float(production_errors.mean())
    decision.figures.update(
        production_mae=production_mae,
        shared_mae=float(errors.mean()),
        difference=difference.mean,
        difference_low=difference.low,
        difference_high=difference.high,
    )
    if difference.low > 0:
        decision.reasons.append(
            f"worse than version {version} in production by {difference.mean:,.0f} USD "
            f"(95% interval {difference.low:,.0f} to {difference.high:,.0f}) "
            f"on {len(errors)} vehicles that neither has seen"
        )


def _note_feedback(decision: Decision, rows: pd.DataFrame, errors, others) -> None:
    """Both errors on the labelled feedback alone: what the world of today says."""
    recent = rows["feedback"].to_numpy(dtype=bool)
    if recent.any():
        decision.figures.update(
            feedback_rows=int(recent.sum()),
            feedback_mae=float(errors[recent].mean()),
            production_feedback_mae=float(others[recent].mean()),
        )


def _check_archive(decision: Decision, rows: pd.DataFrame, errors, others, seed: int) -> None:
    """What feedback teaches may cost the archive's own listings little: it may be made up.

    Feedback is among the test rows too, so a model of made-up prices is the better one there.
    """
    own = ~rows["feedback"].to_numpy(dtype=bool)
    if own.all() or not own.any():
        return
    mae, other_mae = float(errors[own].mean()), float(others[own].mean())
    decision.figures.update(archive_mae=mae, production_archive_mae=other_mae)
    if mae <= WORST_ARCHIVE_RATIO * other_mae:
        return
    if paired_bootstrap(errors[own], others[own], seed).low > 0:
        decision.reasons.append(
            f"learned from feedback at the cost of the archive's own {own.sum():,} listings:"
            f" error {mae:,.0f} USD against {other_mae:,.0f} USD"
        )


def _check_segments(decision: Decision, rows: pd.DataFrame, errors, others, seed: int) -> None:
    """No segment of some size may be much worse, beyond noise, than in the other model."""
    compared, worse = [], {}
    for segment, value, chosen in _segment_rows(rows):
        mine, other = errors[chosen], others[chosen]
        figures = {"mae": float(mine.mean()), "other_mae": float(other.mean())}
        compared.append({"segment": segment, "value": value, "rows": len(mine)} | figures)
        if _much_worse(mine, other, seed):
            worse[f"{segment} {value}"] = list(figures.values())
    decision.figures.update(segments=compared, worse_segments=worse)
    decision.reasons.extend(
        f"much worse where {name}: error {mae:,.0f} USD against {other_mae:,.0f} USD"
        for name, (mae, other_mae) in worse.items()
    )


def _segment_rows(rows: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray]]:
    """Each segment, its value, and which rows are in it."""
    for segment, labels in segment_labels(rows).items():
        for value in sorted(labels.dropna().unique()):
            yield segment, value, (labels == value).to_numpy()


def _much_worse(errors: np.ndarray, others: np.ndarray, seed: int) -> bool:
    if len(errors) < FEWEST_SEGMENT_ROWS or errors.mean() <= WORST_SEGMENT_RATIO * others.mean():
        return False
    return paired_bootstrap(errors, others, seed).low > 0
