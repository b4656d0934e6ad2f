"""A pasted listing's title, read as a description.                                    (pure)"""

import re
import unicodedata
from typing import Any

from price_app.describe import spelling, title_numbers, title_words
from price_app.describe.description import MOST_CHARACTERS, Description
from price_app.describe.fields import Field
from price_app.describe.title_numbers import BREAK, Found
from price_app.texts import squashed

MAKE, MODEL, PAINT = "manufacturer", "model", "paint_color"
_MOST_WORDS_OF_A_MODEL, _MOST_WORDS_TYPED = 8, 5
_BREAKS = re.compile(r"\$\S*|[,;|•·()\[\]{}!?*~<>=]+|\s[-–—:/+&]+\s|\.{2,}|\.(?=\s|$)")


def read(title: str, fields: list[Field]) -> Description:
    """All that the title says and the form can take; what is not understood is left."""
    by_name = {field.name: field for field in fields}
    notes = _length_notes(title)
    text = _plain(title)
    asking = title_numbers.price(text)
    odometer = _number(title_numbers.odometer, by_name.get("odometer"), asking.text)
    year = _number(title_numbers.year, by_name.get("year"), odometer.text)
    said = {"year": year.number, "odometer": odometer.number}
    said |= _words(by_name, year.text)
    values = {name: value for name, value in said.items() if value is not None}
    notes += [found.note for found in (odometer, year) if found.note]
    return Description(values, asking.number, tuple(notes))


def _plain(title: str) -> str:
    """Lower case, one spelling of each character, and `minivan` never `mini`."""
    text = unicodedata.normalize("NFKC", title[:MOST_CHARACTERS]).casefold()
    return re.sub(r"\bmini[ -]van\b", "minivan", text)


def _length_notes(title: str) -> list[str]:
    if len(title) <= MOST_CHARACTERS:
        return []
    return [f"Only the first {MOST_CHARACTERS} characters were read."]


def _number(reader: Any, field: Field | None, text: str) -> Found:
    return reader(text, field) if field else Found(None, text)


def _words(by_name: dict[str, Field], text: str) -> dict[str, Any]:
    """Make, model and the features that are words, of the text without its numbers."""
    said, rest = {}, text
    for name, field in by_name.items():
        if name not in (MAKE, MODEL):
            said[name], rest = title_words.read(field, rest)
    said |= _make_and_model(by_name, text, rest)
    if PAINT in by_name:
        # Red Sport and Black Edition are models: no colours.
        unnamed = _without_name(by_name.get(MODEL), said, text)
        said[PAINT], _ = title_words.read(by_name[PAINT], unnamed)
    return {name: value for name, value in said.items() if value is not None}


def _make_and_model(by_name: dict[str, Field], text: str, rest: str) -> dict[str, str | None]:
    if MAKE not in by_name:
        return {}
    makes = by_name[MAKE].options
    words = _split(text, makes)
    found = spelling.make_in(words, makes)
    if found is None:
        return {}
    start, end, make = found
    said = {MAKE: make}
    if MODEL in by_name:
        options = by_name[MODEL].options_for(make)
        after, before = words[end:], words[:start]
        listed = _listed(after, options, make) or _listed(before, options, make)
        said[MODEL] = listed or _typed(_split(rest, makes), makes)
    return said


def _listed(words: list[str], options: list[str], make: str) -> str | None:
    """The longest option that the words begin with, or else that stands among them."""
    named: dict[str, str] = {}
    for option in options:
        for spelled in (option, _without_words(option, make)):
            named.setdefault(squashed(spelled), option)
    named.pop("", None)
    for spoken in (words, _without_words(" ".join(words), make).split()):
        whole = [word for word in spoken if squashed(word)]
        for start in range(len(whole)):
            for end in range(min(start + _MOST_WORDS_OF_A_MODEL, len(whole)), start, -1):
                option = named.get(squashed("".join(whole[start:end])))
                if option:
                    return option
    return None


def _typed(words: list[str], makes: tuple[str, ...]) -> str | None:
    """The words after the make, up to the first break: a model that is not listed."""
    found = spelling.make_in(words, makes)
    model: list[str] = []
    for word in words[found[1] :] if found else ():
        if squashed(word) and word != BREAK.strip():
            model.append(word)
        elif model:
            break
    return " ".join(model[:_MOST_WORDS_TYPED]) or None


def _split(text: str, makes: tuple[str, ...]) -> list[str]:
    """Words, with breaks between what does not belong together; `mazda3` is two words."""
    for make in makes:
        text = re.sub(rf"\b({re.escape(make.casefold())})(?=\d)", r"\1 ", text)
    return _BREAKS.sub(BREAK, text).split()


def _without_words(text: str, make: str) -> str:
    """`e350` of `benz e350`: some data sets leave a part of the make in the model."""
    of_make = set(re.split(r"\W+", make.casefold()))
    return " ".join(word for word in text.split() if word.casefold() not in of_make)


def _without_name(model: Field | None, said: dict[str, Any], text: str) -> str:
    """The text without the words of the model that was found."""
    name = said.get(MODEL)
    if model is None or not name:
        return text
    for word in name.casefold().split():
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", BREAK, text, count=1)
    return text
