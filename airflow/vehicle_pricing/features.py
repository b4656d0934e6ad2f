"""Fits the tables of the encoder on training rows, and encodes those rows out of fold."""

import datetime
import zlib
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from vehicle_pricing.serving_model import LEVELS, Encoder, decimal_year, grams, keys, tidy, words

SHRINKAGE = 8.0
FOLDS = 5
RAREST_CODE = 20
FEWEST_IN_A_CROSS = 2
YEAR_BESIDE = 0.5  # what a vehicle of the year before or after counts
DECIMALS = 4
RAREST_GRAM = 5
TEXT_AXES = 16
SVD_SEED = 0
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
    """Training rows prepared once, to fit tables on all of them or on any part."""

    def __init__(self, frame: pd.DataFrame, schema: dict):
        self.names = [feature["name"] for feature in schema["features"]]
        self.records = records(frame, self.names)
        self.moment = decimal_year(datetime.date.fromisoformat(schema["dataset"]["to"]))
        # Feedback is of later days than the archive, in whose time the service counts ages.
        self.moments = np.minimum(moments(frame), self.moment)
        self.log_price = np.log(frame["price"].to_numpy(float))
        self.folds = folds(frame["vehicle_id"])
        self.curve = curve_terms(self.moments - frame["year"].to_numpy(float), frame["odometer"])
        self.coded = {name: frame[name] for name in CODED if name in self.names}
        self._keys = self._level_keys()
        self._beside = {
            level: years_beside(names)
            for level, (_, names) in self._keys.items()
            if level.endswith("_year")
        }

    def _level_keys(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Level → code of each row, and the keys that the codes stand for."""
        found = [keys(tidy(record)) for record in self.records]
        known = set(self.names)
        fitted = [level for level, (_, columns) in LEVELS.items() if known.issuperset(columns)]
        return {
            level: pd.factorize(np.array([row[level] for row in found], object)) for level in fitted
        }

    def encoding(self, chosen: np.ndarray | None = None) -> dict:
        """What encoding.json.zlib holds but the range's margins, fitted on the chosen rows."""
        chosen = np.ones(len(self.records), bool) if chosen is None else chosen
        return {
            "columns": self.names,
            "moment": self.moment,
            "rows": int(chosen.sum()),
            "codes": {name: _codes(values[chosen]) for name, values in self.coded.items()},
            "tables": self._tables(chosen),
            "grams": self._grams,
        }

    @cached_property
    def _grams(self) -> dict:
        """The n-grams' axes: no statistic of the price, so of all rows, and fitted once."""
        has_text = {"manufacturer", "model"} <= set(self.names)
        return gram_axes(self.records) if has_text else {}

    def _tables(self, chosen: np.ndarray) -> dict:
        residual = self._residual(chosen)
        fitted, tables = {"": np.zeros(len(self.records))}, {}
        for level, (codes, names) in self._keys.items():
            rows = np.bincount(codes[chosen], minlength=len(names))
            count = self._with_years_beside(level, rows)
            total = np.bincount(codes[chosen], weights=residual, minlength=len(names))
            total = self._with_years_beside(level, total)
            # A key has one parent, so the last row that holds it tells the parent's price.
            parent = np.zeros(len(names))
            parent[codes] = fitted[LEVELS[level][0]]
            price = np.round((total + SHRINKAGE * parent) / (count + SHRINKAGE), DECIMALS)
            kept = rows >= (1 if level in KEPT_WHOLE else FEWEST_IN_A_CROSS)
            fitted[level] = np.where(kept, price, parent)[codes]
            known = zip(names[kept], price[kept], rows[kept])
            tables[level] = {str(key): (float(value), int(seen)) for key, value, seen in known}
        return tables

    def _with_years_beside(self, level: str, sums: np.ndarray) -> np.ndarray:
        """The sums of a level's keys; where it holds a year, with a share of those beside it."""
        ends = np.append(sums, 0)  # the place -1
        return sums + YEAR_BESIDE * sum(ends[places] for places in self._beside.get(level, []))

    def _residual(self, chosen: np.ndarray) -> np.ndarray:
        """Log price of the chosen rows less what age and mileage alone explain."""
        terms, target = self.curve[chosen], self.log_price[chosen]
        weights = np.linalg.lstsq(terms, target, rcond=None)[0]
        return target - terms @ weights

    def out_of_fold(self) -> np.ndarray:
        """Each row encoded by tables that no row of its fold, hence of its vehicle, went into."""
        whole = self.encoding()
        rows = np.empty((len(self.records), len(Encoder(whole).names)), dtype=np.float32)
        for fold in range(FOLDS):
            (inside,) = np.nonzero(self.folds == fold)
            # Codes are no statistic of the price: those of all rows, as in serving.
            encoder = Encoder(self.encoding(self.folds != fold) | {"codes": whole["codes"]})
            held_out = [self.records[index] for index in inside]
            rows[inside] = encoder.encode(held_out, self.moments[inside].tolist())
        return rows


def years_beside(names: np.ndarray) -> list[np.ndarray]:
    """Where each key `text|year` has those of the year before and after; -1 where nowhere."""
    places = {name: place for place, name in enumerate(names)}
    parts = [name.rpartition("|") for name in names]
    found = [
        [places.get(f"{text}|{int(year) + step}", -1) if year else -1 for text, _, year in parts]
        for step in (-1, 1)
    ]
    return [np.array(one, dtype=int) for one in found]


def gram_axes(listings: list[dict]) -> dict[str, list[float]]:
    """N-gram → its inverse document frequency, and that times its coordinates on the main axes.

    Truncated singular value decomposition of the TF-IDF of the listings' makes and models; empty
    where there are too few different n-grams.
    """
    named = ((one.get("model") or "", one.get("manufacturer") or "") for one in map(tidy, listings))
    documents = [grams(*names) for names in named]
    weights = TfidfVectorizer(analyzer=list, min_df=RAREST_GRAM, sublinear_tf=True)
    try:
        matrix = weights.fit_transform(documents)
    except ValueError:  # no n-gram is frequent enough
        return {}
    if min(matrix.shape) <= TEXT_AXES:
        return {}
    axes = TruncatedSVD(TEXT_AXES, random_state=SVD_SEED).fit(matrix).components_.T
    entries = np.round(
        np.column_stack([weights.idf_, weights.idf_[:, np.newaxis] * axes]), DECIMALS
    )
    return dict(zip(weights.get_feature_names_out().tolist(), entries.tolist()))


def curve_terms(age: np.ndarray, odometer: pd.Series) -> np.ndarray:
    """Terms of a piecewise linear curve over age and mileage."""
    age = np.nan_to_num(age, nan=10.0)
    miles = odometer.to_numpy(float)
    known = ~np.isnan(miles)
    miles = np.where(known, miles, 0.0)
    hinges = [np.maximum(age - knot, 0) for knot in AGE_KNOTS]
    hinges += [np.maximum(miles - knot, 0) / 1e4 for knot in MILES_KNOTS]
    return np.column_stack([np.ones_like(age), age, miles / 1e4, known, age * miles / 1e5, *hinges])


def _codes(values: pd.Series) -> dict[str, int]:
    """Numbers of the categories, the most frequent first; the rare ones share the last, `other`."""
    counts = values.dropna().value_counts()
    ranked = sorted(counts[counts >= RAREST_CODE].items(), key=lambda item: (-item[1], item[0]))
    return {str(value): code for code, (value, _) in enumerate(ranked)}
