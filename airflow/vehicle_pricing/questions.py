"""Rows of training as people ask: whole listings, and copies of some with features left out.

A model that has seen whole listings alone prices one that tells little worse than a table of
medians does. Each copy tells what one of the schema's questions tells, or features drawn at
random. What is drawn hangs on the vehicle alone (a hash of its id), so that it is the same in each
training and on each worker of a cluster.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
import pandas as pd

# Of so few listings each has a copy, which counts in a fit as a whole listing does; of many half
# have one, which counts less, so that whole listings lose nothing.
FEW_LISTINGS, LEAST_COPIED, LEAST_WEIGHT = 20_000, 0.5, 0.3
AT_RANDOM = 2  # how often a copy tells features at random, beside the schema's questions


@dataclass(frozen=True)
class AskedRows:
    """Rows of listings as they are asked about: each whole first, then the copies.

    `listing` is the place of each row's listing among them, `told` (rows by features) which of the
    features `names` it tells, `weight` what the row counts in a fit.
    """

    names: list[str]
    listing: np.ndarray
    told: np.ndarray
    weight: np.ndarray

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the values of the listings for each row."""
        return values[self.listing]

    def records(self, listings: Sequence[dict], rows: np.ndarray) -> Iterator[dict]:
        """Yield these rows, by their places, as the service would get them."""
        for listing, told in zip(self.listing[rows].tolist(), self.told[rows]):
            yield {name: listings[listing][name] for name in compress(self.names, told)}


def asked_rows(frame: pd.DataFrame, schema: dict) -> AskedRows:
    """Return the rows of these listings, one a vehicle, as people ask."""
    names = [feature["name"] for feature in schema["features"]]
    drawn, share = _drawn(frame["vehicle_id"], 3 + len(names)), copied_share(schema)
    (copied,) = np.nonzero(drawn[:, 0] < share)
    known = frame[names].notna().to_numpy()
    told = np.concatenate([known, known[copied] & _told(drawn[copied, 1:], schema)])
    copy_weight = np.interp(share, [LEAST_COPIED, 1.0], [LEAST_WEIGHT, 1.0])
    weight = np.repeat([1.0, copy_weight], [len(known), len(copied)])
    return AskedRows(names, np.concatenate([np.arange(len(known)), copied]), told, weight)


def copied_share(schema: dict) -> float:
    """Return the share of the listings that has a copy."""
    return min(max(FEW_LISTINGS / schema["dataset"]["rows"], LEAST_COPIED), 1.0)


def _told(drawn: np.ndarray, schema: dict) -> np.ndarray:
    """Return which features copies tell, by the numbers that were drawn for each.

    The first tells the question, or that it is features at random; the second then how likely each
    is told; the others which are.
    """
    names = [feature["name"] for feature in schema["features"]]
    asked = schema.get("questions", [])
    chances = [question["often"] for question in asked] + [AT_RANDOM]
    ends = np.cumsum(chances) / sum(chances)
    question = np.searchsorted(ends, drawn[:, 0], side="right")
    at_random = drawn[:, 2:] < drawn[:, 1:2]
    at_random[:, [feature["required"] for feature in schema["features"]]] = True
    told = [[name in one for name in names] for one in (*(one["told"] for one in asked), ())]
    return np.where((question == len(asked))[:, np.newaxis], at_random, np.array(told)[question])


def _drawn(vehicle_ids: pd.Series, count: int) -> np.ndarray:
    """Return so many numbers from 0 to 1 for each vehicle, which hang on its id alone."""
    digests = (hashlib.shake_128(str(name).encode()).digest(4 * count) for name in vehicle_ids)
    return np.frombuffer(b"".join(digests), "<u4").reshape(-1, count) / 2**32
