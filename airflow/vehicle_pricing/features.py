"""Fits the tables of the encoder on training rows, and encodes those rows out of fold."""

import datetime
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from vehicle_pricing.questions import asked_rows
from vehicle_pricing.serving_model import (
    LEVELS,
    ORDINALS,
    Encoder,
    decimal_year,
    grams,
    keys,
    ordinal,
    tidy,
    without_uncoded,
    words,
)

SHRINKAGE = 8.0
FOLDS = 5
RAREST_CODE = 20
FEWEST_IN_A_CROSS = 2
YEAR_BESIDE = 0.5  # what a vehicle of the year before or after counts
DECIMALS = 4
RAREST_GRAM = 5
TEXT_AXES = 16
SVD_SEED = 0
LEAST_SINGULAR = 1e-6  # of the largest: what is below is the arithmetic's rounding
KEPT_WHOLE = ("make", "text", "state")
CODED = ("fuel", "title_status", "transmission", "drive", "size", "type", "paint_color")
AGE_KNOTS = (1.0, 3.0, 6.0, 10.0, 15.0, 20.0, 25.0, 35.0)
MILES_KNOTS = (20_000.0, 60_000.0, 120_000.0, 200_000.0)


def records(frame: pd.DataFrame, names: Sequence[str]) -> list[dict]:
    """Rows of a frame as the service gets them: None where a value is missing."""
    columns = frame[list(names)].astype(object)
    return columns.where(columns.notna(), None).to_dict("records")


def common_spellings(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with each model as it is spelled most often: `f150` becomes `f-150`.

    For what people choose from; the encoder takes the spellings for the same model anyway.
    """
    known = frame[["manufacturer", "model"]].dropna()
    spelled = known.value_counts().reset_index(name="count")
    spelled["key"] = [
        f"{make}|{' '.join(words(model, make))}"
        for make, model in zip(spelled["manufacturer"], spelled["model"])
    ]
    spelled = spelled.sort_values(["count", "model"], ascending=[False, True])
    common = spelled.groupby("key")["model"].transform("first")
    chosen = dict(zip(zip(spelled["manufacturer"], spelled["model"]), common))
    pairs = zip(known["manufacturer"], known["model"])
    renamed = pd.Series([chosen[pair] for pair in pairs], index=known.index, dtype="str")
    return frame.assign(model=renamed.reindex(frame.index).fillna(frame["model"]))


def moments(frame: pd.DataFrame) -> list[float]:
    """Posting dates as decimal years."""
    return [decimal_year(date) for date in frame["posting_date"].dt.date]


def folds(vehicle_ids: pd.Series) -> np.ndarray:
    """The fold of each row, by vehicle: the same vehicle is always in the same one."""
    return np.array([zlib.crc32(str(name).encode()) % FOLDS for name in vehicle_ids])


class TrainingRows:
    """Training rows prepared once, to fit tables on all of them or on any part.

    `codings`: those of all rows, where these are a part of them; see `codings_of`.
    """

    def __init__(self, frame: pd.DataFrame, schema: dict, codings: dict | None = None):
        self.names = [feature["name"] for feature in schema["features"]]
        self.records = records(frame, self.names)
        self.moment = self.moment_of(schema)
        # Feedback is of later days than the archive, in whose time the service counts ages.
        self.moments = np.minimum(moments(frame), self.moment)
        self.log_price = np.log(frame["price"].to_numpy(float))
        self.folds = folds(frame["vehicle_id"])
        self.asked = asked_rows(frame, schema)
        self.curve = curve_terms(self.moments - frame["year"].to_numpy(float), frame["odometer"])
        self.codings = codings or codings_of(coded_counts(frame, self.names))

    @staticmethod
    def moment_of(schema: dict) -> float:
        """The last day of the data set's listings, from which the service counts ages."""
        return decimal_year(datetime.date.fromisoformat(schema["dataset"]["to"]))

    @cached_property
    def keys(self) -> "Keys":
        """The keys of every level that the rows have columns for."""
        numbers = self.codings["ordinals"] | self.codings["codes"]
        found = [keys(without_uncoded(tidy(record), numbers)) for record in self.records]
        known = set(self.names)
        fitted = [level for level, (_, columns) in LEVELS.items() if known.issuperset(columns)]
        return Keys.of_rows(
            {
                level: pd.factorize(np.array([row[level] for row in found], object))
                for level in fitted
            }
        )

    def encoding(self, chosen: np.ndarray | None = None) -> dict:
        """What encoding.json.zlib holds but the range's margins, fitted on the chosen rows."""
        chosen = np.ones(len(self.records), bool) if chosen is None else chosen
        weights = curve_weights(self.curve[chosen], self.log_price[chosen])
        return {
            "columns": self.names,
            "moment": self.moment,
            "rows": int(chosen.sum()),
            # No statistic of the price, so of all rows: a fold is coded as it is in serving.
            **self.codings,
            "tables": self.keys.tables(self.sums(chosen, weights)),
            "grams": self._grams,
        }

    @cached_property
    def _grams(self) -> dict:
        """The n-grams' axes: no statistic of the price, so of all rows, and fitted once."""
        return gram_axes(self.texts())

    def texts(self) -> Counter:
        """Make and model → the rows of them; none where the columns are left out."""
        if not {"manufacturer", "model"} <= set(self.names):
            return Counter()
        told = ((record["manufacturer"], record["model"]) for record in map(tidy, self.records))
        return Counter((make or "", model or "") for make, model in told)

    def sums(self, chosen: np.ndarray, weights: np.ndarray) -> dict[str, "Sums"]:
        """Level → rows of each key among the chosen, and the sum of their log prices less what
        age and mileage alone explain."""
        residual = self.log_price[chosen] - self.curve[chosen] @ weights
        found = {}
        for level, places in self.keys.places.items():
            size = len(self.keys.names[level])
            rows = np.bincount(places[chosen], minlength=size)
            found[level] = rows, np.bincount(places[chosen], weights=residual, minlength=size)
        return found

    def out_of_fold(self) -> np.ndarray:
        """Return the rows of `asked`, encoded by tables that no row of their fold, hence of their
        vehicle, went into."""
        asked_folds = self.asked.of(self.folds)
        rows = np.empty((len(asked_folds), len(Encoder(self.encoding()).names)), np.float32)
        for fold in range(FOLDS):
            (inside,) = np.nonzero(asked_folds == fold)
            encoder = Encoder(self.encoding(self.folds != fold))
            rows[inside] = self.encoded(encoder, inside)
        return rows

    def encoded(self, encoder: Encoder, chosen: np.ndarray) -> np.ndarray:
        """Return the chosen rows of `asked`, encoded as of the days on which they were posted."""
        posted = self.asked.of(self.moments)[chosen].tolist()
        return encoder.encode(list(self.asked.records(self.records, chosen)), posted)


Sums = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Keys:
    """The keys of each level: their names, where each one's parent stands, and each row's key."""

    names: dict[str, np.ndarray]
    parents: dict[str, np.ndarray]
    places: dict[str, np.ndarray]

    @classmethod
    def of_rows(cls, levels: dict[str, tuple[np.ndarray, np.ndarray]]) -> "Keys":
        """From level → the place of each row's key, and the keys."""
        places = {level: rows for level, (rows, _) in levels.items()}
        names, parents = {level: found for level, (_, found) in levels.items()}, {}
        for level, rows in places.items():
            # A key has one parent, so the last row that holds it tells where that stands.
            parents[level] = np.zeros(len(names[level]), int)
            parents[level][rows] = places.get(LEVELS[level][0], 0)
        return cls(names, parents, places)

    @cached_property
    def _beside(self) -> dict[str, list[np.ndarray]]:
        years = {level: names for level, names in self.names.items() if level.endswith("_year")}
        return {level: years_beside(names) for level, names in years.items()}

    def tables(self, sums: dict[str, Sums]) -> dict[str, dict]:
        """Level → key → its residual of log price, shrunk to its parent's, and its rows."""
        fitted, tables = {"": np.zeros(1)}, {}
        for level, (rows, total) in sums.items():
            count, total = (self._with_years_beside(level, each) for each in (rows, total))
            parent = fitted[LEVELS[level][0]][self.parents[level]]
            price = np.round((total + SHRINKAGE * parent) / (count + SHRINKAGE), DECIMALS)
            kept = rows >= (1 if level in KEPT_WHOLE else FEWEST_IN_A_CROSS)
            fitted[level] = np.where(kept, price, parent)
            known = zip(self.names[level][kept], price[kept], rows[kept])
            tables[level] = {str(key): (float(value), int(seen)) for key, value, seen in known}
        return tables

    def _with_years_beside(self, level: str, sums: np.ndarray) -> np.ndarray:
        """The sums of a level's keys; where it holds a year, with a share of those beside it."""
        ends = np.append(sums, 0)  # the place -1
        return sums + YEAR_BESIDE * sum(ends[places] for places in self._beside.get(level, []))


def years_beside(names: np.ndarray) -> list[np.ndarray]:
    """Where each key `text|year` has those of the year before and after; -1 where nowhere."""
    places = {name: place for place, name in enumerate(names)}
    parts = [name.rpartition("|") for name in names]
    found = [
        [places.get(f"{text}|{int(year) + step}", -1) if year else -1 for text, _, year in parts]
        for step in (-1, 1)
    ]
    return [np.array(one, dtype=int) for one in found]


def gram_axes(texts: Counter) -> dict[str, list[float]]:
    """N-gram → its inverse document frequency, and that times its coordinates on the main axes.

    Truncated singular value decomposition of the TF-IDF of the listings' makes and models, each
    text counted as often as it is listed; empty where there are too few different n-grams.
    """
    known = sorted(texts)
    documents = [grams(model, make) for make, model in known]
    if not any(documents):
        return {}
    counter = CountVectorizer(analyzer=list)
    matrix = counter.fit_transform(documents)
    weights = np.array([texts[text] for text in known])
    listed = (matrix > 0).T @ weights
    often = listed >= RAREST_GRAM
    if min(often.sum(), weights.sum()) <= TEXT_AXES:
        return {}
    idf = np.log((1 + weights.sum()) / (1 + listed[often])) + 1
    axes = text_axes(matrix[:, often].astype(float), idf, weights)
    entries = np.round(np.column_stack([idf, idf[:, np.newaxis] * axes]), DECIMALS)
    return dict(zip(counter.get_feature_names_out()[often].tolist(), entries.tolist()))


def text_axes(counts: sparse.csr_matrix, idf: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The main axes of texts by the counts of their n-grams; n-grams by axes.

    A text that stands for `weights` of them is as long as the root of that: the same axes. Where
    texts differ in fewer ways than there are axes, the last ones would be of chance: they are 0.
    """
    counts.data = 1 + np.log(counts.data)
    normed = normalize(counts @ sparse.diags(idf))
    matrix = sparse.diags(np.sqrt(weights)) @ normed
    found = TruncatedSVD(TEXT_AXES, random_state=SVD_SEED).fit(matrix.tocsr())
    (told,) = np.nonzero(found.singular_values_ > LEAST_SINGULAR * found.singular_values_[0])
    axes = np.zeros((counts.shape[1], TEXT_AXES))
    axes[:, told] = found.components_[told].T
    return axes


def curve_weights(terms: np.ndarray, log_price: np.ndarray) -> np.ndarray:
    """How the log price hangs on the terms of age and mileage alone."""
    return np.linalg.lstsq(terms, log_price, rcond=None)[0]


def curve_terms(age: np.ndarray, odometer: pd.Series) -> np.ndarray:
    """Terms of a piecewise linear curve over age and mileage."""
    age = np.nan_to_num(age, nan=10.0)
    miles = odometer.to_numpy(float)
    known = ~np.isnan(miles)
    miles = np.where(known, miles, 0.0)
    hinges = [np.maximum(age - knot, 0) for knot in AGE_KNOTS]
    hinges += [np.maximum(miles - knot, 0) / 1e4 for knot in MILES_KNOTS]
    return np.column_stack([np.ones_like(age), age, miles / 1e4, known, age * miles / 1e5, *hinges])


def coded_counts(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, pd.Series]:
    """Return how often each value of the coded categories among `names` stands in the rows."""
    return {name: frame[name].value_counts() for name in (*ORDINALS, *CODED) if name in names}


def codings_of(counts: dict[str, pd.Series]) -> dict[str, dict]:
    """Return the part of an encoding that numbers the values of the coded categories."""
    return {
        "ordinals": {name: ordinals(name, counts[name]) for name in ORDINALS if name in counts},
        "codes": {name: codes(counts[name]) for name in CODED if name in counts},
    }


def ordinals(name: str, counts: pd.Series) -> dict[str, float]:
    """Return the places of the values that have one in the category's order."""
    places = {str(value): ordinal(name, str(value)) for value in sorted(counts.index)}
    return {value: place for value, place in places.items() if place is not None}


def codes(counts: pd.Series) -> dict[str, int]:
    """Return numbers of the categories, the most frequent first.

    A value rarer than RAREST_CODE has none and counts as not told: too few rows tell its worth.
    """
    ranked = sorted(counts[counts >= RAREST_CODE].items(), key=lambda item: (-item[1], item[0]))
    return {str(value): code for code, (value, _) in enumerate(ranked)}
