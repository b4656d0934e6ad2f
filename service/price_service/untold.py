"""How much narrower a price's range would be if one thing more was told of the vehicle (pure).

What a listing does not tell takes the values of the nearest listings of the model's reference that
do tell it, one after the other. The mean width of their ranges is what telling it brings on the
average; the price itself may go up or down.
"""

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import islice

import numpy as np

from price_service.comparables import by_distance, features_of
from price_service.explanation import GROUPS
from price_service.reference import Reference

LISTINGS = 12
LEAST_SHARE = 0.03  # of the width; less is not worth an answer

Predict = Callable[[list[dict]], list[dict]]


def narrower(
    predict: Predict, schema: dict, reference: Reference | None, listing: dict, result: dict
) -> list[dict]:
    """Return what is not told and would narrow the range, by how many dollars, the most first.

    `result` is the model's for the checked listing. Empty without a reference.
    """
    completed = dict(completions(schema, reference, listing)) if reference else {}
    priced = iter(predict([one for several in completed.values() for one in several]))
    width, found = width_of(result), []
    for features, listings in completed.items():
        widths = [width_of(each) for each in islice(priced, len(listings))]
        dollars = round(width - sum(widths) / len(widths))
        if dollars >= LEAST_SHARE * width:
            found.append({"features": list(features), "dollars": dollars})
    return sorted(found, key=lambda one: -one["dollars"])


def completions(
    schema: dict, reference: Reference, listing: dict
) -> Iterator[tuple[tuple[str, ...], list[dict]]]:
    """Yield the features that are not told, those of one thing together, and the listing with the
    values that they have in the nearest listings."""
    rows = by_distance(reference, listing)
    for features in untold(schema, listing):
        told = reduce(np.logical_and, (reference.tells(name) for name in features))
        nearest = rows[told[rows]][:LISTINGS].tolist()
        values = [features_of(reference, row) for row in nearest]
        if values:
            yield features, [listing | {name: one[name] for name in features} for one in values]


def untold(schema: dict, listing: dict) -> list[tuple[str, ...]]:
    """Return the features that the listing does not tell, those of one thing together."""
    groups: dict[str, list[str]] = {}
    for feature in schema["features"]:
        if feature["name"] not in listing:
            groups.setdefault(GROUPS.get(feature["name"], feature["name"]), []).append(
                feature["name"]
            )
    return [tuple(names) for names in groups.values()]


def width_of(result: dict) -> float:
    """Return the width of a result's range in dollars."""
    return result["high"] - result["low"]
