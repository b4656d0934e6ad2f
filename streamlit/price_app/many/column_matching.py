"""Which column of a visitor's table holds which of the model's features: a guess.       (pure)"""

import re
from collections.abc import Iterator, Mapping, Sequence

from price_app.describe.fields import Field
from price_app.texts import squashed

# What others call the features. "km" is not among them: the model knows miles.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "manufacturer": ("make", "brand", "maker", "marque", "make name", "manufacturer name"),
    "model": ("model name", "make model", "model trim"),
    "year": ("model year", "yr", "my", "year made", "year built", "production year"),
    "odometer": (
        "mileage",
        "miles",
        "odo",
        "mi",
        "odometer reading",
        "odometer mi",
        "odometer mls",
    ),
    "condition": ("cond", "condition grade", "state of repair"),
    "cylinders": ("cyl", "cylinder", "cylinder count", "number of cylinders", "engine cylinders"),
    "fuel": ("fuel type", "fuel kind", "gas type"),
    "title_status": ("title", "title type", "title state", "title brand"),
    "transmission": ("trans", "gearbox", "transmission type", "gear", "gears"),
    "drive": ("drivetrain", "drive train", "drive type", "driven wheels", "wheel drive"),
    "size": ("size class", "class"),
    "type": ("body", "body type", "body style", "body class", "style", "shape"),
    "paint_color": (
        *("color", "colour", "paint", "paint colour", "exterior color", "exterior colour"),
        *("ext color", "ext colour", "body color", "body colour"),
    ),
    "state": ("st", "us state", "state code", "state name"),
    "region": ("area", "city", "location", "metro", "metro area"),
}
# Words that say nothing of which feature it is.
_NOISE = re.compile(r"\b(vehicle|car|auto|listing|the|of)s?\b")


def guessed(header: Sequence[str], fields: Sequence[Field]) -> dict[str, int]:
    """Field name → number of the column that most likely holds it; a column is taken once.

    A name that fits exactly wins over one that fits squashed, that over an alias.
    """
    found: dict[str, int] = {}
    for number, name in _by_closeness(header, fields):
        if name not in found and number not in found.values():
            found[name] = number
    return found


def without_noise(text: str) -> str:
    """Squashed, without the words that say nothing: `Vehicle Make` is `make`."""
    return squashed(_NOISE.sub(" ", re.sub(r"[_\W]+", " ", text.casefold())))


def _by_closeness(header: Sequence[str], fields: Sequence[Field]) -> Iterator[tuple[int, str]]:
    """Pairs of column and field that fit, the closest first."""
    ways = (
        (str.strip, lambda field: {field.name}),
        (squashed, lambda field: {squashed(field.name), squashed(field.label)}),
        (without_noise, lambda field: {squashed(field.name), *map(squashed, _others(field))}),
    )
    for read, names_of in ways:
        columns = [read(title) for title in header]
        for field in fields:
            names = names_of(field)
            yield from ((n, field.name) for n, title in enumerate(columns) if title in names)


def _others(field: Field) -> tuple[str, ...]:
    return ALIASES.get(field.name, ())
