"""What chance alone does to windows of the reference, and so where drift begins."""

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from drift_monitor.distances import Distance, JensenShannonDistance, WassersteinDistance
from drift_monitor.reference import PREDICTION, Reference

METHOD = 1  # raise it when draws, distances or quantiles change: kept calibrations are done anew
WINDOWS = 20_000
CHUNK_WINDOWS = 200
FALSE_ALARM_SHARE = 0.001
SEED = 20_210_404
LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Calibration:
    """Column → score past which it has drifted; the share of drifted columns that alerts."""

    thresholds: dict[str, float]
    prediction_threshold: float
    share_threshold: float
    window_rows: int
    windows: int


def calibrated(reference: Reference, window_rows: int, folder: Path) -> Calibration:
    """The calibration for this reference and window: the kept one, else a new one, kept."""
    name = f"{reference.version}-{reference.fingerprint}-{window_rows}-{METHOD}.json"
    path = folder / name
    if path.exists():
        return Calibration(**json.loads(path.read_text(encoding="utf-8")))
    start = time.perf_counter()
    made = calibrate(reference, window_rows)
    LOGGER.info(
        "thresholds for model version %s from %d windows of %d rows, in %.1f s",
        *(reference.version, made.windows, window_rows, time.perf_counter() - start),
    )
    _keep(made, path)
    return made


def calibrate(reference: Reference, window_rows: int, windows: int = WINDOWS) -> Calibration:
    """Thresholds from windows drawn from the reference with replacement (pure, seeded).

    Rows are drawn whole, so that columns that move together do so in the draws.
    """
    names = [*reference.columns.names, PREDICTION]
    scores = null_scores(reference, window_rows, windows)
    thresholds = np.array([_threshold(scores[:, index]) for index in range(len(names))])
    features = scores[:, :-1] > thresholds[:-1]
    return Calibration(
        thresholds=dict(zip(names[:-1], thresholds[:-1].tolist())),
        prediction_threshold=float(thresholds[-1]),
        share_threshold=_share_threshold(features.sum(axis=1), features.shape[1]),
        window_rows=window_rows,
        windows=windows,
    )


def null_scores(
    reference: Reference, window_rows: int, windows: int, seed: int = SEED
) -> np.ndarray:
    """Scores of windows of the reference: a line a window, a column a feature, prices last."""
    distances = distances_of(reference)
    generator = np.random.default_rng(seed)
    chunks = [
        np.column_stack([distance.of_windows(rows) for distance in distances])
        for rows in _draws(generator, len(reference.frame), window_rows, windows)
    ]
    return np.concatenate(chunks)


def distances_of(reference: Reference) -> list[Distance]:
    """One distance a feature, in their order, then that of the predicted price."""
    frame, columns = reference.frame, reference.columns
    numbers = [WassersteinDistance(frame[name].to_numpy()) for name in columns.numbers]
    categories = [JensenShannonDistance(frame[name].to_numpy()) for name in columns.categories]
    return [*numbers, *categories, WassersteinDistance(reference.prices)]


def _draws(
    generator: np.random.Generator, rows: int, window_rows: int, windows: int
) -> Iterator[np.ndarray]:
    for start in range(0, windows, CHUNK_WINDOWS):
        count = min(CHUNK_WINDOWS, windows - start)
        yield generator.integers(0, rows, size=(count, window_rows), dtype=np.int32)


def _threshold(scores: np.ndarray) -> float:
    """At most 0.1% of the scores are above it; rounded up, past the noise of floating point."""
    quantile = np.quantile(scores, 1 - FALSE_ALARM_SHARE, method="higher")
    return float(np.ceil(quantile * 1e6) / 1e6)


def _share_threshold(drifted: np.ndarray, columns: int) -> float:
    """The smallest share of drifted columns that at most 0.1% of the windows exceed."""
    for count in range(columns):
        if (drifted > count).mean() <= FALSE_ALARM_SHARE:
            return count / columns
    return 1.0


def _keep(calibration: Calibration, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(asdict(calibration)), encoding="utf-8")
    unfinished.replace(path)
