"""The code that travels inside the registered model: encodes raw listings, prices them, warns."""

import collections
import datetime
import functools
import itertools
import json
import re
import unicodedata
import zlib
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlflow
import numpy as np
import onnxruntime
import pandas as pd

MISSING = float("nan")
CONDITIONS = {"salvage": 0, "fair": 1, "good": 2, "excellent": 3, "like new": 4, "new": 5}
TEXTS = ("word1", "word2", "word3")
CROSSED = ("year", "type", "drive", "fuel")
FEW_VEHICLES = 10


def _levels() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Level of a target encoding → its parent, and the columns that it needs."""
    levels = {"make": ("", ("manufacturer",)), "state": ("", ("state",))}
    levels["region"] = ("state", ("state", "region"))
    named = ("manufacturer", "model")
    for parent, text in zip(("make", *TEXTS), (*TEXTS, "text")):
        levels[text] = (parent, named)
    for text in TEXTS:
        levels |= {f"{text}_{other}": (text, (*named, other)) for other in CROSSED}
    return levels | {"text_year": ("text", (*named, "year"))}


LEVELS = _levels()
CROSSES = {text: [(f"{text}_{other}", other) for other in CROSSED] for text in TEXTS}
COUNTED = ("make", "word1", "word2", "text", "text_year", "region")
GRAM_LENGTHS = (2, 3, 4)
NONE_SEEN = (None, 0)
NAMES_KEPT = 16_384
CHUNK_ROWS = 500


def tidy(record: dict) -> dict:
    """The listing with its texts as the encoder knows them; a blank one is None."""
    return {
        name: value.strip().casefold() or None if isinstance(value, str) else value
        for name, value in record.items()
    }


def words(model: str, make: str) -> tuple[str, ...]:
    """Words of a free-text model: `F-150 XLT`, `f150 xlt`, `ford F 150 xlt` are the same."""
    text = unicodedata.normalize("NFKC", model).casefold()
    parts = ("".join(filter(str.isalnum, part)) for part in text.split())
    kept = re.sub(r"\b([^\W\d]) (?=\d)", r"\1", " ".join(filter(None, parts))).split()
    repeated = len(kept) > 1 and kept[0] == "".join(filter(str.isalnum, make))
    return tuple(kept[1:] if repeated else kept)


@functools.lru_cache(NAMES_KEPT)
def name_keys(model: str, make: str) -> tuple[str, ...]:
    """The keys of a make with the first word of a model, the first two, three, and all of them."""
    named = words(model, make)
    return tuple(f"{make}|{' '.join(named[:count])}" for count in (1, 2, 3, None))


def keys(record: dict) -> dict[str, str]:
    """Level → the key under which a tidy listing stands in that level's table."""
    make, state = record.get("manufacturer") or "", record.get("state") or ""
    found = {"make": make, "state": state, "region": f"{state}|{record.get('region') or ''}"}
    year = record.get("year")
    crossed = {name: record.get(name) or "" for name in CROSSED}
    crossed["year"] = "" if year is None else str(int(year))
    *heads, whole = name_keys(record.get("model") or "", make)
    for text, key in zip(TEXTS, heads):
        found[text] = key
        for level, name in CROSSES[text]:
            found[level] = f"{key}|{crossed[name]}"
    found["text"], found["text_year"] = whole, f"{whole}|{crossed['year']}"
    return found


def grams(model: str, make: str) -> list[str]:
    """Runs of 2 to 4 characters of a tidy listing's make and model, within each word."""
    spaced = [f" {word} " for word in (*make.split(), *words(model, make))]
    return [
        word[start : start + length]
        for word in spaced
        for length in GRAM_LENGTHS
        for start in range(len(word) - length + 1)
    ]


def decimal_year(date: datetime.date) -> float:
    """2021-07-02 is 2021.5: what the age of a vehicle is counted from."""
    return date.year + (date.timetuple().tm_yday - 1) / 365.25


def trailing_zeros(number: float | None) -> float:
    """Zeros at the end of an odometer reading: a rounded one is a guess."""
    digits = f"{number:.0f}" if number and number == int(number) else ""
    return float(len(digits) - len(digits.rstrip("0")))


class Encoder:
    """Turns listings into rows of numbers by the tables fitted in training (encoding.json.zlib)."""

    def __init__(self, encoding: dict):
        self.columns = set(encoding["columns"])
        self.moment, self.codes = encoding["moment"], encoding["codes"]
        self.tables = encoding["tables"]
        self.of_names = [level for level in self.tables if level.startswith(("word", "text"))]
        self.total = max(encoding["rows"], 1)
        self.grams = {gram: np.array(kept) for gram, kept in encoding["grams"].items()}
        self.text_width = len(next(iter(self.grams.values()), [0])) - 1
        self._kept_text = functools.lru_cache(NAMES_KEPT)(self._project)
        self.names = self._names()

    def _names(self) -> list[str]:
        numbers = ["age", "odometer", "miles_per_year", "age_odometer", "trailing_zeros", "blanks"]
        ordinals = [name for name in ("condition", "cylinders") if name in self.columns]
        levels = [f"price_{level}" for level in self.tables]
        counts = [f"share_{level}" for level in COUNTED if level in self.tables]
        text = [f"text_{number}" for number in range(self.text_width)]
        codes = [f"code_{name}" for name in self.codes]
        return numbers + ordinals + codes + levels + counts + text

    def encode(self, records: list[dict], moments=None) -> np.ndarray:
        """A float32 row of `names` for each listing, posted at `moments` (decimal years)."""
        listings = [tidy(record) for record in records]
        moments = itertools.repeat(self.moment) if moments is None else moments
        return self.rows(zip(listings, map(keys, listings), moments), len(listings))

    def rows(self, listings, count: int) -> np.ndarray:
        """The same of so many (tidy listing, its keys, moment)."""
        numbers = array("f")
        for listing in listings:
            numbers.extend(self.row(*listing))
        return np.array(numbers).reshape(count, len(self.names))

    def row(self, record: dict, looked_up: dict[str, str], moment: float) -> list[float]:
        """The tidy listing with its keys as numbers, in the order of `names`."""
        numbers = self._numbers(record, moment) + self._codes(record)
        return numbers + self._prices(looked_up) + self._text(record)

    def _numbers(self, record: dict, moment: float) -> list[float]:
        year, odometer = record.get("year"), record.get("odometer")
        age = MISSING if year is None else moment - year
        miles = MISSING if odometer is None else float(odometer)
        blanks = sum(record.get(name) is None for name in self.columns)
        numbers = [age, miles, miles / max(age, 0.5), age * miles, trailing_zeros(odometer), blanks]
        if "condition" in self.columns:
            numbers.append(CONDITIONS.get(record.get("condition"), MISSING))
        if "cylinders" in self.columns:
            text = record.get("cylinders") or ""
            digits = re.match(r"\d{1,3}", text)
            numbers.append(float(digits.group()) if digits else 0.0 if text else MISSING)
        return numbers

    def _codes(self, record: dict) -> list[float]:
        given = ((record.get(name), codes) for name, codes in self.codes.items())
        return [
            MISSING if value is None else codes.get(value, len(codes)) for value, codes in given
        ]

    def _prices(self, looked_up: dict[str, str]) -> list[float]:
        """Each level's residual of log price, an unseen key's from its parent; then the shares."""
        found, prices = {}, {"": 0.0}
        for level, table in self.tables.items():
            price, found[level] = table.get(looked_up[level], NONE_SEEN)
            prices[level] = prices[LEVELS[level][0]] if price is None else price
        if looked_up["text"].endswith("|"):  # no model is named
            prices |= dict.fromkeys(self.of_names, MISSING)
        del prices[""]
        shares = [found[level] / self.total for level in COUNTED if level in found]
        return [*prices.values(), *shares]

    def _text(self, record: dict) -> list[float]:
        """Where the make and model stand among those of training; missing without a model."""
        if not record.get("model"):
            return [MISSING] * self.text_width
        return self._kept_text(record["model"], record.get("manufacturer") or "")

    def _project(self, model: str, make: str) -> list[float]:
        """The text's weighted, normed n-grams on the axes of training (latent semantic analysis).

        Deerwester et al. 1990. Each n-gram's entry is its inverse document frequency, then that
        times its coordinate on each axis; the weight grows with the logarithm of its count.
        """
        found = (gram for gram in grams(model, make) if gram in self.grams)
        counts = collections.Counter(found)
        if not counts:
            return [0.0] * self.text_width
        known = np.array([self.grams[gram] for gram in counts])
        weighted = known * (1 + np.log(list(counts.values())))[:, np.newaxis]
        return (weighted[:, 1:].sum(axis=0) / np.linalg.norm(weighted[:, 0])).tolist()


class Trees:
    """Boosters in ONNX; one thread a call, as each worker of the service is its own process."""

    def __init__(self, model: bytes):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(model, options, providers=providers)

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """The outputs of each float32 row."""
        return self.session.run(None, {"rows": rows})[0]


class VehiclePrice(mlflow.pyfunc.PythonModel):
    """Prices listings; `schema` and `card` are what GET /schema and GET /model show."""

    def __init__(self):
        self.schema, self.card = {}, {}
        self.encoder, self.trees, self.margins = None, None, ([], [])
        self.bounds, self.options, self.left_out = [], {}, {}

    def load_context(self, context):
        """Read the artifacts."""
        paths = context.artifacts
        self.schema, self.card = _read_json(paths["schema"]), _read_json(paths["model_card"])
        self.use(json.loads(_unpacked(paths["encoding"])), _unpacked(paths["prices_onnx"]))

    def use(self, encoding: dict, prices: bytes):
        """Price with these tables and boosters in ONNX (`schema` is set already)."""
        self.encoder, self.trees = Encoder(encoding), Trees(prices)
        margins = encoding["margins"]
        self.margins = np.array(margins["log_price"]), np.array(margins["margin"])
        features = self.schema["features"]
        self.bounds = [(one["name"], one["seen"]) for one in features if "seen" in one]
        self.options = {one["name"]: one for one in features if one["kind"] == "category"}
        self.left_out = {left["name"]: left["reason"] for left in self.schema.get("left_out", [])}

    def predict(self, context, model_input: pd.DataFrame, params=None):
        """The pyfunc's interface: a frame of listings in, a list of results out."""
        columns = model_input.astype(object).where(model_input.notna(), None)
        return self.predict_records(columns.to_dict("records"))

    def predict_stream(self, context, model_input: pd.DataFrame, params=None):
        """The same, one result after the other."""
        yield from self.predict(context, model_input, params)

    def predict_records(self, records: list[dict]) -> list[dict]:
        """Price, 90% range and warnings of each listing; an absent key or None is missing."""
        if len(records) <= CHUNK_ROWS:
            read, rows = self._encoded(records)
            return list(self._results(read, self._dollars(rows)))
        starts = range(0, len(records), CHUNK_ROWS)
        return list(self._chunk_by_chunk(records[start : start + CHUNK_ROWS] for start in starts))

    def _chunk_by_chunk(self, chunks):
        """The trees price a chunk, on another core if there is one, while the next is encoded."""
        behind = None
        with ThreadPoolExecutor(1) as beside:
            for read, rows in map(self._encoded, chunks):
                ahead = read, beside.submit(self._dollars, rows)
                if behind:
                    yield from self._results(behind[0], behind[1].result())
                behind = ahead
            yield from self._results(behind[0], behind[1].result())

    def _encoded(self, records: list[dict]) -> tuple[list, np.ndarray]:
        """Each listing tidied, with its keys and its moment; and their rows of numbers."""
        read = [(one, keys(one), self.encoder.moment) for one in map(tidy, records)]
        return read, self.encoder.rows(read, len(read))

    def _results(self, read: list, dollars: list[list[float]]):
        for (price, low, high), (listing, looked_up, _) in zip(dollars, read):
            found = {"price": price, "low": min(low, price), "high": max(high, price)}
            yield found | {"warnings": self._warnings(listing, looked_up)}

    def _dollars(self, rows: np.ndarray) -> list[list[float]]:
        """Price, low and high of each row: predicted quantiles around the price, and a margin."""
        logs = self.trees.predict(rows).astype(float)
        margin = np.interp(logs[:, 0], *self.margins)
        logs[:, 1] -= margin
        logs[:, 2] += margin
        return np.exp(logs).tolist()

    def _warnings(self, record: dict, looked_up: dict[str, str]) -> list[str]:
        named = [name for name in self.left_out if record.get(name) is not None]
        unused = [f"{name} is not used: {self.left_out[name]}" for name in named]
        beyond = unused + self._beyond(record) + self._unknown(record)
        return beyond + self._rare(record, looked_up["text"])

    def _beyond(self, record: dict) -> list[str]:
        found = []
        for name, seen in self.bounds:
            value = record.get(name)
            if value is None or seen["min"] <= value <= seen["max"]:
                continue
            side, end = ("below", seen["min"]) if value < seen["min"] else ("above", seen["max"])
            found.append(f"{name} {value:.10g} is {side} anything seen in training ({end:.10g})")
        return found

    def _unknown(self, record: dict) -> list[str]:
        return [
            f"{name} '{record[name]}' is unknown: priced as any other {name}"
            for name, feature in self.options.items()
            if name != "model"
            and record.get(name)
            and record[name] not in _options(feature, record)
        ]

    def _rare(self, record: dict, text: str) -> list[str]:
        """Says that a model, or else its make, had few vehicles in training or none."""
        tables, named, make = self.encoder.tables, record.get("model"), record.get("manufacturer")
        if not named or "text" not in tables:
            return _few("manufacturer", make, tables.get("make", {}).get(make, NONE_SEEN)[1])
        count = tables["text"].get(text, NONE_SEEN)[1]
        if not count:
            return [f"model '{named}' is unknown for {make or 'no make'}: priced as ones like it"]
        return _few("model", named, count)


def _few(name: str, value: str, count: int) -> list[str]:
    few = value and 0 < count < FEW_VEHICLES
    return [f"{name} '{value}': few vehicles in training ({count})"] if few else []


def _options(feature: dict, record: dict) -> list[str]:
    if by := feature.get("options_by"):
        return by["options"].get(record.get(by["feature"]), [])
    return feature.get("options", [])


def _unpacked(path: str) -> bytes:
    return zlib.decompress(Path(path).read_bytes())


def _read_json(path: str) -> dict:
    return json.loads(Path(path).read_text(encoding="utf-8"))


mlflow.models.set_model(VehiclePrice())
