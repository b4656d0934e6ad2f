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
ORDINALS = ("condition", "cylinders")
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


def squashed(text: str) -> str:
    """Return the letters and digits alone, in one case: `F.W.D.` and `fwd` are the same."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def words(model: str, make: str) -> tuple[str, ...]:
    """Return the words of a free-text model without its make and without `and`.

    `F-150 XLT`, `f150 xlt`, `ford F 150 xlt` are the same; so are `Mazda 3`, `mazda3` and `3` of
    a mazda, `Town and Country` and `town & country`.
    """
    parts = map(squashed, re.sub("[&+]", " ", unicodedata.normalize("NFKC", model)).split())
    text = " ".join(part for part in parts if part not in ("", "and"))
    named = re.sub(r"\b([^\W\d]) (?=\d)", r"\1", text).split()
    makes = {squashed(make), *map(squashed, re.split(r"[\s-]+", make))}
    kept = list(itertools.dropwhile(makes.__contains__, named)) or named[-1:]
    return (_without_make(kept[0], squashed(make)), *kept[1:]) if kept else ()


def _without_make(word: str, make: str) -> str:
    """Return `3` of `mazda3` and `f150` of `fordf150`, but `fordor` as it is."""
    rest = word.removeprefix(make)
    is_name = len(rest) > 2 or any(map(str.isdigit, rest))
    return rest if is_name else word


def without_uncoded(listing: dict, codings: dict[str, dict]) -> dict:
    """Return the tidy listing without values that training gave no code: they count as not told.

    `codings`: coded category → its values → their numbers.
    """
    uncoded = [
        name
        for name, numbers in codings.items()
        if listing.get(name) is not None and listing[name] not in numbers
    ]
    return {name: listing[name] for name in listing if name not in uncoded} if uncoded else listing


def ordinal(name: str, value: str) -> float | None:
    """Return the place of a condition or of a number of cylinders in its order, if it has one."""
    if name == "condition":
        return CONDITIONS.get(value)
    digits = re.match(r"\d{1,3}", value)
    return float(digits.group()) if digits else 0.0 if value == "other" else None


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
        self.moment = encoding["moment"]
        self.codings = encoding["ordinals"] | encoding["codes"]
        self.tables = encoding["tables"]
        self.of_names = [level for level in self.tables if level.startswith(("word", "text"))]
        self.total = max(encoding["rows"], 1)
        self.grams = {gram: np.array(kept) for gram, kept in encoding["grams"].items()}
        self.text_width = len(next(iter(self.grams.values()), [0])) - 1
        self._kept_text = functools.lru_cache(NAMES_KEPT)(self._project)
        self.names = self._names()

    @property
    def codes(self) -> dict[str, dict[str, int]]:
        """Return the codes of the categories that have no order."""
        return {name: self.codings[name] for name in self.codings if name not in ORDINALS}

    def _names(self) -> list[str]:
        numbers = ["age", "odometer", "miles_per_year", "age_odometer", "trailing_zeros"]
        ordinals = [name for name in ORDINALS if name in self.codings]
        levels = [f"price_{level}" for level in self.tables]
        counts = [f"share_{level}" for level in COUNTED if level in self.tables]
        text = [f"text_{number}" for number in range(self.text_width)]
        codes = [f"code_{name}" for name in self.codes]
        return numbers + ordinals + codes + levels + counts + text

    def encode(self, records: list[dict], moments=None) -> np.ndarray:
        """A float32 row of `names` for each listing, posted at `moments` (decimal years)."""
        moments = itertools.repeat(self.moment) if moments is None else moments
        listings = map(self.read, map(tidy, records), moments)
        return self.rows(listings, len(records))

    def read(self, listing: dict, moment: float) -> tuple[dict, dict[str, str], float]:
        """Return what `row` takes of a tidy listing: its coded values, its keys, its moment."""
        coded = without_uncoded(listing, self.codings)
        return coded, keys(coded), moment

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
        return [age, miles, miles / max(age, 0.5), age * miles, trailing_zeros(odometer)]

    def _codes(self, record: dict) -> list[float]:
        return [numbers.get(record.get(name), MISSING) for name, numbers in self.codings.items()]

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
        self.bounds, self.categories, self.left_out = [], [], {}
        self.blank_words = frozenset()

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
        self.read_schema()

    def read_schema(self):
        """Prepare what `understood` and the warnings look up."""
        features = self.schema["features"]
        self.bounds = [(one["name"], one["seen"]) for one in features if "seen" in one]
        self.left_out = {left["name"]: left["reason"] for left in self.schema.get("left_out", [])}
        read = [one for one in features if one["kind"] == "category"]
        read += [{"name": name} for name in self.left_out]
        self.categories = [Category(one) for one in read]
        self.blank_words = frozenset(self.schema.get("blank_words", []))

    def predict(self, context, model_input: pd.DataFrame, params=None):
        """The pyfunc's interface: a frame of listings in, a list of results out."""
        columns = model_input.astype(object).where(model_input.notna(), None)
        return self.predict_records(columns.to_dict("records"))

    def predict_stream(self, context, model_input: pd.DataFrame, params=None):
        """The same, one result after the other."""
        yield from self.predict(context, model_input, params)

    def predict_records(self, records: list[dict]) -> list[dict]:
        """Price each listing as it is understood; an absent key or None is missing.

        A result holds the price and its 90% range in dollars, the `listing` as it was understood
        and the `warnings`: dicts with `code`, `field`, `value`, `message` and what the code needs.
        """
        if len(records) <= CHUNK_ROWS:
            read, rows = self._encoded(records)
            return list(self._results(read, self._dollars(rows)))
        starts = range(0, len(records), CHUNK_ROWS)
        return list(self._chunk_by_chunk(records[start : start + CHUNK_ROWS] for start in starts))

    def understood(self, record: dict) -> tuple[dict, list[dict]]:
        """Return the listing with tidy texts, options for their other names and no blank words,
        and a warning for each value that was changed or dropped; numbers pass through.
        """
        listing, warnings = tidy(record), []
        for category in self.categories:
            name = category.name
            value = listing.get(name)
            if value is None or category.has(value, listing):
                continue
            text = value if isinstance(value, str) else f"{value:g}"
            option, written = category.option(text, listing), str(record[name]).strip()
            if option is not None:
                listing[name] = option
                message = f"{name} '{written}' is read as '{option}'"
                warnings.append(warning("read_as", name, written, message, read_as=option))
            elif text in self.blank_words:
                del listing[name]
                message = f"{name} '{written}' counts as not told"
                warnings.append(warning("blank", name, written, message))
            else:
                listing[name] = text
        return listing, warnings

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
        """Each listing understood, with its warnings and its keys; and their rows of numbers."""
        understood = [self.understood(record) for record in records]
        read = [self.encoder.read(listing, self.encoder.moment) for listing, _ in understood]
        rows = self.encoder.rows(read, len(read))
        return [(*one, looked_up) for one, (_, looked_up, _) in zip(understood, read)], rows

    def _results(self, read: list, dollars: list[list[float]]):
        for (price, low, high), (listing, changes, looked_up) in zip(dollars, read):
            yield {
                "price": price,
                "low": min(low, price),
                "high": max(high, price),
                "warnings": changes + self._warnings(listing, looked_up),
                "listing": listing,
            }

    def _dollars(self, rows: np.ndarray) -> list[list[float]]:
        """Price, low and high of each row: predicted quantiles around the price, and a margin."""
        logs = self.trees.predict(rows).astype(float)
        margin = np.interp(logs[:, 0], *self.margins)
        logs[:, 1] -= margin
        logs[:, 2] += margin
        return np.exp(logs).tolist()

    def _warnings(self, listing: dict, looked_up: dict[str, str]) -> list[dict]:
        return [
            *self._unused(listing),
            *self._beyond(listing),
            *self._unknown(listing),
            *self._rare(listing, looked_up["text"]),
        ]

    def _unused(self, listing: dict) -> list[dict]:
        return [
            warning("not_used", name, listing[name], f"{name} is not used: {reason}")
            for name, reason in self.left_out.items()
            if listing.get(name) is not None
        ]

    def _beyond(self, listing: dict) -> list[dict]:
        beyond = []
        for name, seen in self.bounds:
            value = listing.get(name)
            if value is None or seen["min"] <= value <= seen["max"]:
                continue
            side, end = ("below", seen["min"]) if value < seen["min"] else ("above", seen["max"])
            message = f"{name} {value:.10g} is {side} anything seen in training ({end:.10g})"
            beyond.append(warning(f"{side}_training", name, value, message, limit=end))
        return beyond

    def _unknown(self, listing: dict) -> list[dict]:
        """Say which categories' values training did not code, or else do not stand among the
        options: the first count as not told, the others are priced by their parent."""
        unknown = []
        for category in self.categories:
            name, value = category.name, listing.get(category.name)
            codes = self.encoder.codings.get(name)
            if value is None or name == "model" or name in self.left_out:
                continue
            is_option = category.has(value, listing)
            if codes is None and not is_option:
                message = f"{name} '{value}' is unknown: priced as any other {name}"
                unknown.append(warning("unknown_option", name, value, message))
            elif codes is not None and value not in codes:
                why = "too rare in training" if is_option else "unknown"
                message = f"{name} '{value}' is {why}: counts as not told"
                unknown.append(warning("unknown_option", name, value, message))
        return unknown

    def _rare(self, listing: dict, text: str) -> list[dict]:
        """Say that a model, or else its make, had few vehicles in training or none."""
        tables, named, make = self.encoder.tables, listing.get("model"), listing.get("manufacturer")
        if not named or "text" not in tables:
            return _few("manufacturer", make, tables.get("make", {}).get(make, NONE_SEEN)[1])
        count = tables["text"].get(text, NONE_SEEN)[1]
        if not count:
            message = f"model '{named}' is unknown for {make or 'no make'}: priced as ones like it"
            return [warning("unknown_model", "model", named, message)]
        return _few("model", named, count)


class Category:
    """The options of a category, by the value of another one where they depend on it, and the
    other names that they have, squashed."""

    def __init__(self, feature: dict):
        self.name, by = feature["name"], feature.get("options_by")
        self.parent = by["feature"] if by else None
        groups = by["options"] if by else {None: feature.get("options", [])}
        self._options = {group: frozenset(options) for group, options in groups.items()}
        self._names = {group: feature.get("other_names", {}) for group in groups}
        if self.name != "model":  # The encoder compares the words of models itself.
            for group, options in groups.items():
                own = {squashed(option): option for option in reversed(options)}
                self._names[group] = self._names[group] | own

    def has(self, value, listing: dict) -> bool:
        """Return whether the value is an option as it stands."""
        return value in self._options.get(listing.get(self.parent), ())

    def option(self, text: str, listing: dict) -> str | None:
        """Return the option that the text is another name of, if there is one."""
        return self._names.get(listing.get(self.parent), {}).get(squashed(text))


def warning(code: str, field: str, value, message: str, **more) -> dict:
    """Return a warning as a result holds it."""
    return {"code": code, "field": field, "value": value, "message": message, **more}


def _few(name: str, value: str | None, count: int) -> list[dict]:
    if not value or not 0 < count < FEW_VEHICLES:
        return []
    message = f"{name} '{value}': few vehicles in training ({count})"
    return [warning("few_vehicles", name, value, message, count=count)]


def _unpacked(path: str) -> bytes:
    return zlib.decompress(Path(path).read_bytes())


def _read_json(path: str) -> dict:
    return json.loads(Path(path).read_text(encoding="utf-8"))


mlflow.models.set_model(VehiclePrice())
