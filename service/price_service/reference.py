"""The listings that a model was tested on, read from its folder and held as columns of codes."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from price_service.errors import ReferenceUnreadable
from price_service.vehicle_names import family, squashed, words

REFERENCE_FILE = Path("artifacts") / "reference.parquet"
MISSING = -1
UNHEARD_OF = -2


@dataclass(frozen=True)
class Texts:
    """A column of texts: a code a row, MISSING where there is none, and the text of each code."""

    codes: np.ndarray
    values: list[str]

    def code(self, text: str) -> int:
        """The code of a text, UNHEARD_OF if no row has it."""
        return self.values.index(text) if text in self.values else UNHEARD_OF

    def text(self, code: int) -> str | None:
        """The text of a code."""
        return None if code == MISSING else self.values[code]

    def value(self, row: int) -> str | None:
        """The text of a row."""
        return self.text(self.codes[row])


@dataclass(frozen=True)
class Reference:
    """Listings with what they were listed for; every column is as long as `prices`.

    `keys` hold make, family (the model's first word) and model as they are compared.
    """

    numbers: dict[str, np.ndarray]
    texts: dict[str, Texts]
    keys: dict[str, Texts]
    prices: np.ndarray
    posted: np.ndarray

    def tells(self, name: str) -> np.ndarray:
        """Return which of the listings have a value of the feature."""
        if name in self.numbers:
            return ~np.isnan(self.numbers[name])
        return self.texts[name].codes != MISSING


def read_reference(path: Path, schema: dict) -> Reference:
    """The reference of a model with this schema; raises ReferenceUnreadable."""
    arrow = import_module("pyarrow")  # takes a moment, so not before it is asked for
    parquet = import_module("pyarrow.parquet")
    numbers = [each["name"] for each in schema["features"] if each["kind"] == "number"]
    texts = [each["name"] for each in schema["features"] if each["kind"] == "category"]
    try:
        table = parquet.read_table(
            path, columns=[*numbers, *texts, "price", "posting_date"], use_threads=False
        )
        return reference_of(table, numbers, texts)
    except (OSError, LookupError, ValueError, TypeError, arrow.ArrowException) as error:
        raise ReferenceUnreadable(
            "The listings to compare with cannot be read from the model in service."
        ) from error


def reference_of(table, numbers: list[str], texts: list[str]) -> Reference:
    """The columns of pyarrow's table; raises KeyError where one is missing."""
    coded = {name: coded_column(table.column(name)) for name in texts}
    prices = table.column("price").to_numpy().astype(float)
    blank = Texts(np.full(len(prices), MISSING, dtype=np.int32), [])
    return Reference(
        {name: table.column(name).to_numpy().astype(np.float32) for name in numbers},
        coded,
        keys_of(coded.get("manufacturer", blank), coded.get("model", blank)),
        prices,
        table.column("posting_date").to_numpy().astype("datetime64[D]"),
    )


def coded_column(column) -> Texts:
    """A column of pyarrow as codes."""
    arrow = import_module("pyarrow")
    encoded = column.cast(arrow.string()).combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(MISSING).to_numpy(zero_copy_only=False)
    return Texts(codes.astype(np.int32), encoded.dictionary.to_pylist())


def keys_of(makes: Texts, models: Texts) -> dict[str, Texts]:
    """Make, family and model of each row as they are compared; each pair is read once."""
    pairs, places = np.unique(
        np.column_stack([makes.codes, models.codes]), axis=0, return_inverse=True
    )
    named = [(makes.text(make), models.text(model)) for make, model in pairs.tolist()]
    found = {
        "make": [squashed(make) for make, _ in named],
        "family": [family(model, make) for make, model in named],
        "model": ["".join(words(model, make)) for make, model in named],
    }
    return {name: texts_of(values, places.ravel()) for name, values in found.items()}


def texts_of(values: list[str], places: np.ndarray) -> Texts:
    """The texts as codes, those at the places; an empty one is missing."""
    codes = {text: code for code, text in enumerate(dict.fromkeys(filter(None, values)))}
    each = np.array([codes.get(text, MISSING) for text in values], dtype=np.int32)
    return Texts(each[places] if len(each) else each, list(codes))
