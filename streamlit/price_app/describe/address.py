"""A description as the query parameters of the page's address, and back.              (pure)"""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from price_app import texts
from price_app.describe.description import MOST_CHARACTERS, MOST_DOLLARS, Description
from price_app.describe.fields import Field

ASKING = "asking_price"
# Messengers, mail programs and advertisers add words of their own to links that pass through them.
# There is no list of them: what is not like a field's name is passed over.
MIN_LIKENESS_OF_A_NAME = 0.75
_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,6})?")
_MOST_NAMED, _MOST_CHARACTERS_NAMED = 8, 40


def to_query(record: Mapping[str, Any], asking: int | None) -> dict[str, str]:
    """The known answers and the asking price, as query parameters."""
    query = {name: str(value) for name, value in record.items()}
    return query if asking is None else query | {ASKING: str(asking)}


def from_query(query: Mapping[str, str], fields: list[Field]) -> Description:
    """What the form can use of an address; what it cannot is named in a note."""
    names = _names(fields)
    said = {name: text for name, text in query.items() if _is_like_a_field(name, names)}
    values: dict[str, Any] = {}
    for field in sorted(fields, key=lambda each: each.parent is not None):
        value = _value(field, said[field.name], values) if field.name in said else None
        if value is not None:
            values[field.name] = value
    asking = _dollars(said.get(ASKING, ""))
    used = {*values, ASKING} if asking else set(values)
    labels = {field.name: field.label for field in fields}
    unused = [(labels.get(name, name), text) for name, text in said.items() if name not in used]
    return Description(values, asking, tuple(_notes(unused)))


def _names(fields: list[Field]) -> list[str]:
    """Return what people may call the fields and the asking price, squashed."""
    words = [word for field in fields for word in (field.name, field.label, *field.column_names)]
    return [texts.squashed(word) for word in (*words, ASKING)]


def _is_like_a_field(name: str, names: list[str]) -> bool:
    """Whether a parameter is a field's, or a field's misspelt, of which the visitor is told."""
    plain = texts.squashed(name)
    return bool(difflib.get_close_matches(plain, names, n=1, cutoff=MIN_LIKENESS_OF_A_NAME))


def _value(field: Field, text: str, values: Mapping[str, Any]) -> Any:
    """The field's value; None where it takes no such thing."""
    if field.kind == "number":
        number = _number(text, field.is_whole)
        return number if field.holds(number) else None
    if len(text) > MOST_CHARACTERS or not text.isprintable():
        return None
    parent_value = values.get(field.parent or "")
    meant = field.meant(text, parent_value)
    return meant if meant != texts.NOT_KNOWN and field.keeps(meant, parent_value) else None


def _number(text: str, is_whole: bool) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    if is_whole:
        return int(number) if number.is_integer() else None
    return number


def _dollars(text: str) -> int | None:
    dollars = _number(text, is_whole=True)
    return int(dollars) if dollars and 1 <= dollars <= MOST_DOLLARS else None


def _notes(unused: list[tuple[str, str]]) -> list[str]:
    if not unused:
        return []
    named = [f"{_clipped(name)} “{_clipped(text)}”" for name, text in unused[:_MOST_NAMED]]
    more = " and more" if len(unused) > _MOST_NAMED else ""
    return [f"This form cannot use a part of the address: {', '.join(named)}{more}."]


def _clipped(text: str) -> str:
    clean = " ".join("".join(filter(str.isprintable, text)).split())
    short = clean[:_MOST_CHARACTERS_NAMED]
    return short if short == clean else f"{short}…"
