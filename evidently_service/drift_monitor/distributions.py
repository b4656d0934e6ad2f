"""How the values of each column are spread in the window and in the reference.        (pure)"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from drift_monitor.window import OTHER, Columns

MOST_BINS = 20
MOST_VALUES = 12
# The few values beyond these quantiles are counted in the outermost bins.
OUTER_QUANTILES = (0.01, 0.99)
# Numbers that differ by a smaller share than this count as one.
LEAST_SPREAD = 1e-6
ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Distribution:
    """Shares of one column's rows by bin (of a number) or by value (of a category).

    `places` are the edges of the bins, one more than there are shares, or the values. Shares of a
    number are of the rows that have one; a category has MISSING and OTHER among its values.
    """

    name: str
    kind: str
    places: tuple[float, ...] | tuple[str, ...]
    reference: tuple[float, ...]
    recent: tuple[float, ...]


def distributions(
    window: pd.DataFrame, reference: pd.DataFrame, columns: Columns
) -> tuple[Distribution, ...]:
    """Every column of a comparable window beside the reference."""
    numbers = [_of_numbers(name, window[name], reference[name]) for name in columns.numbers]
    categories = [_of_values(name, window[name], reference[name]) for name in columns.categories]
    return (*numbers, *categories)


def _of_numbers(name: str, recent: pd.Series, reference: pd.Series) -> Distribution:
    edges = round_edges(recent.dropna(), reference.dropna())
    shares = [_shares_of_bins(values.dropna(), edges) for values in (reference, recent)]
    return Distribution(name, "number", tuple(edges.tolist()), *shares)


def round_edges(recent: pd.Series, reference: pd.Series) -> np.ndarray:
    """At most MOST_BINS bins of one round width over what either holds; one is not empty."""
    ends = [part.quantile(list(OUTER_QUANTILES)) for part in (recent, reference) if len(part)]
    low, high = min(each.iloc[0] for each in ends), max(each.iloc[1] for each in ends)
    least = LEAST_SPREAD * max(abs(low), abs(high), 1.0)
    # One bin fewer: the first begins below the lowest value.
    width = _round_up((high - low) / (MOST_BINS - 1)) if high - low > least else 1.0
    start = np.floor(low / width) * width
    count = max(int(np.floor((high - start) / width)) + 1, 1)
    return start + width * np.arange(count + 1)


def _round_up(width: float) -> float:
    power = 10.0 ** np.floor(np.log10(width))
    return float(next(step for step in ROUND_STEPS if step * power >= width) * power)


def _shares_of_bins(values: pd.Series, edges: np.ndarray) -> tuple[float, ...]:
    """Shares that add up to 1; all 0 without a value."""
    inside = np.clip(values.to_numpy(), edges[0], np.nextafter(edges[-1], -np.inf))
    counts, _ = np.histogram(inside, edges)
    return tuple((counts / max(len(values), 1)).tolist())


def _of_values(name: str, recent: pd.Series, reference: pd.Series) -> Distribution:
    """The values frequent in either, the reference's most frequent first; then the rest."""
    shares = pd.DataFrame(
        {part: each.value_counts(normalize=True) for part, each in _parts(recent, reference)}
    ).fillna(0.0)
    named = shares.drop(index=OTHER, errors="ignore")
    kept = named.loc[named.max(axis=1).nlargest(MOST_VALUES).index]
    kept = kept.sort_values(["reference", "recent"], ascending=False, kind="stable")
    left = (shares.sum() - kept.sum()).clip(lower=0.0)
    if len(kept) < len(shares):
        kept = pd.concat([kept, left.to_frame(OTHER).T])
    values = tuple(str(value) for value in kept.index)
    both = (tuple(kept[part].round(9).tolist()) for part in ("reference", "recent"))
    return Distribution(name, "category", values, *both)


def _parts(recent: pd.Series, reference: pd.Series) -> list[tuple[str, pd.Series]]:
    return [("reference", reference), ("recent", recent)]
