"""The encoder fitted, and rows encoded, a partition at a time: what TrainingRows is to a frame."""

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial, reduce

import distributed
import numpy as np
import pandas as pd

from vehicle_pricing.features import (
    FOLDS,
    Keys,
    TrainingRows,
    coded_counts,
    codings_of,
    curve_weights,
    folds,
    gram_axes,
)
from vehicle_pricing.questions import AskedRows
from vehicle_pricing.serving_model import LEVELS, Encoder
from vehicle_pricing.storage import Storage
from vehicle_pricing.training import as_served

# The rows that an encoder is fitted on: all of them, then all but each fold.
CHOICES = [np.ones(FOLDS, bool), *~np.eye(FOLDS, dtype=bool)]


@dataclass(frozen=True)
class Part:
    """Some rows of a split: a row group of its file, of that the rows that `chosen` marks."""

    storage: Storage
    path: str
    group: int
    chosen: np.ndarray

    def read(self) -> pd.DataFrame:
        """The rows."""
        return self.storage.read_row_group(self.path, self.group)[self.chosen]


@dataclass(frozen=True)
class Looked:
    """Of a part: the log price and the fold of each row, the rows as people ask, their share of
    the curve's fit, and how often each value of the coded categories stands there."""

    log_price: np.ndarray
    folds: np.ndarray
    asked: AskedRows
    factors: list[np.ndarray]
    coded: dict[str, pd.Series]


@dataclass(frozen=True)
class Level:
    """Of a level's keys: each one's parent, and a row of sums for each of CHOICES, twice."""

    names: np.ndarray
    parents: np.ndarray
    sums: np.ndarray


@dataclass(frozen=True)
class Statistics:
    """What the encoder is made of, as sums over rows: those of two parts together are of both."""

    levels: dict[str, Level]
    texts: Counter

    def and_of(self, other: "Statistics") -> "Statistics":
        """The statistics of both."""
        return Statistics(
            {level: _joined(own, other.levels[level]) for level, own in self.levels.items()},
            self.texts + other.texts,
        )


class PartitionedRows:
    """Training rows on the workers of a cluster: their encodings, and they themselves encoded."""

    def __init__(self, client: distributed.Client, parts: list[Part], schema: dict):
        self.client, self.parts, self.schema = client, parts, schema
        looks = client.map(partial(look, schema=schema), parts, pure=False)
        self.looked: list[Looked] = client.gather(looks)
        self.codings = codings_of(reduce(_counts_together, (one.coded for one in self.looked)))

    def encodings(self) -> Iterator[dict]:
        """The encoding of all rows, then that of all but each fold."""
        found = self._statistics([self._weights(chosen) for chosen in CHOICES])
        keys, grams = _keys(found.levels), gram_axes(found.texts)
        columns = [feature["name"] for feature in self.schema["features"]]
        moment = TrainingRows.moment_of(self.schema)
        sizes = np.sum([np.bincount(one.folds, minlength=FOLDS) for one in self.looked], axis=0)
        for number, chosen in enumerate(CHOICES):
            yield {
                "columns": columns,
                "moment": moment,
                "rows": int(sizes[chosen].sum()),
                **self.codings,
                "tables": keys.tables(_sums(found.levels, number)),
                "grams": grams,
            }

    def _weights(self, chosen: np.ndarray) -> np.ndarray:
        """The weights of the curve: least squares of all rows are those of their QR factors."""
        factors = [
            factor for one in self.looked for factor, counts in zip(one.factors, chosen) if counts
        ]
        together = np.concatenate(factors)
        return curve_weights(together[:, :-1], together[:, -1])

    def _statistics(self, weights: list[np.ndarray]) -> Statistics:
        count = partial(statistics, schema=self.schema, codings=self.codings, weights=weights)
        found = self.client.map(count, self.parts, pure=False)
        while len(found) > 1:
            pairs = [found[start : start + 2] for start in range(0, len(found), 2)]
            found = [self.client.submit(_together, pair, pure=False) for pair in pairs]
        return found[0].result()


def look(part: Part, schema: dict) -> Looked:
    """A first look at a part."""
    frame = part.read()
    rows = TrainingRows(frame, schema)
    terms = np.column_stack([rows.curve, rows.log_price])
    factors = [np.linalg.qr(terms[rows.folds == fold], mode="r") for fold in range(FOLDS)]
    coded = coded_counts(frame, rows.names)
    return Looked(rows.log_price, rows.folds, rows.asked, factors, coded)


def statistics(
    part: Part, schema: dict, codings: dict[str, dict], weights: list[np.ndarray]
) -> Statistics:
    """The statistics of a part, by the codings of all and the curve's weights for each of
    CHOICES."""
    rows = TrainingRows(part.read(), schema, codings)
    sums = [rows.sums(chosen[rows.folds], own) for chosen, own in zip(CHOICES, weights)]
    levels = {}
    for level, names in rows.keys.names.items():
        counts, totals = zip(*(one[level] for one in sums))
        known = rows.keys.names.get(LEVELS[level][0], np.array([""], object))
        levels[level] = Level(names, known[rows.keys.parents[level]], np.array(counts + totals))
    return Statistics(levels, rows.texts())


def _counts_together(one: dict[str, pd.Series], other: dict[str, pd.Series]) -> dict:
    return {name: own.add(other[name], fill_value=0) for name, own in one.items()}


def _together(found: list[Statistics]) -> Statistics:
    return reduce(Statistics.and_of, found)


def _joined(one: Level, other: Level) -> Level:
    places, names = pd.factorize(np.concatenate([one.names, other.names]))
    parents = np.empty(len(names), object)
    parents[places] = np.concatenate([one.parents, other.parents])
    both = np.concatenate([one.sums, other.sums], axis=1)
    sums = [np.bincount(places, weights=row, minlength=len(names)) for row in both]
    return Level(names, parents, np.array(sums))


def _keys(levels: dict[str, Level]) -> Keys:
    names = {level: found.names for level, found in levels.items()}
    parents = {}
    for level, found in levels.items():
        known = pd.Index(names.get(LEVELS[level][0], [""]))
        parents[level] = known.get_indexer(found.parents)
    return Keys(names, parents, {})


def _sums(levels: dict[str, Level], number: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Level → rows and residuals of its keys, for one of CHOICES."""
    totals = number + len(CHOICES)
    return {
        level: (found.sums[number].astype(int), found.sums[totals])
        for level, found in levels.items()
    }


def packed(encoding: dict) -> bytes:
    """An encoding as it travels."""
    return zlib.compress(json.dumps(encoding).encode(), 1)


@lru_cache(maxsize=1)
def encoder(encoding: bytes) -> Encoder:
    """The encoder that was packed; a worker holds one at a time."""
    return Encoder(json.loads(zlib.decompress(encoding)))


def encoded_fold(part: Part, fold: int, schema: dict, encoding: bytes) -> np.ndarray:
    """Return a part's rows of a fold, as people ask, by tables that the fold did not go into."""
    frame = part.read()
    rows = TrainingRows(frame[folds(frame["vehicle_id"]) == fold], schema)
    return rows.encoded(encoder(encoding), np.arange(len(rows.asked.listing)))


def encoded_as_served(part: Part, schema: dict, encoding: bytes) -> np.ndarray:
    """Return a part's rows, as people ask, as the service encodes them."""
    return as_served(encoder(encoding), part.read(), schema)[0]
