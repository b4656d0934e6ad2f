"""What the visitor told, as people name it.                                              (pure)"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from price_app.answer.places import STATES
from price_app.describe.fields import Field, vehicle_name

MAKE_AND_MODEL = ("manufacturer", "model")
PLACE = ("state", "region")


def told(names: Iterable[str], fields: list[Field], record: Mapping[str, Any]) -> str:
    """The record's values of these features together."""
    given = {name: record[name] for name in names if record.get(name) is not None}
    if MAKE_AND_MODEL[0] in given or MAKE_AND_MODEL[1] in given:
        return vehicle_name(fields, {name: given[name] for name in MAKE_AND_MODEL if name in given})
    if PLACE[0] in given:
        return place(given, fields)
    by_name = {field.name: field for field in fields}
    return ", ".join(_one(by_name.get(name), name, value) for name, value in given.items())


def named(names: Iterable[str], fields: list[Field]) -> str:
    """`Make and Model`: the features themselves, where the record does not tell their values."""
    by_name = {field.name: plain_label(field) for field in fields}
    return " and ".join(by_name.get(name, name) for name in names)


def place(record: Mapping[str, Any], fields: list[Field]) -> str:
    """`Texas, Dallas`, of what is known."""
    by_name = {field.name: field for field in fields}
    return ", ".join(
        shown(by_name.get(name), record[name]) for name in PLACE if record.get(name) is not None
    )


def shown(field: Field | None, value: Any) -> str:
    """One value as people write it, without the name of its feature."""
    if not isinstance(value, str):
        return number(field, value)
    if field is None or field.name == PLACE[0]:
        return STATES.get(value, value)
    written = field.shown(value)
    return written if field.is_name or written.isupper() else written[:1].lower() + written[1:]


def number(field: Field | None, value: float) -> str:
    """`89,000 miles`, or `2014` of a year."""
    if field is not None and field.name == "year":
        return f"{value:.0f}"
    unit = unit_of(field)
    return f"{value:,.10g} {unit}" if unit else f"{value:,.10g}"


def unit_of(field: Field | None) -> str:
    """`miles` of the field that is labelled `Odometer (miles)`; empty where it has no unit."""
    found = re.search(r"\(([^()]+)\)$", field.label) if field else None
    return found[1] if found else ""


def plain_label(field: Field) -> str:
    """`Year`, and `Mileage` of the field that is labelled `Odometer (miles)`."""
    if field.name == "odometer":
        return "Mileage"
    return re.sub(r" \([^()]+\)$", "", field.label)


def typical(listing: Mapping[str, Any], fields: list[Field]) -> str:
    """What a baseline is: `A typical vehicle, a 2012 Kia Soul with 92,000 miles`."""
    known = {name: listing[name] for name in ("year", *MAKE_AND_MODEL) if name in listing}
    miles = f" with {listing['odometer']:,.0f} miles" if listing.get("odometer") is not None else ""
    if any(name in known for name in MAKE_AND_MODEL):
        return f"A typical vehicle, a {vehicle_name(fields, known)}{miles}"
    return "A typical vehicle" + (f" of {known['year']:.0f}" if known else "") + miles


def _one(field: Field | None, name: str, value: Any) -> str:
    if field is None:
        return f"{name}: {value}"
    if isinstance(value, str):
        return f"{field.label}: {shown(field, value)}"
    return number(field, value) if unit_of(field) else f"{field.label} {number(field, value)}"
