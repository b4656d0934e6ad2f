"""What the visitor told, as people name it.                                              (pure)"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from price_app.fields import Field, vehicle_name
from price_app.places import STATES

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


def typical(listing: Mapping[str, Any]) -> str:
    """What a baseline is: a typical vehicle of which only these two things are known."""
    year = f" of {listing['year']:.0f}" if listing.get("year") is not None else ""
    miles = f" with {listing['odometer']:,.0f} miles" if listing.get("odometer") is not None else ""
    rest = "nothing else" if year or miles else "nothing"
    return f"A typical vehicle{year}{miles} of which {rest} is known"


def _one(field: Field | None, name: str, value: Any) -> str:
    if field is None:
        return f"{name}: {value}"
    if isinstance(value, str):
        return f"{field.label}: {shown(field, value)}"
    return number(field, value) if unit_of(field) else f"{field.label} {number(field, value)}"
