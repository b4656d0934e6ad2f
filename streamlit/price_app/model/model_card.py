"""What a model's card says, as tables and sentences; whatever it lacks is left out.     (pure)"""

import math
from typing import Any

import pandas as pd

from price_app import texts

NORMAL_95 = 1.96
FEWEST_VEHICLES_OF_AN_AGE = 10
# Where a card names no uses, this much is true of every version.
LEAST_NOT_FOR = (
    "Not to be used for lending, insurance or tax: it learned asking prices, "
    "not what vehicles were sold for.",
)
DECISION_COLUMNS = ("Version", "Made", "Gate", "In use", "Mean error", "Data set")


def data_span(dataset: dict) -> str:
    """`40,000 listings from April 2021`."""
    kind = "synthetic " if dataset.get("synthetic") else ""
    rows = dataset.get("rows")
    counted = f"{rows:,} " if isinstance(rows, int) else ""
    between = f"from {texts.month(str(dataset['from']))}" if dataset.get("from") else ""
    until = texts.month(str(dataset.get("to") or ""))
    if until and until not in between:
        between += f" to {until}"
    return f"{counted}{kind}listings {between}".strip()


def gate_words(gate: dict) -> str | None:
    """What the gate before production said of this version."""
    if not gate:
        return None
    reasons = [str(said) for key in ("reasons", "notes") for said in gate.get(key, ())]
    why = f" ({'; '.join(reasons)})" if reasons else ""
    return f"Gate before production: {gate.get('decision')}{why}."


def baseline_words(name: str, metrics: dict) -> str:
    """How far off something simpler is."""
    error = texts.money(metrics["mae"]) if "mae" in metrics else "unknown"
    return f"For comparison, the {name.replace('_', ' ')} is off by {error}."


def interval_words(card: dict, name: str, written) -> str:
    """The 95% interval of a metric on the test vehicles, as a sentence; empty where unknown."""
    ends = card.get("intervals", {}).get("test", {}).get(name)
    return f" Chance alone: {written(ends[0])} to {written(ends[1])}." if ends else ""


def fifths(card: dict) -> pd.DataFrame:
    """Columns label, coverage, low, high, rows, mae, mean_width by fifth of the predicted price."""
    found = pd.DataFrame(card.get("calibration", {}).get("fifths", []))
    if found.empty:
        return found
    ends = [share_interval(*pair) for pair in zip(found["coverage"], found["rows"])]
    labels = [f"{texts.money(a)} to {texts.money(b)}" for a, b in zip(found["from"], found["to"])]
    low, high = zip(*ends)
    return found.assign(label=labels, low=low, high=high).drop(columns=["value", "from", "to"])


def questions(card: dict) -> pd.DataFrame:
    """Return columns Told, Mean error, Of the median (dollars), Range holds (percent), Range width
    by what is told of the vehicles."""
    rows = [
        (
            str(one["label"])[:1].upper() + str(one["label"])[1:],
            one["mae"],
            one["median_mae"],
            one["coverage"] * 100,
            one["mean_width"],
        )
        for one in card.get("questions", [])
    ]
    columns = ["Told", "Mean error", "Of the median", "Range holds", "Range width"]
    return pd.DataFrame(rows, columns=columns)


def price_bands(card: dict) -> pd.DataFrame:
    """Columns predicted, low, median, high (dollars), rows, of the card's shares."""
    found = pd.DataFrame(card.get("residuals", {}).get("predicted_price", []))
    if found.empty:
        return found
    ends = {name: found["at"] * (1 + found[name]) for name in ("low", "median", "high")}
    return found.assign(predicted=found["at"], **ends).drop(columns="at")


def age_bands(card: dict) -> pd.DataFrame:
    """Columns at (years), low, median, high (shares above the predicted price), rows.

    From the youngest age to the first that few vehicles have.
    """
    found = pd.DataFrame(card.get("residuals", {}).get("age", []))
    if found.empty:
        return found
    common = found[found["rows"] >= FEWEST_VEHICLES_OF_AN_AGE]
    # A line across a gap would say too much.
    return common[(common["at"].diff().fillna(1) == 1).cumprod().astype(bool)]


def turned_away(dataset: dict) -> pd.DataFrame:
    """Columns Reason, Listings, Share of the listings that were read and not used."""
    rejected = dataset.get("rejected") or {}
    read = dataset.get("rows_read") or (dataset.get("rows") or 0) + sum(rejected.values())
    rows = [
        (reason.capitalize(), count, count / max(read, 1)) for reason, count in rejected.items()
    ]
    return pd.DataFrame(rows, columns=["Reason", "Listings", "Share"])


def versions_table(versions: list[dict]) -> pd.DataFrame:
    """The registered versions, one a line; a column that says nothing of any is left out."""
    rows = [
        (
            str(one.get("version") or ""),
            texts.moment(str(one.get("created_at") or "")),
            str(one.get("decision") or ""),
            ", ".join(str(alias) for alias in one.get("aliases") or ()),
            one.get("mae"),
            str(one.get("dataset_version") or ""),
        )
        for one in versions
    ]
    table = pd.DataFrame(rows, columns=list(DECISION_COLUMNS))
    table["Mean error"] = pd.to_numeric(table["Mean error"], errors="coerce")
    return table[[name for name in table if not _says_nothing(table[name])]]


def reasons_of(versions: list[dict]) -> list[str]:
    """What the gate said of each version that it said something of."""
    return [
        f"Version {one.get('version')}, {one.get('decision') or 'not judged'}: {one['reason']}"
        for one in versions
        if one.get("reason")
    ]


def share_interval(share: float, rows: int) -> tuple[float, float]:
    """95% interval of a share of so many rows (Wilson 1927)."""
    middle = (share + NORMAL_95**2 / (2 * rows)) / (1 + NORMAL_95**2 / rows)
    spread = share * (1 - share) / rows + NORMAL_95**2 / (4 * rows**2)
    half = NORMAL_95 * math.sqrt(spread) / (1 + NORMAL_95**2 / rows)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _says_nothing(column: pd.Series) -> bool:
    return bool(column.map(_is_empty).all())


def _is_empty(value: Any) -> bool:
    return value == "" or bool(pd.isna(value))
