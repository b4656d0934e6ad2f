"""What a listing would cost with another mileage, year or option: one call of the model (pure)."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from price_service.pricing import whole_result
from price_service.vehicle_names import family, squashed

MOST_STEPS = 30
MOST_OPTIONS = 60
MOST_MODELS = 25
# Where a curve ends that would go on for little: nearly no vehicle is driven further.
FURTHEST = {"odometer": 250_000}
STEPS = {"year": -1, "odometer": 10_000}
ROUND_STEPS = (1, 2, 2.5, 5, 10)

Predict = Callable[[list[dict]], list[dict]]


@dataclass(frozen=True)
class Variant:
    """The listing with one value in another's place; the section is the answer's."""

    section: str
    name: str
    value: Any
    listing: dict


def draw(predict: Predict, schema: dict, listing: dict) -> tuple[dict, dict]:
    """The model's result for a checked listing, and `curves`, `steps` and `choices` around it.

    The points of a curve lie along what training saw, on round numbers and at most about 30, and
    the listing's own value is among them. A choice of another state or make leaves the region or
    the model out, which belong to the listing's own.
    """
    variants = list(variants_of(schema, listing))
    own, *found = predict([listing, *(variant.listing for variant in variants)])
    price = whole_result(own)["price"]
    told: dict[str, dict] = {"curves": {}, "steps": {}, "choices": {}}
    for variant, result in zip(variants, found, strict=True):
        dollars, section = whole_result(result), told[variant.section]
        if variant.section == "steps":
            change = {"change": STEPS[variant.name], "dollars": dollars["price"] - price}
            section[variant.name] = change
        else:
            section.setdefault(variant.name, []).append({"value": variant.value} | dollars)
    return own, told


def variants_of(schema: dict, listing: dict) -> Iterator[Variant]:
    """Every listing that is priced beside the given one."""
    features = schema["features"]
    for feature in features:
        name = feature["name"]
        if feature["kind"] == "number":
            for value in points(feature, listing.get(name)):
                yield Variant("curves", name, value, listing | {name: value})
            yield from stepped(feature, listing)
        else:
            dependent = dependents(features, name)
            for value in choices(feature, listing):
                yield Variant("choices", name, value, chosen(listing, name, value, dependent))


def points(feature: dict, own: float | None) -> list[float]:
    """Values of a number along what training saw, and the listing's own."""
    seen = feature.get("seen") or {end: feature.get(end) for end in ("min", "max")}
    low, high = seen["min"], seen["max"]
    if low is None or high is None:
        return []
    high = max(low, min(high, FURTHEST.get(feature["name"], high)))
    if feature.get("unit") == "year":
        grid = {low, *range(int(high), int(low), -max(1, math.ceil((high - low) / MOST_STEPS)))}
    else:
        step = round_step((high - low) / MOST_STEPS)
        grid = {neat(step * n) for n in range(math.ceil(low / step), math.floor(high / step) + 1)}
    return sorted(grid if own is None else grid | {own})


def round_step(least: float) -> float:
    """The least of 1, 2, 2.5 and 5 times a power of ten that is no less."""
    if least <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in ROUND_STEPS if step * power >= least * (1 - 1e-9))


def neat(value: float) -> float:
    """A whole number without its point, another without the traces of binary fractions."""
    return int(value) if value == int(value) else round(value, 9)


def stepped(feature: dict, listing: dict) -> Iterator[Variant]:
    """The listing one step on, where it gives the number and the step stays within bounds."""
    name = feature["name"]
    if name not in STEPS or name not in listing:
        return
    value = listing[name] + STEPS[name]
    low, high = feature.get("min"), feature.get("max")
    if (low is None or value >= low) and (high is None or value <= high):
        yield Variant("steps", name, value, listing | {name: value})


def choices(feature: dict, listing: dict) -> list[str]:
    """Options of a category, most frequent first, the listing's own value among them."""
    own, most = listing.get(feature["name"]), MOST_OPTIONS
    options = options_of(feature, listing)
    if feature["name"] == "model":
        make, most = listing.get("manufacturer"), MOST_MODELS
        options = [model for model in options if family(model, make) == family(own, make)]
    if not options or own is None or squashed(own) in map(squashed, options[:most]):
        return options[:most]
    return [*options[: most - 1], own]


def options_of(feature: dict, listing: dict) -> list[str]:
    """The options that the listing's other values leave."""
    by = feature.get("options_by")
    if by is None:
        return feature.get("options", [])
    given = squashed(listing.get(by["feature"]))
    return next((list(o) for key, o in by["options"].items() if squashed(key) == given), [])


def dependents(features: list[dict], name: str) -> list[str]:
    """The features whose options go by this one."""
    by = [(feature["name"], feature.get("options_by")) for feature in features]
    return [dependent for dependent, rule in by if rule and rule["feature"] == name]


def chosen(listing: dict, name: str, value: str, dependent: list[str]) -> dict:
    """The listing with another value, without what belonged to its own."""
    if squashed(listing.get(name)) == squashed(value):
        return listing
    kept = {key: given for key, given in listing.items() if key not in dependent}
    return kept | {name: value}
