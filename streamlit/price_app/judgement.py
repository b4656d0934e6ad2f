"""What the figures of an answer mean, in words.                                       (pure)"""

from collections.abc import Mapping
from typing import Any

from price_app import texts
from price_app.fields import Field

# The outer quarters of the range count as its low and its high side.
SIDE_SHARE = 0.25


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
    by_name = {field.name: field for field in fields}
    for field in fields:
        if field.name not in record or field.parent is None:
            continue
        counted = schema.get("counts", {}).get(field.name)
        if counted is not None and field.parent in record:
            return _child_words(schema, by_name[field.parent], field, record)
    for field in fields:
        counted = schema.get("counts", {}).get(field.name)
        if counted is not None and field.name in record and field.is_name:
            name, count = field.shown(record[field.name]), _count(counted, record[field.name])
            return f"The model was trained on {count:,} vehicles of the kind {name}."
    return None


def _child_words(
    schema: Mapping, parent: Field, child: Field, record: Mapping[str, Any]
) -> str | None:
    """About `ford f-150`, and about other Fords where there was no such model."""
    parent_value, child_value = record[parent.name], record[child.name]
    name = f"{parent.shown(parent_value)} {child.shown(child_value)}"
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
    wanted = _squashed(value)
    return sum(count for name, count in counts.items() if _squashed(name) == wanted)


def _squashed(value: str) -> str:
    return "".join(filter(str.isalnum, value.casefold()))


def _plain(value: str) -> str:
    return " ".join(value.casefold().split())


def as_of(schema: Mapping) -> str:
    """`April 2021`: when the listings that the prices come from were posted."""
    return texts.month(str(schema.get("dataset", {}).get("to", "")))
