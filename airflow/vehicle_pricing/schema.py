"""The features: name, kind, unit, bounds, label; with a data set they become schema.json."""

from dataclasses import dataclass

import pandas as pd

from vehicle_pricing.errors import DataSetError
from vehicle_pricing.leakage import check_price_untold
from vehicle_pricing.other_names import BLANK_WORDS, column_names, other_names

TARGET = "price"
YEAR_MIN = 1950
ODOMETER_MAX_MILES = 500_000
MOST_OPTIONS = 300
TEXT_MAX_CHARACTERS = 300


@dataclass(frozen=True)
class Feature:
    """One thing that is asked about a vehicle."""

    name: str
    kind: str
    label: str
    help: str
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    options_by: str | None = None


FEATURES = (
    Feature("manufacturer", "category", "Make", "Who built it, such as ford."),
    Feature(
        "model",
        "category",
        "Model",
        "Model and trim in your own words, such as f-150 xlt.",
        options_by="manufacturer",
    ),
    Feature(
        "year",
        "number",
        "Year",
        "Model year.",
        unit="year",
        minimum=YEAR_MIN,
        required=True,
    ),
    Feature(
        "odometer",
        "number",
        "Odometer",
        "Miles driven; leave it empty where unknown.",
        unit="miles",
        minimum=0,
        maximum=ODOMETER_MAX_MILES,
    ),
    Feature("condition", "category", "Condition", "The seller's own word for its condition."),
    Feature("cylinders", "category", "Cylinders", "Cylinders of the engine."),
    Feature("fuel", "category", "Fuel", "What it runs on."),
    Feature("title_status", "category", "Title", "What its title says, such as clean or rebuilt."),
    Feature("transmission", "category", "Transmission", "Manual, automatic, or other."),
    Feature("drive", "category", "Drive", "Driven wheels: front, rear, or all four."),
    Feature("size", "category", "Size", "Size class."),
    Feature("type", "category", "Body type", "Shape of the body, such as sedan or pickup."),
    Feature("paint_color", "category", "Colour", "Colour of the paint."),
    Feature("state", "category", "State", "Two letters of the state where it is listed."),
    Feature(
        "region",
        "category",
        "Region",
        "Area of the state where it is listed.",
        options_by="state",
    ),
)


@dataclass(frozen=True)
class Question:
    """A way in which people ask for a price: the features that they tell, and how often beside the
    other ways training is to see it (whole listings it sees anyway)."""

    name: str
    label: str
    told: tuple[str, ...]
    often: int = 1


FEATURE_NAMES = tuple(feature.name for feature in FEATURES)
NUMBERS = tuple(feature.name for feature in FEATURES if feature.kind == "number")
CATEGORIES = tuple(feature.name for feature in FEATURES if feature.kind == "category")

UP_FRONT = ("manufacturer", "model", "year", "odometer")
PLACE = ("state", "region")


def _all_but(*names: str) -> tuple[str, ...]:
    return tuple(name for name in FEATURE_NAMES if name not in names)


QUESTIONS = (
    Question("all", "everything", FEATURE_NAMES, often=0),
    Question("all_but_place", "all but state and region", _all_but(*PLACE)),
    Question("up_front", "make, model, year and mileage", UP_FRONT, often=2),
    Question("all_but_mileage", "all but mileage", _all_but("odometer"), often=2),
    Question("make_model_year", "make, model and year", ("manufacturer", "model", "year"), often=2),
    Question("make_year", "make and year", ("manufacturer", "year"), often=2),
    Question("year", "the year alone", ("year",)),
)


def build(train: pd.DataFrame, card: dict) -> dict:
    """What schema.json holds for a data set: its training split and its card.

    Only the columns that FEATURES names are read, and the price, which none of them may tell; the
    same input gives the same schema.
    """
    check_target_left_out(FEATURE_NAMES)
    missing = [name for name in FEATURE_NAMES if name not in train]
    if missing:
        raise DataSetError(f"the training split lacks the columns {', '.join(missing)}")
    blank = [name for name in FEATURE_NAMES if _is_blank(train, name, card)]
    used = [feature for feature in FEATURES if feature.name not in blank]
    check_price_untold(train[[feature.name for feature in used]], train[TARGET])
    return {
        "features": [_described(feature, train, card, blank) for feature in used],
        "left_out": [{"name": name, "reason": "blank in the data set"} for name in blank],
        "questions": questions([feature.name for feature in used]),
        "blank_words": list(BLANK_WORDS),
        "target": {"name": TARGET, "unit": "USD"},
        "dataset": _dataset(card),
        "counts": _counts(train, blank),
    }


def questions(names: list[str]) -> list[dict]:
    """Return the questions in terms of these features; of two that tell the same, the first."""
    asked: dict[tuple[str, ...], dict] = {}
    for question in QUESTIONS:
        told = tuple(name for name in names if name in question.told)
        entry = {"name": question.name, "label": question.label, "told": list(told)}
        asked.setdefault(told, entry | {"often": question.often})
    return list(asked.values())


def check_target_left_out(names: tuple[str, ...]) -> None:
    """Refuse features among which the price stands: a model of it would know its answer."""
    if TARGET in names:
        raise DataSetError(f"{TARGET} is what the model predicts; it cannot be a feature")


def _is_blank(train: pd.DataFrame, name: str, card: dict) -> bool:
    return name in card.get("blank_columns", []) or bool(train[name].isna().all())


def _described(feature: Feature, train: pd.DataFrame, card: dict, blank: list[str]) -> dict:
    entry = {"name": feature.name, "kind": feature.kind}
    entry |= {"label": feature.label, "help": feature.help, "required": feature.required}
    entry["column_names"] = column_names(feature.name)
    if feature.kind == "number":
        return entry | _number(feature, train[feature.name], card)
    if feature.options_by and feature.options_by not in blank:
        groups = _ranked_by(train, feature.options_by, feature.name)
        options = {group: list(counts) for group, counts in groups.items()}
        return entry | {"options_by": {"feature": feature.options_by, "options": options}}
    options = list(_ranked(train[feature.name]))
    return entry | {"options": options, "other_names": other_names(feature.name, options)}


def _number(feature: Feature, values: pd.Series, card: dict) -> dict:
    maximum = feature.maximum
    if feature.name == "year":
        maximum = int(card["to"][:4]) + 1
    seen = {"min": int(values.min()), "max": int(values.max())}
    told = {"unit": feature.unit, "min": feature.minimum, "max": maximum, "seen": seen}
    return told | {"typical": int(values.median())}


def _ranked(values: pd.Series) -> dict[str, int]:
    """The most frequent values with how often each stands there; equals in alphabetical order."""
    counts = values.dropna().value_counts()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_OPTIONS]
    return {str(value): int(count) for value, count in ranked}


def _ranked_by(train: pd.DataFrame, group: str, name: str) -> dict[str, dict[str, int]]:
    known = train[[group, name]].dropna()
    frames = dict(list(known.groupby(group, observed=True)[name]))
    return {str(key): _ranked(frames[key]) for key in _ranked(train[group]) if key in frames}


def _dataset(card: dict) -> dict:
    keys = {"version": "version", "synthetic": "synthetic", "rows": "rows_kept"}
    return {ours: card[theirs] for ours, theirs in keys.items()} | {
        "from": card["from"],
        "to": card["to"],
    }


def _counts(train: pd.DataFrame, blank: list[str]) -> dict:
    counts = {}
    if "manufacturer" not in blank:
        counts["manufacturer"] = _ranked(train["manufacturer"])
    if not {"manufacturer", "model"} & set(blank):
        counts["model"] = _ranked_by(train, "manufacturer", "model")
    return counts
