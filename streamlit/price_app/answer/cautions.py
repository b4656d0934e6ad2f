"""The model's warnings of a price as sentences for people.                            (pure)"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from price_app.answer import labels
from price_app.describe.fields import Field, vehicle_name

FEW_VEHICLES = 30


def sentences(
    warnings: Iterable[str], fields: list[Field], record: Mapping[str, Any], counted: int | None
) -> list[str]:
    """Each warning in plain words, and one of few vehicles where the model gave none.

    A warning of a form that is not known here is passed on as it is.
    """
    said = [_sentence(warning, fields, record) for warning in warnings]
    told_of_few = any("in training" in words and "vehicle" in words for words in said)
    if counted and counted < FEW_VEHICLES and not told_of_few:
        said.append(_few(vehicle_name(fields, _kind(record)), counted))
    return said


def _sentence(warning: str, fields: list[Field], record: Mapping[str, Any]) -> str:
    by_name = {field.name: field for field in fields}
    for pattern, written in _WARNINGS:
        if found := re.fullmatch(pattern, warning):
            return written(found, by_name, record)
    return warning[:1].upper() + warning[1:]


def _beyond(found: re.Match, by_name: Mapping[str, Field], _: Mapping) -> str:
    field, end = by_name.get(found["name"]), float(found["end"])
    above = found["side"] == "above"
    if found["name"] == "year":
        side = f"newer than {end:.0f}" if above else f"older than {end:.0f}"
    else:
        side = f"with {'more' if above else 'less'} than {labels.number(field, end)}"
    return f"In training there was no vehicle {side}: this price is a guess past what the model saw"


def _unknown(found: re.Match, by_name: Mapping[str, Field], _: Mapping) -> str:
    field = by_name.get(found["name"])
    label = field.label.lower() if field else found["name"]
    value = labels.shown(field, found["value"])
    return f"The model does not know the {label} {value}: priced as if it were any other"


def _unknown_model(_: re.Match, by_name: Mapping[str, Field], record: Mapping) -> str:
    name = vehicle_name(list(by_name.values()), _kind(record))
    return f"There was no {name} of that very name in training: priced by vehicles that are like it"


def _rare(found: re.Match, by_name: Mapping[str, Field], record: Mapping) -> str:
    return _few(vehicle_name(list(by_name.values()), _kind(record)), int(found["count"]))


def _few(name: str, count: int) -> str:
    only = "one vehicle was" if count == 1 else f"{count} vehicles were"
    return f"Only {only} of the kind {name} in training: the price may be well off"


def _unused(found: re.Match, by_name: Mapping[str, Field], _: Mapping) -> str:
    field = by_name.get(found["name"])
    label = field.label if field else found["name"].replace("_", " ").capitalize()
    return f"{label} makes no difference to this price: the model does not use it"


def _kind(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in labels.MAKE_AND_MODEL if record.get(name) is not None}


_WARNINGS: tuple[tuple[str, Callable[[re.Match, Mapping, Mapping], str]], ...] = (
    (
        r"(?P<name>\w+)(?: [-\d.e+]+)? is (?P<side>above|below) anything seen in training "
        r"\((?P<end>[-\d.e+]+)\)",
        _beyond,
    ),
    (r"model '.*' is unknown for .*: priced as ones like it", _unknown_model),
    (r"(?P<name>\w+) '(?P<value>.*)' is unknown: priced as any other \w+", _unknown),
    (r"(?:model|manufacturer) '.*': few vehicles in training \((?P<count>\d+)\)", _rare),
    (r"(?P<name>\w+) is not used: .*", _unused),
)
