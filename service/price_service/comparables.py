"""The listings of the reference that are nearest to a vehicle (pure).

**Order.** First by what they have in common: make and model; make and the model's first word; the
make; nothing. `f150`, `F-150` and `ford f-150` are one model. Where no make is asked for, the model
alone is compared. Then by distance.

**Distance.** A sum over what was asked and nothing else. Three years count 1, 30,000 miles count 1:
a year and 10,000 miles take about the same off a price. Another state counts 0.5, another region
0.2, any other text that differs 0.1. What a listing does not say counts half of the text's
difference, and 1 for a number. Of listings at the same distance the latest posted comes first.
"""

from typing import Any

import numpy as np

from price_service.curves import neat
from price_service.reference import MISSING, Reference, Texts
from price_service.vehicle_names import family, squashed, words

SAME = ("model", "family", "make", "none")
ONE_APART = {"year": 3.0, "odometer": 30_000.0}
UNKNOWN_NUMBER = 1.0
TEXT_WEIGHTS = {"manufacturer": 0.0, "model": 0.0, "state": 0.5, "region": 0.2}
OTHER_TEXT_WEIGHT = 0.1


def nearest(reference: Reference | None, asked: dict, most: int) -> list[dict]:
    """The nearest listings to a checked listing, at most so many, as they are answered."""
    if reference is None:
        return []
    shared, distances = shared_of(reference, asked), distances_of(reference, asked)
    rows = in_order(reference, shared, distances)[:most]
    return [
        {
            "price": round(float(reference.prices[row])),
            "posted": None if np.isnat(reference.posted[row]) else str(reference.posted[row]),
            "distance": round(float(distances[row]), 3),
            "same": SAME[shared[row]],
            "features": features_of(reference, row),
            "differs": differences(reference, row, asked),
        }
        for row in rows.tolist()
    ]


def by_distance(reference: Reference, asked: dict) -> np.ndarray:
    """Return all rows, the nearest to the vehicle first."""
    return in_order(reference, shared_of(reference, asked), distances_of(reference, asked))


def in_order(reference: Reference, shared: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Return the rows by what they have in common with the vehicle, then by distance and date."""
    return np.lexsort((-reference.posted.astype(np.int64), distances, shared))


def shared_of(reference: Reference, asked: dict) -> np.ndarray:
    """What each row has in common with the vehicle: an index into SAME."""
    make, model = asked.get("manufacturer"), asked.get("model")
    keys, none = reference.keys, np.zeros(len(reference.prices), dtype=bool)
    named = words(model, make)
    same_make = equal(keys["make"], squashed(make)) if make else none
    possible = same_make if make else ~none
    same_model = possible & equal(keys["model"], "".join(named)) if named else none
    same_family = possible & equal(keys["family"], family(model, make)) if named else none
    return np.select([same_model, same_family, same_make], [0, 1, 2], 3)


def distances_of(reference: Reference, asked: dict) -> np.ndarray:
    """The distance of each row, see above."""
    total = np.zeros(len(reference.prices))
    for name, apart in ONE_APART.items():
        if name in asked and name in reference.numbers:
            difference = np.abs(reference.numbers[name] - asked[name]) / apart
            total += np.where(np.isnan(difference), UNKNOWN_NUMBER, difference)
    for name, texts in reference.texts.items():
        weight = TEXT_WEIGHTS.get(name, OTHER_TEXT_WEIGHT)
        if name in asked and weight:
            unknown = texts.codes == MISSING
            total += weight * np.where(unknown, 0.5, ~equal(texts, known_form(asked[name])))
    return total


def equal(texts: Texts, text: str) -> np.ndarray:
    """Which rows have this text."""
    return texts.codes == texts.code(text)


def known_form(text: str) -> str:
    """A text as the reference has it."""
    return text.strip().casefold()


def features_of(reference: Reference, row: int) -> dict[str, Any]:
    """What the listing says."""
    numbers = {name: number_at(column, row) for name, column in reference.numbers.items()}
    texts = {name: column.value(row) for name, column in reference.texts.items()}
    return {name: value for name, value in (numbers | texts).items() if value is not None}


def number_at(column: np.ndarray, row: int) -> float | None:
    """A number of the listing."""
    value = float(column[row])
    return None if np.isnan(value) else neat(value)


def differences(reference: Reference, row: int, asked: dict) -> dict[str, Any]:
    """What the listing says otherwise: numbers less those asked for, texts as they are."""
    said: dict[str, Any] = {}
    for name, value in features_of(reference, row).items():
        if name not in asked:
            continue
        if name in reference.numbers:
            said[name] = neat(value - asked[name])
        elif not is_same(name, value, asked):
            said[name] = value
    return {name: value for name, value in said.items() if value}


def is_same(name: str, value: str, asked: dict) -> bool:
    """Whether a text is the one asked for."""
    if name == "model":
        make = asked.get("manufacturer")
        return words(value, make) == words(asked[name], make)
    return squashed(value) == squashed(asked[name])
