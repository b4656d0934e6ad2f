"""Evidently's two distances in NumPy, for thousands of windows drawn from the reference at once.

One Evidently run costs 0.6 CPU-seconds; 20,000 windows by these functions cost a few. The tests
hold them equal to `wasserstein` (normed by the reference's deviation) and `jensenshannon`.
"""

from typing import Protocol

import numpy as np

LEAST_NORM = 0.001  # Evidently's, for a reference that is constant


class Distance(Protocol):
    """A column of the reference, ready to be compared with windows of its own rows."""

    def of_windows(self, rows: np.ndarray) -> np.ndarray:
        """The distance of each window; `rows` holds row numbers, one window a line."""


class WassersteinDistance:
    """∫ |F_reference - F_window| over the reference's deviation; missing values are left out.

    Between two neighbours of a sorted window F_window is a constant c, and F_reference crosses
    it once, at its quantile q: with H the integral of F_reference, the part between a and b is
    H(a) + H(b) - 2 H(q) + c (2 q - a - b). A window of n values costs n steps, not as many as
    the reference has values.
    """

    def __init__(self, reference: np.ndarray):
        known = np.flatnonzero(~np.isnan(reference))
        order = known[np.argsort(reference[known], kind="stable")]
        self.values = reference[order]
        self.count = len(order)
        self.position = np.full(len(reference), self.count)
        self.position[order] = np.arange(self.count)
        steps = np.arange(1, self.count) / self.count * np.diff(self.values)
        self.integral = np.concatenate([[0.0], np.cumsum(steps)])
        self.norm = max(float(np.std(self.values)), LEAST_NORM)

    def of_windows(self, rows: np.ndarray) -> np.ndarray:
        """Distances of windows of reference rows; 0 for a window without any value."""
        last = self.count - 1
        positions = np.sort(self.position[rows], axis=1)
        sizes = (positions < self.count).sum(axis=1, keepdims=True)
        line = np.zeros((len(rows), 1), dtype=positions.dtype)
        start = np.hstack([line, np.minimum(positions, last)])
        end = np.hstack([start[:, 1:], line + last])
        rank = np.minimum(np.arange(start.shape[1]), sizes)
        divisor = np.maximum(sizes, 1)
        crossing = np.clip(np.minimum(rank * self.count // divisor, last), start, end)
        parts = self._parts(start, end, crossing, rank / divisor)
        return np.where(sizes[:, 0] > 0, parts.sum(axis=1), 0.0) / self.norm

    def _parts(self, start, end, crossing, level) -> np.ndarray:
        area, value = self.integral, self.values
        areas = area[start] + area[end] - 2 * area[crossing]
        return areas + level * (2 * value[crossing] - value[start] - value[end])


class JensenShannonDistance:
    """The root of the Jensen-Shannon divergence (natural logarithm) of the values' shares."""

    def __init__(self, reference: np.ndarray):
        self.values, self.codes = np.unique(reference.astype(str), return_inverse=True)
        self.shares = np.bincount(self.codes) / len(self.codes)

    def of_windows(self, rows: np.ndarray) -> np.ndarray:
        """Distances of windows of reference rows."""
        windows, size = rows.shape
        kinds = len(self.values)
        cells = self.codes[rows] + kinds * np.arange(windows)[:, None]
        counts = np.bincount(cells.ravel(), minlength=windows * kinds)
        shares = counts.reshape(windows, kinds) / size
        middle = (shares + self.shares) / 2
        divergence = (_entropy(self.shares, middle) + _entropy(shares, middle)).sum(axis=1)
        return np.sqrt(np.maximum(divergence, 0) / 2)


def _entropy(shares: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """shares log(shares / middle), 0 where a share is 0; the middle is never 0."""
    ratio = shares / middle
    return shares * np.log(np.where(ratio > 0, ratio, 1.0))
