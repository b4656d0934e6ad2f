"""Numbers as people type and paste them: `89k`, `89,000`, `80 000`, `51,000 mi`.      (pure)"""

import re
import unicodedata
from dataclasses import dataclass

from price_app.describe.fields import Field
from price_app.describe.title_numbers import MILES_PER_KILOMETRE, full_year

MAX_CHARACTERS = 40
# Groups of three digits by commas, blanks or apostrophes are thousands; so are two or more by
# points. One point before three digits may be either, and is not read.
_NUMBER = re.compile(
    r"\$?\s*(?P<sign>-?)\s*\$?\s*"
    r"(?P<digits>\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d{1,3}(?:['’]\d{3})+"
    r"|\d{1,3}(?:\.\d{3}){2,}|\d{1,3}\.\d{3}(?=,)|\d+)"
    r"(?P<decimals>[.,]\d+)?\s*(?P<thousands>k|thousand)?\s*"
    r"(?P<unit>miles?|mi|mls|kms?|kilomet(?:er|re)s?|usd|us\$|dollars?|\$)?\.?"
)
_AMBIGUOUS = re.compile(
    r"\$?\s*(?P<whole>\d{1,3})\.(?P<rest>\d{3})(?![\d.,])\s*(?!(?:k|thousand)\b)[a-z$.]*"
)
_SHORT_YEAR = re.compile(r"['’‘`´]?(\d\d)['’‘`´]?")


@dataclass(frozen=True)
class Reading:
    """The number that a text stands for, or why it is not read; and what was changed."""

    value: int | float | None = None
    problem: str | None = None
    note: str | None = None


def read(text: str, field: Field) -> Reading:
    """Return the number; an empty text and a word for a blank are no number and no problem."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if not plain or field.is_blank(plain):
        return Reading()
    if is_year(field) and (short := _SHORT_YEAR.fullmatch(plain)):
        return _within(full_year(short[1], field), field)
    plain = plain if len(plain) <= MAX_CHARACTERS else ""
    if two := _AMBIGUOUS.fullmatch(plain):
        small, large = float(f"{two['whole']}.{two['rest']}"), int(two["whole"] + two["rest"])
        either = f"{small:g} or {large:,}"
        return Reading(problem=f"“{text.strip()}” may mean {either}: write it without the point.")
    match = _NUMBER.fullmatch(plain)
    if match is None or _is_half_grouped(match):
        return Reading(problem=f"“{_clipped(text)}” is not understood: write digits, as in 89000.")
    number = _amount(match)
    if (match["unit"] or "").startswith("k") and _counts_miles(field):
        miles = round(number * MILES_PER_KILOMETRE)
        return _within(miles, field, f"“{text.strip()}” was taken as {miles:,} miles.")
    return _within(_typed(number, field), field)


def written(value: int | float | None) -> str:
    """Return the number as it stands in its field."""
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)


def is_year(field: Field) -> bool:
    """Whether the number is a year, which is written without a comma."""
    return field.name == "year"


def _within(number: int | float, field: Field, note: str | None = None) -> Reading:
    if field.holds(number):
        return Reading(number, note=note)
    shown = str if is_year(field) else "{:,}".format
    low, high = field.bounds
    if low is not None and high is not None:
        return Reading(problem=f"{shown(number)} is not between {shown(low)} and {shown(high)}.")
    side = f"below {shown(low)}" if low is not None and number < low else f"above {shown(high)}"
    return Reading(problem=f"{shown(number)} is {side}.")


def _is_half_grouped(match: re.Match) -> bool:
    """Whether a comma stands before digits that are neither thousands nor a European decimal."""
    decimals = match["decimals"] or ""
    return decimals.startswith(",") and "." not in match["digits"]


def _amount(match: re.Match) -> float:
    digits = re.sub(r"\D", "", match["digits"])
    decimals = (match["decimals"] or "").replace(",", ".")
    number = float(match["sign"] + digits + decimals)
    return number * 1000 if match["thousands"] else number


def _typed(number: float, field: Field) -> int | float:
    return round(number) if field.is_whole else number


def _counts_miles(field: Field) -> bool:
    return "mile" in field.label.casefold()


def _clipped(text: str) -> str:
    clean = " ".join(text.split())
    return clean if len(clean) <= MAX_CHARACTERS else f"{clean[:MAX_CHARACTERS]}…"
