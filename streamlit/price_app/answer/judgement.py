"""What the figures of an answer mean, in words.                                       (pure)"""

from collections.abc import Mapping
from typing import Any

from price_app import texts
from price_app.answer import labels
from price_app.answers import Explanation, Step
from price_app.describe.fields import Field

# The outer quarters of the range count as its low and its high side.
SIDE_SHARE = 0.25
# A line does not end between the sign and its amount.
MINUS, UNBROKEN_MINUS = "−", "−\u2060"


def verdict(asking: int, low: int, high: int) -> str:
    """How an asking price stands to what such vehicles are listed for."""
    if asking < low:
        return "well below what such vehicles are listed for"
    if asking > high:
        return "well above what such vehicles are listed for"
    position = (asking - low) / max(high - low, 1)
    if position < SIDE_SHARE:
        return "a fair price, on the low side"
    if position > 1 - SIDE_SHARE:
        return "a fair price, on the high side"
    return "a fair price"


def training_words(schema: Mapping, fields: list[Field], record: Mapping[str, Any]) -> str | None:
    """How many vehicles like this one the model was trained on; None where nobody counted."""
    field, parent = _counted(schema, fields, record)
    if field is None:
        return None
    if parent is not None:
        return _child_words(schema, parent, field, record)
    name = field.shown(record[field.name])
    count = _count(schema["counts"][field.name], record[field.name])
    return f"The model was trained on {count:,} vehicles of the kind {name}."


def trained_on(schema: Mapping, fields: list[Field], record: Mapping[str, Any]) -> int | None:
    """The number of such vehicles; 0 where they were too few to be listed, None as above."""
    field, parent = _counted(schema, fields, record)
    if field is None:
        return None
    counts = schema["counts"][field.name]
    if parent is not None:
        counts = counts.get(_plain(record[parent.name]), {})
    return _count(counts, record[field.name])


def depreciation(steps: Mapping[str, Step]) -> str:
    """`A year older: about −$1,100 · 10,000 miles more: …`; empty without steps."""
    amounts = {name: texts.signed_money(round(step.dollars, -1)) for name, step in steps.items()}
    return " · ".join(
        f"{_step_words(name, step)}: about {amounts[name].replace(MINUS, UNBROKEN_MINUS)}"
        for name, step in steps.items()
    )


def narrower(explanation: Explanation, fields: list[Field]) -> str:
    """Return `With the mileage told too, the range would be about $2,900 narrower.`, of what would
    narrow it most; empty where nothing would."""
    if not explanation.untold:
        return ""
    most = explanation.untold[0]
    named = labels.named(most.features, fields).lower()
    dollars = texts.round_money(most.dollars)
    return f"With the {named} told too, the range would be about {dollars} narrower."


def _step_words(name: str, step: Step) -> str:
    if name == "year":
        size = "A year" if abs(step.change) == 1 else f"{abs(step.change):.0f} years"
        return f"{size} {'older' if step.change < 0 else 'newer'}"
    unit = "miles" if name == "odometer" else name
    return f"{abs(step.change):,.0f} {unit} {'more' if step.change > 0 else 'less'}"


def _counted(
    schema: Mapping, fields: list[Field], record: Mapping[str, Any]
) -> tuple[Field | None, Field | None]:
    """The given feature that training counted, and the parent that it was counted within."""
    by_name, counts = {field.name: field for field in fields}, schema.get("counts", {})
    given = [field for field in fields if field.name in record and field.name in counts]
    for field in given:
        if field.parent is not None and field.parent in record:
            return field, by_name[field.parent]
    names = [field for field in given if field.is_name and field.parent is None]
    return (names[0] if names else None), None


def _child_words(
    schema: Mapping, parent: Field, child: Field, record: Mapping[str, Any]
) -> str | None:
    """About `ford f-150`, and about other Fords where there was no such model."""
    parent_value, child_value = record[parent.name], record[child.name]
    name = f"{parent.shown(parent_value)} {child.named(child_value, record)}"
    of_parent = schema["counts"][child.name].get(_plain(parent_value), {})
    count = _count(of_parent, child_value)
    if count:
        noun = "vehicle" if count == 1 else "vehicles"
        return f"The model was trained on {count:,} {noun} of the kind {name}."
    others = _count(schema["counts"].get(parent.name, {}), parent_value)
    if others:
        return (
            f"The model counted no {name} in training: this price leans on {others:,} other "
            f"vehicles of {parent.shown(parent_value)}."
        )
    return f"The model counted no {name} in training."


def _count(counts: Mapping[str, int], value: str) -> int:
    """How often the value stands there, `f150` for `f-150` too."""
    wanted = texts.squashed(value)
    return sum(count for name, count in counts.items() if texts.squashed(name) == wanted)


def _plain(value: str) -> str:
    return " ".join(value.casefold().split())


def as_of(schema: Mapping) -> str:
    """`April 2021`: when the listings that the prices come from were posted."""
    return texts.month(str(schema.get("dataset", {}).get("to", "")))
