"""Says in words what of a column changed and by how much."""

import pandas as pd

from drift_monitor.window import MISSING, OTHER

NAMES = {MISSING: "missing", OTHER: "values rare or absent in the reference"}
NOTABLE_MISSING = 0.05


def number_words(name: str, now: pd.Series, reference: pd.Series) -> str:
    """Such as `odometer: median 45,000 now, 92,000 in the reference`."""
    missing = f"missing {_percent(now.isna().mean())} now, {_percent(reference.isna().mean())}"
    if now.isna().all():
        return f"{name}: {missing} in the reference"
    medians = [_figure(name, values.median()) for values in (now, reference)]
    words = f"{name}: median {medians[0]} now, {medians[1]} in the reference"
    if medians[0] == medians[1]:
        words += (
            f"; middle half {_middle(name, now)} now, {_middle(name, reference)} in the reference"
        )
    if abs(now.isna().mean() - reference.isna().mean()) > NOTABLE_MISSING:
        words += f"; {missing} in the reference"
    return words


def category_words(name: str, now: pd.Series, reference: pd.Series, sent: pd.Series) -> str:
    """Such as `fuel: electric 100% now, 2% in the reference`: the value that changed most.

    `now` and `reference` hold reduced values, `sent` the window's own, to name what is new.
    """
    shares = now.value_counts(normalize=True)
    usual = reference.value_counts(normalize=True)
    change = shares.sub(usual, fill_value=0)
    # Where two changed alike, the one that grew says more.
    value = max(change.index, key=lambda each: (round(abs(change[each]), 9), change[each]))
    shown = NAMES.get(value, value)
    if value == OTHER and (now == OTHER).any():
        shown += f" (most often {sent[now == OTHER].mode().iloc[0]})"
    return (
        f"{name}: {shown} {_percent(shares.get(value, 0))} now,"
        f" {_percent(usual.get(value, 0))} in the reference"
    )


def _middle(name: str, values: pd.Series) -> str:
    low, high = values.quantile(0.25), values.quantile(0.75)
    return f"{_figure(name, low)} to {_figure(name, high)}"


def _figure(name: str, value: float) -> str:
    return f"{value:.0f}" if name == "year" else f"{value:,.0f}"


def _percent(share: float) -> str:
    if 0 < share < 0.01:
        return "under 1%"
    return f"{share:.0%}" if share < 0.995 or share == 1 else "over 99%"
