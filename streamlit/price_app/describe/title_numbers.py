"""The asking price, the odometer and the year in a listing's title.                    (pure)"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from price_app.describe.description import MOST_DOLLARS
from price_app.describe.fields import Field

BREAK = " ¦ "
MILES_PER_KILOMETRE = 0.621371
# A dollar or so is what sellers enter who name no price.
LEAST_DOLLARS = 100
_NUMBER = r"\d{1,3}(?:[.,]\d{3})+(?:\.\d\d?)?|\d+(?:\.\d+)?"
_THOUSANDS = r"k|thousand"
_UNKNOWN_DIGITS = r",?(?:x|\*){3}"
_PRICES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:us)?\$\s*(?P<number>{_NUMBER})\s*(?P<thousands>{_THOUSANDS})?\b",
        rf"\b(?:asking(?: price)?|price[d]?(?: at| to sell at)?)\s*[:=]?\s*"
        rf"(?P<number>{_NUMBER})\s*(?P<thousands>{_THOUSANDS})?\b",
        rf"(?<![\w.,])(?P<number>{_NUMBER})\s*(?P<thousands>{_THOUSANDS})?"
        r"\s*(?:obo|o\.b\.o|or best offer|firm|cash|usd|dollars|bucks)\b",
    )
)
_NO_PRICE_BEFORE = re.compile(r"(?:\b(?:from|was|originally|msrp|new|over|save|spent)\W*)$")
_NO_PRICE_AFTER = re.compile(
    r"\s*(?:down\b|/|per\b|a (?:month|week)|monthly|weekly|mo\b|off\b|deposit|rebate|in \w+|worth)"
)
_UNIT = r"(?P<unit>miles?|mi|mls|kms?|kilomet(?:er|re)s?)"
_ODOMETERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\w$.,-])(?P<number>{_NUMBER})\s*(?P<thousands>{_THOUSANDS})?"
        rf"(?P<unknown>{_UNKNOWN_DIGITS})?\s*(?:(?:original|orig\.?|actual|highway|hwy|low)\s+)*"
        rf"{_UNIT}\b\.?",
        rf"\b(?:odometer|odo|mileage|miles)\s*[:=]?\s*(?:is\s+)?(?P<number>{_NUMBER})"
        rf"\s*(?P<thousands>{_THOUSANDS})?(?P<unknown>{_UNKNOWN_DIGITS})?\s*{_UNIT}?(?!\w)",
        rf"(?<![\w$.,-])(?P<number>\d{{1,3}}(?:\.\d)?)\s*"
        rf"(?:(?P<thousands>k)\b|(?P<unknown>{_UNKNOWN_DIGITS})(?!\w))(?P<unit>)",
    )
)
_NO_ODOMETER_AFTER = re.compile(
    r"\s*(?:range|of range|per\b|/|warranty|service|from\b|away|radius|ago|an hour|tow|gvw|lbs?\b|"
    r"in (?:upgrades|mods|work|parts)|(?:miles? |mi )?warranty|engine|motor|transmission)"
)
# `2000honda` too, but neither `2,005` nor `2000lbs`.
_YEAR = re.compile(
    r"(?<![\w.,$/])(?<!\d-)((?:19|20)\d\d)(?:\.5)?"
    r"(?=(?!lbs|rpm|miles|kms|dollars|obo|watts)[a-z]{3}|(?![\w]|[.,]\d))"
)
_SHORT_YEAR = re.compile(r"(?<!\w)['’‘`´]\s?(\d\d)(?![\w'’\"”])")


@dataclass(frozen=True)
class Found:
    """A number that was read, the text without it, and what to say about it."""

    number: int | None
    text: str
    note: str | None = None


def price(text: str) -> Found:
    """The first amount that is asked for the whole vehicle."""
    for match in _all(_PRICES, text):
        around = (text[: match.start()], text[match.end() :])
        if _NO_PRICE_BEFORE.search(around[0]) or _NO_PRICE_AFTER.match(around[1]):
            continue
        dollars = _amount(match)
        if LEAST_DOLLARS <= dollars <= MOST_DOLLARS:
            return Found(round(dollars), _without(text, match))
    return Found(None, text)


def odometer(text: str, field: Field) -> Found:
    """The miles driven; kilometres are converted, and that is said."""
    for match in _all(_ODOMETERS, text):
        if _NO_ODOMETER_AFTER.match(text[match.end() :]):
            continue
        in_kilometres = (match["unit"] or "").startswith("k")
        miles = round(_amount(match) * (MILES_PER_KILOMETRE if in_kilometres else 1))
        said, rest = match[0].strip(), _without(text, match)
        if not field.holds(miles):
            return Found(
                None, rest, f"“{said}” is not between {_span(field, ',')} miles: left out."
            )
        exact = not in_kilometres and not match["unknown"]
        return Found(miles, rest, None if exact else f"“{said}” was taken as {miles:,} miles.")
    return Found(None, text)


def year(text: str, field: Field) -> Found:
    """The first year that the form takes, `2014` or `'14`."""
    years = [(full_year(match[1], field), match) for match in _all((_YEAR, _SHORT_YEAR), text)]
    for number, match in years:
        if field.holds(number):
            return Found(number, _without(text, match))
    for number, match in years:
        note = f"The year {number} is not between {_span(field)}: left out."
        return Found(None, _without(text, match), note)
    return Found(None, text)


def _all(patterns: tuple[re.Pattern, ...], text: str) -> Iterator[re.Match]:
    """Every match, those of the clearest pattern first."""
    for pattern in patterns:
        yield from pattern.finditer(text)


def _amount(match: re.Match) -> float:
    groups = match.groupdict()
    digits = groups["number"].replace(",", "")
    # Two kinds of thousands' mark: `18,500` and `18.500`.
    number = float(re.sub(r"\.(?=\d{3}(?:\D|$))", "", digits))
    return number * 1000 if groups.get("thousands") or groups.get("unknown") else number


def full_year(digits: str, field: Field) -> int:
    """Return the latest year that the form takes of these digits: 2014 of `14`, 1998 of `98`."""
    number = int(digits)
    return number if number > 99 else number + (2000 if field.holds(number + 2000) else 1900)


def _span(field: Field, comma: str = "") -> str:
    return " and ".join(f"{bound:{comma}}" for bound in field.bounds if bound is not None)


def _without(text: str, match: re.Match) -> str:
    return text[: match.start()] + BREAK + text[match.end() :]
