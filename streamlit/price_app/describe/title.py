"""A pasted listing's title, read as a description.                                    (pure)"""

import re
import unicodedata
from typing import Any

from price_app.describe import title_names, title_numbers, title_words
from price_app.describe.description import MOST_CHARACTERS, Description
from price_app.describe.fields import Field
from price_app.describe.title_numbers import BREAK, Found

MAKE, MODEL, YEAR, PAINT = "manufacturer", "model", "year", "paint_color"


def read(title: str, fields: list[Field]) -> Description:
    """Return all that the title says and the form can take; what is not understood is left."""
    by_name = {field.name: field for field in fields}
    notes = _length_notes(title)
    text = _plain(title)
    asking = title_numbers.price(text)
    odometer = _number(title_numbers.odometer, by_name.get("odometer"), asking.text)
    year = _number(title_numbers.year, by_name.get(YEAR), odometer.text)
    said = {YEAR: year.number, "odometer": odometer.number}
    said |= _words(by_name, year.text, is_year_known=year.text != odometer.text)
    values = {name: value for name, value in said.items() if value is not None}
    notes += [found.note for found in (odometer, year) if found.note]
    return Description(values, asking.number, tuple(notes))


def _plain(title: str) -> str:
    """Return lower case, one spelling of each character, and `minivan`, never `mini`."""
    text = unicodedata.normalize("NFKC", title[:MOST_CHARACTERS]).casefold()
    text = re.sub(r"\.{2,}", BREAK, text)
    return re.sub(r"\bmini[ -]van\b", "minivan", text)


def _length_notes(title: str) -> list[str]:
    if len(title) <= MOST_CHARACTERS:
        return []
    return [f"Only the first {MOST_CHARACTERS} characters were read."]


def _number(reader: Any, field: Field | None, text: str) -> Found:
    return reader(text, field) if field else Found(None, text)


def _words(by_name: dict[str, Field], text: str, is_year_known: bool) -> dict[str, Any]:
    """Return make, model and the features that are words, of the text without its numbers."""
    said: dict[str, Any] = {}
    rest = text
    for name, field in by_name.items():
        if name not in (MAKE, MODEL):
            said[name], rest = title_words.read(field, rest)
    said.pop(YEAR, None)
    if MAKE in by_name:
        names = title_names.read(by_name[MAKE], by_name.get(MODEL), text, rest)
        said |= {MAKE: names.make, MODEL: names.model}
        if names.year and YEAR in by_name and not is_year_known:
            said[YEAR] = title_numbers.full_year(names.year, by_name[YEAR])
    if PAINT in by_name:
        # Red Sport and Black Edition are models: no colours.
        unnamed = _without_name(by_name.get(MODEL), said, text)
        said[PAINT], _ = title_words.read(by_name[PAINT], unnamed)
    return {name: value for name, value in said.items() if value is not None}


def _without_name(model: Field | None, said: dict[str, Any], text: str) -> str:
    """The text without the words of the model that was found."""
    name = said.get(MODEL)
    if model is None or not name:
        return text
    for word in name.casefold().split():
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", BREAK, text, count=1)
    return text
