"""The model's warnings of a price as sentences for people.                            (pure)"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from price_app.answer import labels
from price_app.describe.fields import Field, vehicle_name

FEW_VEHICLES = 30
# A sentence without a code is of a model that tells of few vehicles itself.
SAY_FEW = {"few_vehicles", "unknown_model", "other"}

Caution = Mapping[str, Any]
Fields = Mapping[str, Field]


def sentences(
    warnings: Iterable[Caution], fields: list[Field], record: Mapping[str, Any], counted: int | None
) -> list[str]:
    """Return each warning in plain words, and one of few vehicles where the model gave none.

    A warning whose code is not known here, or that lacks what its code promises, is passed on in
    its own words.
    """
    warnings = list(warnings)
    said = [_sentence(warning, fields, record) for warning in warnings]
    codes = {warning.get("code") for warning in warnings}
    if counted and counted < FEW_VEHICLES and not codes & SAY_FEW:
        said.append(_few(vehicle_name(fields, _kind(record)), counted))
    return [sentence for sentence in said if sentence]


def _sentence(warning: Caution, fields: list[Field], record: Mapping[str, Any]) -> str:
    by_name = {field.name: field for field in fields}
    write = _WRITERS.get(str(warning.get("code")))
    try:
        words = write(warning, by_name, record) if write else ""
    except (KeyError, TypeError, ValueError):
        words = ""
    message = str(warning.get("message") or "")
    return words or message[:1].upper() + message[1:]


def _beyond(warning: Caution, by_name: Fields, _: Mapping) -> str:
    name, limit = warning["field"], float(warning["limit"])
    above = warning["code"] == "above_training"
    if name == "year":
        side = f"newer than {limit:.0f}" if above else f"older than {limit:.0f}"
    else:
        amount = labels.number(by_name.get(name), limit)
        side = f"with {'more' if above else 'less'} than {amount}"
    return f"In training there was no vehicle {side}: this price is a guess past what the model saw"


def _unknown(warning: Caution, by_name: Fields, _: Mapping) -> str:
    field = by_name.get(warning["field"])
    value = labels.shown(field, warning["value"])
    start = f"The model does not know the {_label(warning, by_name).lower()} {value}"
    if field is not None and (field.is_name or field.name in labels.PLACE):
        return f"{start}: priced as if it were any other"
    return f"{start}: it counts as not told"


def _unknown_model(_: Caution, by_name: Fields, record: Mapping) -> str:
    name = vehicle_name(list(by_name.values()), _kind(record))
    return f"There was no {name} of that very name in training: priced by vehicles that are like it"


def _rare(warning: Caution, by_name: Fields, record: Mapping) -> str:
    return _few(vehicle_name(list(by_name.values()), _kind(record)), int(warning["count"]))


def _few(name: str, count: int) -> str:
    only = "one vehicle was" if count == 1 else f"{count} vehicles were"
    return f"Only {only} of the kind {name} in training: the price may be well off"


def _unused(warning: Caution, by_name: Fields, _: Mapping) -> str:
    label = _label(warning, by_name)
    return f"{label} makes no difference to this price: the model does not use it"


def _read_as(warning: Caution, by_name: Fields, _: Mapping) -> str:
    value = labels.shown(by_name.get(warning["field"]), warning["read_as"])
    return f"{_label(warning, by_name)} “{warning['value']}” was taken as {value}"


def _blank(warning: Caution, by_name: Fields, _: Mapping) -> str:
    return f"{_label(warning, by_name)} “{warning['value']}” counts as not told"


def _label(warning: Caution, by_name: Fields) -> str:
    field = by_name.get(warning["field"])
    return field.label if field else str(warning["field"]).replace("_", " ").capitalize()


def _kind(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in labels.MAKE_AND_MODEL if record.get(name) is not None}


_WRITERS: Mapping[str, Callable[[Caution, Fields, Mapping], str]] = {
    "above_training": _beyond,
    "below_training": _beyond,
    "unknown_option": _unknown,
    "unknown_model": _unknown_model,
    "few_vehicles": _rare,
    "not_used": _unused,
    "read_as": _read_as,
    "blank": _blank,
}
