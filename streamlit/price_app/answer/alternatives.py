"""The vehicle's prices with another number or another choice, as frames.              (pure)"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from price_app.answer import labels
from price_app.answers import Curves, Priced
from price_app.describe.fields import Field
from price_app.texts import NOT_KNOWN, squashed

# What a seller compares first; then the rest in the schema's order.
ASKED_FIRST = ("model", "condition", "state")
MOST_SHOWN = 12
COLUMNS = ["value", "price", "low", "high"]


def curve(points: tuple[Priced, ...]) -> pd.DataFrame:
    """Columns value, price, low, high; ordered by value."""
    rows = [(point.value, point.price, point.low, point.high) for point in points]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("value", ignore_index=True)


def own_point(curves: Curves, name: str, record: Mapping[str, Any]) -> pd.DataFrame:
    """Where the vehicle stands on one curve: one row as of `curve`, none without that number."""
    if record.get(name) is None:
        return pd.DataFrame([], columns=COLUMNS)
    own = curves.own
    return pd.DataFrame([(record[name], own.price, own.low, own.high)], columns=COLUMNS)


def comparable_fields(curves: Curves, fields: list[Field]) -> list[Field]:
    """The fields of which there are other choices to compare with."""
    offered = [field for field in fields if len(curves.choices.get(field.name, ())) > 1]
    first = [field for name in ASKED_FIRST for field in offered if field.name == name]
    return [*first, *(field for field in offered if field not in first)]


def side_by_side(curves: Curves, field: Field, own_value: Any) -> pd.DataFrame:
    """The vehicle as it is and with each other choice, in the order of the choices.

    Columns label, price, low, high, whose ("This vehicle" or "Otherwise the same").
    """
    own = curves.own
    name = NOT_KNOWN if own_value is None else labels.shown(field, own_value)
    rows = [(f"{name} (yours)", own.price, own.low, own.high, "This vehicle")]
    for choice in curves.choices[field.name]:
        if own_value is None or squashed(str(choice.value)) != squashed(str(own_value)):
            label = labels.shown(field, choice.value)
            rows.append((label, choice.price, choice.low, choice.high, "Otherwise the same"))
    table = pd.DataFrame(rows, columns=["label", "price", "low", "high", "whose"])
    return table.drop_duplicates("label")


def most_shown(table: pd.DataFrame) -> pd.DataFrame:
    """The vehicle's own row and the first of the others, the dearest first."""
    return table.head(MOST_SHOWN).sort_values(
        ["price", "label"], ascending=[False, True], ignore_index=True
    )
