"""What each part of a listing adds to its price, in dollars that add up to it exactly (pure).

**Question.** How does the price come from that of a typical vehicle? That is the baseline: of what
the listing gives, the median of training for a number (a mileage as round as the listing's own)
and a make and model of a middling price (`typical_vehicle`), and nothing of the rest. The model
knows listings with blanks, so the baseline and what lies between it and the listing stay near to
what it has seen.

**Method.** Shapley values (Shapley 1953, A value for n-person games; for models Strumbelj and
Kononenko 2014, Lundberg and Lee 2017) of the log price, in which a model of prices is nearest to
a sum. The players are parts as people think of them: make and model are one, state and region too.
A part adds what the price changes by when its values take the baseline's place, averaged over
orders in which the parts come. These orders are the rotations of a circle of the parts, and those
of its reverse: each part stands at each place equally often, and before any other part in half of
them, so that effects of one part and of two are shared as by all k! orders. The parts before
another are then always an arc of the circle: k(k-1)+2 listings, which are priced in one call.

**Dollars.** The logarithmic mean L(p, b) = (p-b) / ln(p/b) times a part's log is its share of p-b
(LMDI: Ang 2005, The LMDI approach to decomposition analysis: a practical guide, Energy Policy 33):
the shares add up to the difference, also where p is nearly b. Whole dollars are made by the
largest remainders.

**Limits.** It tells how the model prices, not what causes a price. Effects of three and more parts
together are shared by the orders of the circle alone. A part is told against the baseline: a
typical mileage adds nothing, and a part that is left blank is not told apart from "unknown".
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from price_service.pricing import whole_dollars
from price_service.usual_listing import usual_value

GROUPS = {"manufacturer": "model", "model": "model", "state": "place", "region": "place"}
LEAST_PRICE = 1.0
# Numbers that are as round as one another are so far apart, or a multiple of it.
ALIKE_BY = {"odometer": 10_000}

Predict = Callable[[list[dict]], list[dict]]
Coalition = frozenset[str]


@dataclass(frozen=True)
class Part:
    """What the listing says of one thing, and what the baseline says instead."""

    given: dict = field(default_factory=dict)
    typical: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Explanation:
    """The model's result for the listing, the baseline, and a line for each part."""

    result: dict
    baseline: dict
    contributions: list[dict]


def explain(predict: Predict, schema: dict, listing: dict, typical_name: dict) -> Explanation:
    """Explain the price of a checked listing with one call of `predict`."""
    parts = parts_of(schema, listing, typical_name)
    every = list(orders(tuple(parts)))
    arcs = list(dict.fromkeys(before for order in every for before in growing(order)))
    results = dict(zip(arcs, predict([mixed(listing, parts, arc) for arc in arcs]), strict=True))
    whole, nothing = results[frozenset(parts)], results[frozenset()]
    shares = shares_of(every, {arc: at_least(found["price"]) for arc, found in results.items()})
    dollars = rounded_to(in_dollars(whole) - in_dollars(nothing), shares)
    lines = [
        {"name": name, "features": list(part.given), "dollars": dollars[name]}
        for name, part in parts.items()
    ]
    typical = {name: value for part in parts.values() for name, value in part.typical.items()}
    baseline = {"price": in_dollars(nothing), "listing": typical}
    return Explanation(whole, baseline, sorted(lines, key=lambda line: -abs(line["dollars"])))


def shares_of(every: list[tuple[str, ...]], prices: dict[Coalition, float]) -> dict[str, float]:
    """Dollars of each name, unrounded: they add up to the whole's price less that of nothing."""
    mean = logarithmic_mean(prices[frozenset(every[0])], prices[frozenset()])
    added = averaged(every, {arc: math.log(price) for arc, price in prices.items()})
    return {name: log * mean for name, log in added.items()}


def parts_of(schema: dict, listing: dict, typical_name: dict) -> dict[str, Part]:
    """The parts that the listing gives, in the order of the schema.

    A typical model stands with its own make alone: where the listing gives just one of the two,
    the baseline has no more than the typical make.
    """
    if not all(name in listing for name in typical_name):
        typical_name = {name: typical_name[name] for name in ("manufacturer",) if name in listing}
    parts: dict[str, Part] = {}
    for feature in schema["features"]:
        name = feature["name"]
        if name in listing:
            part = parts.setdefault(GROUPS.get(name, name), Part())
            part.given[name] = listing[name]
            if feature["kind"] == "number":
                part.typical[name] = as_round(feature, usual_value(feature, {}), listing[name])
            elif name in typical_name:
                part.typical[name] = typical_name[name]
    return parts


def as_round(feature: dict, usual: float, own: float) -> float:
    """The usual number as round as the listing's own: sellers who write 90,000 miles guess, and
    sell other vehicles than those who write 89,412."""
    step = ALIKE_BY.get(feature["name"])
    if step is None:
        return usual
    number = own + round((usual - own) / step) * step
    low, high = feature.get("min", number), feature.get("max", number)
    return number if low <= number <= high else usual


def orders(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The rotations of the circle of the names, and of its reverse; one order of no names."""
    for circle in (names, names[::-1]):
        for start in range(max(len(names), 1)):
            yield circle[start:] + circle[:start]


def growing(order: tuple[str, ...]) -> Iterator[Coalition]:
    """Nothing, the first name, the first two, and so on to all."""
    return (frozenset(order[:size]) for size in range(len(order) + 1))


def mixed(listing: dict, parts: dict[str, Part], known: Coalition) -> dict:
    """The listing where only some of its parts are known."""
    record = dict(listing)
    for name, part in parts.items():
        if name not in known:
            record = {key: value for key, value in record.items() if key not in part.given}
            record |= part.typical
    return record


def averaged(every: list[tuple[str, ...]], logs: dict[Coalition, float]) -> dict[str, float]:
    """What each name adds to the log price, over the orders."""
    added = dict.fromkeys(every[0], 0.0)
    for order in every:
        steps = [logs[before] for before in growing(order)]
        for name, before, after in zip(order, steps, steps[1:]):
            added[name] += after - before
    return {name: total / len(every) for name, total in added.items()}


def logarithmic_mean(price: float, other: float) -> float:
    """(price - other) / ln(price / other), and the price itself where they are the same."""
    ratio = math.log(price / other)
    return other * math.expm1(ratio) / ratio if ratio else price


def rounded_to(target: int, shares: dict[str, float]) -> dict[str, int]:
    """Whole numbers near the shares that add up to the target; a share of nought stays nought."""
    rounded = {name: math.floor(share) for name, share in shares.items()}
    moved = [name for name, share in shares.items() if share]
    moved.sort(key=lambda name: (rounded[name] - shares[name], -abs(shares[name])))
    rest = target - sum(rounded.values())
    for place in range(abs(rest)):
        if rest > 0:
            rounded[moved[place % len(moved)]] += 1
        else:
            rounded[moved[-1 - place % len(moved)]] -= 1
    return rounded


def at_least(price: float) -> float:
    """A price as it is given: never under a dollar."""
    return max(LEAST_PRICE, price)


def in_dollars(result: dict) -> int:
    """The price of a result as it is answered."""
    return whole_dollars(result["low"], result["price"], result["high"])[1]
