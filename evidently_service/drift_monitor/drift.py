"""Compares a window with the reference by Evidently, at the calibrated thresholds."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.core.report import Snapshot
from evidently.metrics import ValueDrift

from drift_monitor.board import ColumnDrift, FeatureDrift, PredictionDrift
from drift_monitor.calibration import FALSE_ALARM_SHARE, Calibration
from drift_monitor.errors import DriftFailed
from drift_monitor.explanation import category_words, number_words
from drift_monitor.reference import PREDICTION, Reference
from drift_monitor.window import MISSING, Columns, Window, as_texts

NUMBER_METHOD = "wasserstein"
CATEGORY_METHOD = "jensenshannon"
SIGNS_OF_HTML = str.maketrans("<>&", "\uff1c\uff1e\uff06")


@dataclass(frozen=True)
class Comparison:
    """Column → score, and Evidently's own snapshot, which renders the page."""

    scores: dict[str, float]
    snapshot: Snapshot

    def html(self) -> str:
        """Evidently's page."""
        return self.snapshot.get_html_str(as_iframe=False)


def compare(
    window: pd.DataFrame, reference: pd.DataFrame, columns: Columns, thresholds: dict[str, float]
) -> Comparison:
    """Evidently's scores for a comparable window; raises DriftFailed.

    A number without any value in the window is left out: Evidently refuses it.
    """
    numbers = tuple(name for name in columns.numbers if window[name].notna().any())
    used = Columns(numbers, columns.categories)
    # Evidently says "drifted" at its threshold, the calibration past it.
    past = {name: float(np.nextafter(thresholds[name], np.inf)) for name in used.names}
    methods = dict.fromkeys(numbers, NUMBER_METHOD)
    methods |= dict.fromkeys(used.categories, CATEGORY_METHOD)
    metrics = [
        ValueDrift(column=without_markup(name), method=method, threshold=past[name])
        for name, method in methods.items()
    ]
    try:
        snapshot = Report(metrics).run(_dataset(window, used), _dataset(reference, used))
    except (ValueError, KeyError, TypeError) as error:
        raise DriftFailed(f"Evidently could not compare the window: {error!r}") from error
    return Comparison(_scores(snapshot, methods), snapshot)


def feature_drift(
    comparison: Comparison, window: Window, reference: Reference, limits: Calibration
) -> FeatureDrift:
    """What the scores mean: column by column, and the share of columns that drifted."""
    columns = tuple(
        _column(name, comparison.scores.get(name), window, reference, limits)
        for name in reference.columns.names
    )
    drifted = sum(column.drifted for column in columns)
    return FeatureDrift(limits.share_threshold, drifted / len(columns), columns)


def prediction_drift(
    prices: list[float], reference: Reference, limits: Calibration
) -> PredictionDrift:
    """The predicted prices of a full window against those of the reference."""
    name = PREDICTION
    window = pd.DataFrame({name: np.array(prices, dtype="float64")})
    usual = pd.DataFrame({name: reference.prices})
    threshold = limits.prediction_threshold
    found = compare(window, usual, Columns((name,), {}), {name: threshold})
    words = number_words("predicted price", window[name], usual[name])
    return PredictionDrift(len(prices), found.scores[name], threshold, words)


def _column(
    name: str,
    score: float | None,
    window: Window,
    reference: Reference,
    limits: Calibration,
) -> ColumnDrift:
    now, usual, threshold = window.frame[name], reference.frame[name], limits.thresholds[name]
    if name in reference.columns.numbers:
        words = number_words(name, now, usual)
    else:
        words = category_words(name, now, usual, as_texts(window.sent[name]))
    drifted = _all_missing_is_news(now, usual) if score is None else score > threshold
    missing = float((now.isna() | (now == MISSING)).mean())
    return ColumnDrift(name, score, threshold, bool(drifted), missing, words)


def _all_missing_is_news(now: pd.Series, usual: pd.Series) -> bool:
    """Whether a window without any value is rarer by chance than a false alarm may be."""
    return usual.isna().mean() ** len(now) < FALSE_ALARM_SHARE


def _dataset(frame: pd.DataFrame, columns: Columns) -> Dataset:
    definition = DataDefinition(
        numerical_columns=[without_markup(name) for name in columns.numbers],
        categorical_columns=[without_markup(name) for name in columns.categories],
    )
    safe = frame[list(columns.names)].rename(columns=without_markup)
    texts = {name: safe[name].map(without_markup) for name in definition.categorical_columns}
    return Dataset.from_pandas(safe.assign(**texts), data_definition=definition)


def without_markup(text: str) -> str:
    """Return the text with signs of their look in place of those of HTML: Evidently writes names
    and values into a script of its page as they are, where `</script>` would end it."""
    return text.translate(SIGNS_OF_HTML)


def _scores(snapshot: Snapshot, names: Iterable[str]) -> dict[str, float]:
    found = {
        metric["config"]["column"]: float(metric["value"])
        for metric in snapshot.dict()["metrics"]
        if metric["config"]["type"].endswith("ValueDrift")
    }
    return {name: found[without_markup(name)] for name in names}
