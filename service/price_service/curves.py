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
YEARS_EACH_WAY = 15
# Where a curve ends that would go on for little: nearly no vehicle is driven further.
FURTHEST = {"odometer": 250_000}
STEPS = {"year": -1, "odometer": 10_000}
STEPS_EACH_WAY = 2
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

    The points of a curve lie along what training saw, about 30 at most, and the listing's own
    value is among them: see `points`. A step is the mean change over two steps each way, as far as
    bounds allow: trees price in jumps, and one year alone would tell of a jump. A choice of another
    state or make leaves the region or the model out, which belong to the listing's own.
    """
    variants = list(variants_of(schema, listing))
    own, *found = predict([listing, *(variant.listing for variant in variants)])
    priced = [(variant, whole_result(result)) for variant, result in zip(variants, found)]
    told: dict[str, dict] = {"curves": {}, "choices": {}}
    for variant, dollars in priced:
        if variant.section in told:
            section = told[variant.section].setdefault(variant.name, [])
            section.append({"value": variant.value} | dollars)
    return own, told | {"steps": slopes(priced)}


def slopes(priced: list[tuple[Variant, dict]]) -> dict[str, dict]:
    """Feature → the change of the value, and of the price by it."""
    ends: dict[str, list[tuple[float, int]]] = {}
    for variant, dollars in priced:
        if variant.section == "steps":
            ends.setdefault(variant.name, []).append((variant.value, dollars["price"]))
    return {
        name: {"change": STEPS[name], "dollars": round((far - near) / (to - start) * STEPS[name])}
        for name, ((start, near), (to, far)) in ends.items()
    }


def variants_of(schema: dict, listing: dict) -> Iterator[Variant]:
    """Every listing that is priced beside the given one."""
    features = schema["features"]
    for feature in features:
        name = feature["name"]
        if feature["kind"] == "number":
            for value in points(feature, listing.get(name)):
                yield Variant("curves", name, value, listing | {name: value})
            for value in step_ends(feature, listing.get(name)):
                yield Variant("steps", name, value, listing | {name: value})
        else:
            dependent = dependents(features, name)
            for value in choices(feature, listing):
                yield Variant("choices", name, value, chosen(listing, name, value, dependent))


def points(feature: dict, own: float | None) -> list[float]:
    """Values of a number along what training saw, and the listing's own.

    Years: each within 15 of the listing's. Other numbers: by round steps from the listing's own, so
    that all are as round as it is: sellers who write 90,000 guess, and sell other vehicles than
    those who write 89,412.
    """
    seen = feature.get("seen") or {end: feature.get(end) for end in ("min", "max")}
    low, high = seen["min"], seen["max"]
    if low is None or high is None:
        return []
    high = max(low, min(high, FURTHEST.get(feature["name"], high)))
    if feature.get("unit") == "year":
        return years(int(low), int(high), own)
    step = round_step((high - low) / MOST_STEPS)
    rest = 0 if own is None else own % step
    first, last = math.ceil((low - rest) / step), math.floor((high - rest) / step)
    grid = {neat(rest + step * n) for n in range(first, last + 1)}
    return sorted(grid if own is None else grid | {own})


def years(low: int, high: int, own: float | None) -> list[float]:
    """Every year around the listing's own; without one about 30 of all."""
    if own is None:
        return sorted({low, *range(high, low, -max(1, math.ceil((high - low) / MOST_STEPS)))})
    around = range(max(low, int(own) - YEARS_EACH_WAY), min(high, int(own) + YEARS_EACH_WAY) + 1)
    return sorted({own, *around})


def round_step(least: float) -> float:
    """The least of 1, 2, 2.5 and 5 times a power of ten that is no less."""
    if least <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in ROUND_STEPS if step * power >= least * (1 - 1e-9))


def neat(value: float) -> float:
    """A whole number without its point, another without the traces of binary fractions."""
    return int(value) if value == int(value) else round(value, 9)


def step_ends(feature: dict, own: float | None) -> tuple[float, ...]:
    """The values between which a step is measured; none where the step itself is out of bounds."""
    step = STEPS.get(feature["name"])
    if step is None or own is None or not within(feature, own + step):
        return ()
    wide = STEPS_EACH_WAY * step
    return tuple(clipped(feature, end) for end in (own - wide, own + wide))


def within(feature: dict, value: float) -> bool:
    """Whether a value is one that a listing may have."""
    return clipped(feature, value) == value


def clipped(feature: dict, value: float) -> float:
    """The nearest value within bounds."""
    low, high = feature.get("min", value), feature.get("max", value)
    return min(max(value, low), high)


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
