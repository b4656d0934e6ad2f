"""Brings reference and window into the same form: numbers, and categories with few values."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

MOST_VALUES = 50
OTHER = "(other)"
MISSING = "(missing)"


@dataclass(frozen=True)
class Columns:
    """The columns compared: numbers, and categories with the values kept apart."""

    numbers: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.numbers, *self.categories)


@dataclass(frozen=True)
class Window:
    """The latest predictions' features: as they were sent, and in comparable form."""

    sent: pd.DataFrame
    frame: pd.DataFrame


def window_of(records: list[dict], columns: Columns) -> Window:
    """The window of logged predictions' features."""
    sent = from_records(records, columns)
    return Window(sent, comparable(sent, columns))


def columns_of(schema: dict, reference: pd.DataFrame) -> Columns:
    """The features of schema.json that the reference holds values of.

    A number that is missing in the whole reference cannot be compared with and is left out.
    """
    present = [entry for entry in schema["features"] if entry["name"] in reference]
    numbers = [entry["name"] for entry in present if entry["kind"] == "number"]
    return Columns(
        tuple(name for name in numbers if not as_numbers(reference[name]).isna().all()),
        {
            entry["name"]: most_frequent(as_texts(reference[entry["name"]]))
            for entry in present
            if entry["kind"] == "category"
        },
    )


def from_records(records: list[dict], columns: Columns) -> pd.DataFrame:
    """The features of logged predictions, one row each; an absent key is a missing value."""
    return pd.DataFrame(
        {
            name: pd.Series([record.get(name) for record in records], dtype=object)
            for name in columns.names
        }
    )


def comparable(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Numbers as floats; categories as text, rare values as one, missing ones as another."""
    numbers = {name: as_numbers(frame[name]) for name in columns.numbers}
    categories = {
        name: reduced(as_texts(frame[name]), kept) for name, kept in columns.categories.items()
    }
    return pd.DataFrame(numbers | categories)


def as_numbers(values: pd.Series) -> pd.Series:
    """Floats; what is no finite number is missing."""
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def as_texts(values: pd.Series) -> pd.Series:
    """Text as the model takes it: case and blanks do not matter, an empty one is missing."""
    return pd.Series([_plain(value) for value in values], index=values.index, dtype=object)


def most_frequent(texts: pd.Series) -> tuple[str, ...]:
    """The values that stand for themselves, at most MOST_VALUES; the others become one."""
    return tuple(texts.value_counts().index[:MOST_VALUES])


def reduced(texts: pd.Series, kept: tuple[str, ...]) -> pd.Series:
    """Every value one of `kept`, OTHER or MISSING."""
    known = texts.where(texts.isin(kept) | texts.isna(), OTHER)
    return known.where(texts.notna(), MISSING).astype(object)


def _plain(value) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    return " ".join(str(value).casefold().split()) or None
