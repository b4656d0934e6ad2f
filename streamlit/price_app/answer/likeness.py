"""How listings compare with the visitor's vehicle, in words and as a table.           (pure)"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from price_app import texts
from price_app.answer import labels
from price_app.answers import Comparable
from price_app.describe.fields import Field

# Fewer miles than this apart are no difference.
SAME_MILES = 500
KINDS = {
    "model": "of the same make and model",
    "family": "of a model of like name",
    "make": "only of the same make",
    "none": "of another make",
}


def who_is_alike(listings: Sequence[Comparable], record: Mapping[str, Any]) -> str:
    """One sentence: how many are of the same model, or how far the search had to go."""
    count = {kind: sum(one.same == kind for one in listings) for kind in KINDS}
    if not listings:
        return "There is no listing to compare with."
    if count["none"] == len(listings):
        if record.get("manufacturer") is None:
            return "Without a make these are alike in year, mileage and place only."
        return "No listing is of this make: these are alike in year, mileage and place only."
    if count["model"] + count["family"] == 0:
        if record.get("model") is None:
            return "These are of the same make: tell the model for closer ones."
        return "No listing is of this model: these are only of the same make."
    said = [f"{count[kind]} {words}" for kind, words in KINDS.items() if count[kind]]
    return f"The nearest listings: {_joined(said)}."


def where_it_falls(listings: Sequence[Comparable], price: int, asking: int | None) -> str:
    """`7 of the 20 were listed for less than this price of $18,200.`"""
    compared = price if asking is None else asking
    cheaper = sum(one.price < compared for one in listings)
    verb = "was" if cheaper == 1 else "were"
    whose = f"this price of {texts.money(price)}"
    if asking is not None:
        whose = f"the asking price of {texts.money(asking)}"
    return f"{cheaper or 'None'} of the {len(listings)} {verb} listed for less than {whose}."


def differences(listing: Comparable, fields: list[Field]) -> str:
    """`2 years newer, 12,000 more miles, in Oklahoma`; the place last."""
    differs, by_name = listing.differs, {field.name: field for field in fields}
    words = []
    if any(name in differs for name in labels.MAKE_AND_MODEL):
        words.append(labels.told(labels.MAKE_AND_MODEL, fields, listing.features))
    for name, value in differs.items():
        if name not in (*labels.MAKE_AND_MODEL, *labels.PLACE):
            words.append(_difference(by_name.get(name), name, value))
    elsewhere = {name: differs[name] for name in labels.PLACE if name in differs}
    if elsewhere:
        words.append(f"in {labels.place(elsewhere, fields)}")
    said = ", ".join(word for word in words if word)
    return said[:1].upper() + said[1:] if said else "Nothing that you told"


def table(listings: Sequence[Comparable], fields: list[Field]) -> pd.DataFrame:
    """The listings as a person reads them; nearest first."""
    return pd.DataFrame(
        {
            "Listed for": [texts.money(one.price) for one in listings],
            "Listing": [_described(one, fields) for one in listings],
            "What differs": [differences(one, fields) for one in listings],
        }
    )


def points(listings: Sequence[Comparable], fields: list[Field]) -> pd.DataFrame:
    """Columns odometer, price, what, differs; only listings that tell their mileage."""
    rows = [
        (
            one.features["odometer"],
            one.price,
            labels.told(("manufacturer", "model", "year"), fields, one.features),
            differences(one, fields),
        )
        for one in listings
        if one.features.get("odometer") is not None
    ]
    return pd.DataFrame(rows, columns=["odometer", "price", "what", "differs"])


def _difference(field: Field | None, name: str, value: Any) -> str:
    """One difference; empty where it is too small to be one."""
    if isinstance(value, str):
        label = field.label if field else name
        return f"{label.lower()}: {labels.shown(field, value)}"
    if name == "year":
        years = "year" if abs(value) == 1 else "years"
        return f"{abs(value):.0f} {years} {'newer' if value > 0 else 'older'}" if value else ""
    if name == "odometer":
        if abs(value) < SAME_MILES:
            return ""
        return f"{round(abs(value), -3):,.0f} {'more' if value > 0 else 'fewer'} miles"
    label = labels.plain_label(field).lower() if field else name
    return f"{label} {'more' if value > 0 else 'less'} by {labels.number(field, abs(value))}"


def _described(listing: Comparable, fields: list[Field]) -> str:
    """`2014, 123,600 miles, Texas, Dallas`, in one cell: more columns do not fit a telephone."""
    year, miles = (listing.features.get(name) for name in ("year", "odometer"))
    said = [
        "" if year is None else f"{year:.0f}",
        "" if miles is None else f"{miles:,.0f} miles",
        labels.place(listing.features, fields),
    ]
    return ", ".join(part for part in said if part) or "–"


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
