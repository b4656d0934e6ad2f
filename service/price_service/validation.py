"""Checks of listings and feedback; a model's schema is compiled once into one check a feature."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from price_service.csv_numbers import NumberFormat, NumberRefused, is_plain, read_number
from price_service.errors import FieldError

MOST_CHARACTERS = 300
MOST_FEEDBACK_PRICE = 10_000_000
PREDICTION_ID = re.compile(r"[0-9a-f]{32}")
FEEDBACK_FIELDS = ("prediction_id", "price")

Check = Callable[[Any], Any]


class ValueRefused(Exception):
    """A single value is wrong; the text says why."""


class ListingValidator:
    """What the schema of one model version accepts."""

    def __init__(self, schema: dict):
        features = schema["features"]
        self._checks: dict[str, Check] = {item["name"]: check_of(item) for item in features}
        self._required = tuple(item["name"] for item in features if item.get("required"))
        left_out = {item["name"] for item in schema.get("left_out", [])} - self._checks.keys()
        self._checks |= {name: checked_scalar for name in left_out}
        self._formats = {
            item["name"]: NumberFormat(item.get("unit"))
            for item in features
            if item["kind"] == "number"
        }
        self._blank_words = frozenset(schema.get("blank_words", ()))

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the features that no listing may leave out."""
        return self._required

    @property
    def names(self) -> frozenset[str]:
        """Names of everything that a listing may hold."""
        return frozenset(self._checks)

    @property
    def number_formats(self) -> dict[str, NumberFormat]:
        """How each number is written in a cell, unless its column shows otherwise."""
        return self._formats

    def check(self, listing: Any, where: str = "") -> tuple[dict, list[FieldError]]:
        """The listing without its blanks, and what is wrong; `where` is put before field names."""
        if not isinstance(listing, dict):
            return {}, [FieldError(where or "body", "must be an object")]
        prefix = f"{where}." if where else ""
        clean, errors = {}, []
        for name, value in listing.items():
            try:
                value = self._checked(name, value)
            except ValueRefused as refused:
                errors.append(FieldError(prefix + shown(name), str(refused)))
            else:
                if value is not None:
                    clean[name] = value
        named = {error.field for error in errors}
        for name in self._required:
            if name not in clean and prefix + name not in named:
                errors.append(FieldError(prefix + name, "is required"))
        return clean, errors

    def check_cells(
        self, cells: Mapping[str, str], formats: Mapping[str, NumberFormat] | None = None
    ) -> tuple[dict, list[FieldError], list[dict]]:
        """Check the text cells of a CSV row, where numbers are written as text.

        Return what `check` does, and a warning for each number that was read otherwise than it
        stands there, by `formats` (default: `number_formats`).
        """
        formats = self._formats if formats is None else formats
        listing: dict[str, Any] = {
            name: text for name, text in cells.items() if name in self._checks
        }
        warnings: list[dict] = []
        refused: dict[str, str] = {}
        for name, form in formats.items():
            if name not in listing:
                continue
            text = listing[name].strip()
            if form.is_usual and is_plain(text):
                listing[name] = float(text)
                continue
            try:
                listing[name] = self._read_cell(name, text, form, warnings)
            except NumberRefused as error:
                listing[name], refused[name] = None, str(error)
        clean, errors = self.check(listing)
        if refused:
            errors = [error for error in errors if error.field not in refused]
            errors = [FieldError(*each) for each in refused.items()] + errors
        return clean, errors, warnings

    def _read_cell(
        self, name: str, text: str, form: NumberFormat, warnings: list[dict]
    ) -> float | None:
        """Return the number of a cell, None for a blank; raises NumberRefused."""
        if not text:
            return None
        value = shown(text)
        if text.casefold() in self._blank_words:
            warnings.append(cell_warning("blank", name, value, "counts as not told"))
            return None
        number, is_changed = read_number(text, form)
        if is_changed:
            unit = f" {form.unit}" if form.unit else ""
            warning = cell_warning("read_as", name, value, f"is read as {number:.10g}{unit}")
            warnings.append(warning | {"read_as": number})
        return number

    def _checked(self, name: str, value: Any) -> Any:
        check = self._checks.get(name)
        if check is None:
            raise ValueRefused("is not a field of a listing")
        return None if value is None else check(value)


def check_of(feature: dict) -> Check:
    """The check of one feature."""
    if feature["kind"] == "category":
        return checked_category
    low, high, whole = feature.get("min"), feature.get("max"), feature.get("unit") == "year"
    return lambda value: checked_number(value, low, high, whole)


def checked_category(value: Any) -> str | None:
    """Text of usable length; blank text is a missing value."""
    if not isinstance(value, str):
        raise ValueRefused("must be text")
    if len(value) > MOST_CHARACTERS:
        raise ValueRefused(f"must be at most {MOST_CHARACTERS} characters long")
    if not value.isascii() and not is_encodable(value):
        raise ValueRefused("holds half a surrogate pair")
    if "\0" in value:
        raise ValueRefused("holds a NUL character")
    return value.strip() or None


def is_encodable(text: str) -> bool:
    """Whether UTF-8 can hold the text: half a surrogate pair it cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def checked_number(value: Any, low: float | None, high: float | None, whole: bool = False):
    """A finite number within its bounds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueRefused("must be a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueRefused("must be a finite number")
    if low is not None and value < low:
        raise ValueRefused(f"must be at least {low:.12g}")
    if high is not None and value > high:
        raise ValueRefused(f"must be at most {high:.12g}")
    if whole and value != int(value):
        raise ValueRefused("must be a whole number")
    return int(value) if whole else value


def checked_scalar(value: Any) -> Any:
    """A value of a column that the model has left out: anything but a structure."""
    return checked_category(value) if isinstance(value, str) else checked_number(value, -1e12, 1e12)


def check_feedback(body: Any) -> list[FieldError]:
    """What is wrong with a feedback's body."""
    if not isinstance(body, dict):
        return [FieldError("body", "must be an object")]
    errors = [
        FieldError(shown(name), "is not a field of feedback")
        for name in body
        if name not in FEEDBACK_FIELDS
    ]
    identity = body.get("prediction_id")
    if not isinstance(identity, str) or not PREDICTION_ID.fullmatch(identity):
        errors.append(FieldError("prediction_id", "must be 32 lower-case hexadecimal characters"))
    try:
        price = checked_number(body.get("price"), 0, MOST_FEEDBACK_PRICE)
        if price <= 0:
            errors.append(FieldError("price", "must be more than 0"))
    except ValueRefused as refused:
        errors.append(FieldError("price", str(refused)))
    return errors


def cell_warning(code: str, name: str, text: str, message: str) -> dict:
    """Return a warning of the cell of a field."""
    message = f"{name} '{text}' {message}"
    return {"code": code, "field": name, "value": text, "message": message}


def shown(name: str) -> str:
    """A field's name as it can be shown: of bounded length, and encodable."""
    return name[:80].encode("utf-8", "replace").decode()
