"""Which column of a CSV file holds which field: by its name and by its values (pure).

1. A column may be a field's where its name is the field's own, its label or one of its
   `column_names`, apart from case, blanks, signs, a unit and words such as `vehicle`; of several
   the one whose values fit is taken, then the one whose name is nearest, then the first.
2. Under its own name a column is a field's unless half of its values clearly belong to something
   else (numbers, dates, sale states, vehicles' titles, options of another field) and fewer are the
   field's: values that are merely unknown are told of row by row.
3. Under any other name half of the values must fit (options, their other names, numbers within
   bounds; of places, whose lists are never whole, a tenth), but for make and model, which need no
   more than under their own; columns that lose are unused and named.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from price_service.csv_numbers import NumberAmbiguous, NumberFormat, NumberRefused, read_number
from price_service.validation import shown
from price_service.vehicle_names import squashed

OWN_NAME, OWN_SPELLING, OTHER_NAME = range(3)
HALF, TENTH = 0.5, 0.1
# Names of makes and models: no list of them is ever whole.
NAMES = ("manufacturer", "model")
NOISE = re.compile(r"\b(vehicle|car|auto|listing|the|of)s?\b")
UNIT_IN_NAME = re.compile(r"\b(km|kms|kilomet(?:er|re)s?)\b( (driven|run))?")
SALE_STATES = frozenset(
    "used new certified cpo preowned certifiedpreowned certifiedused usedcar newcar demo sold "
    "available instock pending active inactive reserved onhold yes no true false private dealer "
    "privateseller privateparty auction retail wholesale".split()
)
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?", re.ASCII)
NUMBER = re.compile(r"[$€£]?\s*[+-]?\d[\d.,' ]*%?", re.ASCII)
ADDRESS = re.compile(r"https?://|www\.|[^@\s]+@[^@\s]+\.\w+", re.ASCII)
YEAR_IN_TEXT = re.compile(r"\b(19|20)\d\d\b", re.ASCII)
MAX_WORDS, MAX_CHARACTERS = 6, 60
MAX_SAMPLED_CHARACTERS = 200


@dataclass(frozen=True)
class Candidate:
    """A column that a field may stand in: lower ranks are taken first."""

    field: str
    index: int
    nearness: int
    fits: bool
    refusal: str = ""
    written_unit: str | None = None

    @property
    def rank(self) -> tuple:
        """Fitting values before a near name before an early place."""
        return not self.fits, self.nearness, self.index


@dataclass(frozen=True)
class Match:
    """Which column holds which field, and sentences on those that were not taken."""

    columns: dict[str, int]
    units: dict[str, str]
    notes: list[str]
    twice: list[str]


@dataclass
class FieldColumn:
    """What a feature of the schema says of the column that may hold it."""

    feature: dict
    other_options: "OptionsOfOthers" = field(repr=False)

    @property
    def name(self) -> str:
        """The field's name."""
        return self.feature["name"]

    @cached_property
    def options(self) -> frozenset[str]:
        """Squashed options and their other names, of whatever make or state."""
        by = self.feature.get("options_by", {"options": {}})["options"].values()
        options = [*self.feature.get("options", ()), *(each for many in by for each in many)]
        return frozenset(map(squashed, options)) | self.feature.get("other_names", {}).keys()

    @cached_property
    def has_digits(self) -> bool:
        """Whether any option holds a digit, as `8 cylinders` does."""
        return any(map(str.isdigit, "".join(self.options)))

    def fits(self, text: str) -> bool:
        """Return whether a value can only be meant as this field's."""
        if self.feature["kind"] == "category":
            return squashed(text) in self.options
        try:
            number, _ = read_number(text, NumberFormat(self.feature.get("unit")))
        except NumberRefused as refused:
            return isinstance(refused, NumberAmbiguous)
        low, high = self.feature.get("min", number), self.feature.get("max", number)
        return low <= number <= high

    def is_foreign(self, text: str) -> bool:
        """Return whether a value clearly belongs to something else than this category."""
        if DATE.fullmatch(text) or ADDRESS.match(text):
            return True
        plain = squashed(text)
        if plain in SALE_STATES:
            return True
        if self.name == "model":  # may be called like a place, a body or a number
            return bool(YEAR_IN_TEXT.fullmatch(text))
        if plain in self.other_options.without(self.name):
            return True
        is_number = NUMBER.fullmatch(text) and not self.has_digits
        is_title = YEAR_IN_TEXT.search(text) and len(text.split()) > 2
        return bool(is_number or is_title) or (
            len(text) > MAX_CHARACTERS or len(text.split()) > MAX_WORDS
        )

    def refusal(self, values: Counter, nearness: int) -> tuple[bool, str]:
        """Return whether a column's values fit, and why it cannot be this field's, if it cannot.

        `values`: how often each value that is no blank stands in the sample.
        """
        total = values.total()
        if not total:
            return False, ""
        share = sum(count for text, count in values.items() if self.fits(text)) / total
        example = ", ".join(f"“{shown(text)[:30]}”" for text, _ in values.most_common(3))
        refused = f"its values ({example}) are not of that kind"
        if share >= HALF:
            return True, ""
        if self.feature["kind"] == "number":
            return False, "" if share > 0 or nearness != OTHER_NAME else refused
        foreign = sum(count for text, count in values.items() if self.is_foreign(text)) / total
        if foreign >= HALF and foreign > share:
            return False, refused
        if nearness != OTHER_NAME or self.name in NAMES:
            return False, ""
        enough = TENTH if self.feature.get("options_by") else HALF
        return False, "" if share >= enough else refused


class OptionsOfOthers:
    """Squashed options of every category with a short list, which a value may belong to."""

    def __init__(self, features: Iterable[dict]):
        self._options = {
            one["name"]: frozenset(map(squashed, one.get("options", ()))) - {""}
            | one.get("other_names", {}).keys()
            for one in features
            if one["kind"] == "category"
        }
        self._without: dict[str, frozenset[str]] = {}

    def without(self, name: str) -> frozenset[str]:
        """Return the options of all other fields."""
        if name not in self._without:
            others = (options for other, options in self._options.items() if other != name)
            self._without[name] = frozenset().union(*others)
        return self._without[name]


class ColumnMatcher:
    """Matches the columns of CSV files to the fields of one model's schema."""

    def __init__(self, schema: dict):
        features = schema["features"]
        others = OptionsOfOthers(features)
        self.fields = {one["name"]: FieldColumn(one, others) for one in features}
        self.left_out = {one["name"] for one in schema.get("left_out", [])} - self.fields.keys()
        self.required = [one["name"] for one in features if one.get("required")]
        self.blank_words = frozenset(schema.get("blank_words", ())) | {""}
        self._names = self._known_names()

    def _known_names(self) -> dict[str, tuple[str, int]]:
        """Return squashed name → field, and how near it is to the field's own."""
        known: dict[str, tuple[str, int]] = {}
        for one in self.fields.values():
            for name in (one.feature.get("label"), *one.feature.get("column_names", ())):
                known.setdefault(squashed(name), (one.name, OTHER_NAME))
        for name in (*self.fields, *self.left_out):
            known[squashed(name)] = name, OWN_SPELLING
        known.pop("", None)
        return known

    def named(self, title: str) -> tuple[str, int, str | None] | None:
        """Return the field that a column's title names, how nearly, and the unit in the title."""
        stripped = title.strip().lstrip("\ufeff")
        if stripped in self.fields or stripped in self.left_out:
            return stripped, OWN_NAME, None
        if "\0" in title or len(title) > 100:
            return None
        if exact := self._names.get(squashed(title)):
            return *exact, None
        plain = " ".join(re.sub(r"[_\W]+", " ", title.casefold()).split())
        quiet = NOISE.sub(" ", plain)
        if exact := self._names.get(squashed(quiet)):
            return exact[0], OTHER_NAME, None
        if (without_unit := UNIT_IN_NAME.sub(" ", quiet)) != quiet:
            return self._in_kilometres(squashed(without_unit))
        return None

    def _in_kilometres(self, name: str) -> tuple[str, int, str] | None:
        """Return the field of miles that a title without its unit names, if it names any more."""
        in_miles = [one.name for one in self.fields.values() if one.feature.get("unit") == "miles"]
        named = self._names.get(name, ("", OTHER_NAME))[0] if name else next(iter(in_miles), "")
        return (named, OTHER_NAME, "km") if named in in_miles else None

    def rate(self, row: Sequence[str]) -> int:
        """Return how many of a row's cells name a field; the required ones count most."""
        named = {known[0] for cell in row if (known := self.named(cell))}
        required = sum(name in named for name in self.required)
        return required * (len(self.fields) + len(self.left_out)) + len(named)

    def match(self, header: Sequence[str], sample: Sequence[Sequence[str]]) -> Match:
        """Return which column holds which field, by the header and the first rows."""
        candidates = [
            self._candidate(index, known, sample)
            for index, title in enumerate(header)
            if (known := self.named(title))
        ]
        taken: dict[str, Candidate] = {}
        notes, twice = [], []
        for one in sorted(candidates, key=lambda one: one.rank):
            title = shown(header[one.index].strip())
            if one.refusal:
                notes.append(f"Column “{title}” is not used for {one.field}: {one.refusal}.")
            elif one.field in taken:
                winner = taken[one.field]
                notes.append(_loses(one, winner, header))
                if one.nearness == winner.nearness == OWN_NAME and one.fits == winner.fits:
                    twice.append(one.field)
            else:
                taken[one.field] = one
        by_place = sorted(taken.values(), key=lambda one: one.index)
        units = {one.field: one.written_unit for one in by_place if one.written_unit}
        notes += [f"{name} is taken to be in {unit} and converted." for name, unit in units.items()]
        return Match({one.field: one.index for one in by_place}, units, notes, twice)

    def _candidate(
        self, index: int, known: tuple[str, int, str | None], sample: Sequence[Sequence[str]]
    ) -> Candidate:
        name, nearness, written_unit = known
        if name not in self.fields:
            return Candidate(name, index, nearness, False)
        cells = (row[index] for row in sample if index < len(row))
        values = Counter(cell.strip()[:MAX_SAMPLED_CHARACTERS] for cell in cells)
        told = {text: n for text, n in values.items() if text.casefold() not in self.blank_words}
        fits, refusal = self.fields[name].refusal(Counter(told), nearness)
        return Candidate(name, index, nearness, fits, refusal, written_unit)


def _loses(one: Candidate, winner: Candidate, header: Sequence[str]) -> str:
    """Return the sentence on a column that another one is preferred to."""
    title, other = (shown(header[each.index].strip()) for each in (one, winner))
    why = "its values fit" if winner.fits and not one.fits else "its name is nearer or it is first"
    return f"Column “{title}” is not used: column “{other}” holds {one.field} ({why})."


def unused_titles(header: Sequence[str], used: Mapping[str, int]) -> list[str]:
    """Return the titles of the columns that hold no field; those without a title are left out."""
    taken = set(used.values())
    return [name.strip() for n, name in enumerate(header) if n not in taken and name.strip()]
