"""Numbers as people and programs write them in the cells of a CSV file (pure).

Read are `89000`, `89,000`, `1,23,000`, `80 000` with any blank, `80'000`, `80.000,50`, `80000,5`,
`$18,500`, `89k`, `~89k`, `100,000+`, `51,000 mi.`, `52,777 miles`, `120 000 km`. A point or comma
with three digits after it is the trouble: `80,000` is taken for eighty thousand, as in English;
`80.000` only where the column's other values show that the point groups thousands, and is refused
as ambiguous otherwise.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

MAX_CHARACTERS = 60
KILOMETRES_A_MILE = 1.609344
FACTORS = {("km", "miles"): 1 / KILOMETRES_A_MILE, ("miles", "km"): KILOMETRES_A_MILE}
UNIT_WORDS = {"miles": "mi|mile|miles|mls", "km": "km|kms|kilomet(?:er|re)s?"}
SEPARATORS = (".", ",")

# What nearly every cell is. Three digits after a point may be thousands: they are not plain.
PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
POINT_AND_THREE = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)

APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ´`′", "'"))
WRITTEN = re.compile(
    rf"""(?P<about>(?:~|≈|about|approx(?:imately|\.)?|circa|ca\.?)\s*)?
    (?P<money>(?:us)?\$|usd)?\s*
    (?P<sign>[+−-]?)(?P<digits>\d(?:[\d.,'\s]*\d)?|[.,]\d+)\.?\s*
    (?P<thousand>(?:k|thou|thousand)\b\.?|k(?=mi))?(?P<more>\+)?\s*
    (?:(?P<miles>{UNIT_WORDS["miles"]})|(?P<km>{UNIT_WORDS["km"]}))?\.?\s*
    (?P<money_after>\$|usd)?(?P<more_after>\+)?""",
    re.ASCII | re.VERBOSE,
)
GUESSES = ("about", "money", "money_after", "more", "more_after")
GROUPED = {
    separator: re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(separator)}\d{{3}})+")
    for separator in (" ", "'", *SEPARATORS)
}
LAKHS = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}")


class NumberRefused(Exception):
    """A text is no number that is taken; the message says why."""


class NumberAmbiguous(NumberRefused):
    """A text may be two numbers."""


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of one column are written.

    `unit` is the feature's own, `written_unit` that of the column's header where it is another, and
    `thousands` the separator of SEPARATORS that is known to group thousands.
    """

    unit: str | None = None
    written_unit: str | None = None
    thousands: str = ""

    @cached_property
    def is_usual(self) -> bool:
        """Whether plain numbers can be taken as they are."""
        return not self.thousands and self.written_unit in (None, self.unit)


USUAL = NumberFormat()


def is_plain(text: str) -> bool:
    """Return whether a text is a number of one meaning, as `float` reads it."""
    is_number = PLAIN.fullmatch(text) is not None
    return is_number and ("." not in text or POINT_AND_THREE.fullmatch(text) is None)


def read_number(text: str, form: NumberFormat = USUAL) -> tuple[float, bool]:
    """Return a text's number in the feature's unit, and whether it was converted or is a guess,
    which people should be told; raises NumberRefused."""
    text = text.strip()
    if form.is_usual and is_plain(text):
        return float(text), False
    if form.thousands == "" and "e" in text.lower() and PLAIN.fullmatch(text):
        return _converted(float(text), None, form)
    tidy = " ".join(text.translate(APOSTROPHES).replace("\N{FULLWIDTH COMMA}", ",").split())
    written = WRITTEN.fullmatch(tidy.casefold()) if len(text) <= MAX_CHARACTERS else None
    if written is None or (written["money"] and written["money_after"]):
        raise NumberRefused("must be a number")
    is_thousand = bool(written["thousand"])
    number = _value(written["digits"], form.thousands, is_thousand)
    number = round(number * 1000, 6) if is_thousand else number
    unit = next((unit for unit in UNIT_WORDS if written[unit]), None)
    number = -number if written["sign"] in ("-", "−") else number
    number, is_converted = _converted(number, unit, form)
    is_guess = any(written[name] for name in GUESSES)
    by_column = bool(form.thousands) and bool(GROUPED[form.thousands].fullmatch(written["digits"]))
    return number, is_converted or is_guess or (by_column and form.thousands == ".")


def _converted(number: float, unit: str | None, form: NumberFormat) -> tuple[float, bool]:
    """Return the number in the feature's unit, whole, and whether it was in another one."""
    if unit is not None and form.unit not in UNIT_WORDS:
        raise NumberRefused("must be a number without a unit")
    unit = unit or form.written_unit or form.unit
    if unit == form.unit:
        return number, False
    return float(round(number * FACTORS[unit, form.unit])), True


def _value(digits: str, thousands: str, is_thousand: bool) -> float:
    """Return the number of digits with separators; raises NumberRefused where it may be two."""
    if digits.isdigit():
        return float(digits)
    for separator in (" ", "'"):
        if separator in digits:
            return _grouped_by(separator, digits)
    if "." in digits and "," in digits:
        decimal = max(SEPARATORS, key=digits.rindex)
        group = "," if decimal == "." else "."
        if thousands == decimal:
            raise NumberRefused(f"must be a number; '{thousands}' groups thousands in its column")
        return _grouped_by(group, digits)
    return _with_one_separator("." if "." in digits else ",", digits, thousands, is_thousand)


def _with_one_separator(separator: str, digits: str, thousands: str, is_thousand: bool) -> float:
    """Return the number where only points stand in it, or only commas."""
    if GROUPED[separator].fullmatch(digits):
        is_single = digits.count(separator) == 1
        other = next(each for each in SEPARATORS if each != separator)
        is_clear = thousands == separator or (separator == "," and thousands != other)
        if is_single and (is_thousand or not is_clear):
            raise NumberAmbiguous(_ambiguity(digits, separator, is_thousand))
        return float(digits.replace(separator, ""))
    if separator == "," and LAKHS.fullmatch(digits):
        return float(digits.replace(",", ""))
    if digits.count(separator) != 1:
        raise NumberRefused("must be a number")
    if thousands == separator:
        raise NumberRefused(f"must be a number; '{separator}' groups thousands in its column")
    return float(digits.replace(separator, "."))


def _ambiguity(digits: str, separator: str, is_thousand: bool) -> str:
    """Return the sentence for a number that may be two, and how to write each."""
    large, small = digits.replace(separator, ""), float(digits.replace(separator, "."))
    meant = (f"{large}000", f"{small * 1000:.0f}") if is_thousand else (large, f"{small:.1f}")
    return f"is ambiguous: '{digits}' may mean {meant[0]} or {meant[1]}; write one of these"


def _grouped_by(group: str, digits: str) -> float:
    """Return the number whose thousands are grouped by one sign; the other may stand once, before
    its decimals."""
    whole, decimals = digits, ""
    for separator in SEPARATORS:
        if separator != group and separator in digits:
            whole, _, decimals = digits.rpartition(separator)
    is_grouped = GROUPED[group].fullmatch(whole) or (group == "," and LAKHS.fullmatch(whole))
    if not is_grouped or not (decimals or whole == digits) or not f"0{decimals}".isdigit():
        raise NumberRefused("must be a number")
    return float(f"{whole.replace(group, '')}.{decimals or 0}")


@dataclass
class PointEvidence:
    """What the values of one column say of the point: whether it groups thousands.

    It does where one value can be read no other way (`1.234.567`, `80.000,50`), or where two
    different values have three digits after it and nothing speaks against it: neither a value with
    another number of decimals, nor one of a thousand and more without a point, nor a comma that
    groups.
    """

    values: set[str] = field(default_factory=set)
    is_certain: bool = False
    is_refuted: bool = False

    def add(self, text: str) -> None:
        """Take a cell into account; one that says nothing costs next to nothing."""
        if "." not in text and "," not in text:
            if not self.is_refuted and len(text) >= 4 and text.isdecimal():
                self.is_refuted = True
            return
        if (match := NUMERAL.search(text[:MAX_CHARACTERS])) is not None:
            self._add_numeral(match.group())

    def _add_numeral(self, digits: str) -> None:
        point, comma = digits.count("."), digits.count(",")
        whole = digits.partition(",")[0]
        if point and comma <= 1 and (point > 1 or comma) and GROUPED["."].fullmatch(whole):
            self.is_certain = True
        elif GROUPED["."].fullmatch(digits):
            if len(self.values) < 2:
                self.values.add(digits)
        elif point or GROUPED[","].fullmatch(digits):
            self.is_refuted = True

    @property
    def groups(self) -> bool:
        """Whether the point groups thousands."""
        return self.is_certain or (len(self.values) > 1 and not self.is_refuted)


NUMERAL = re.compile(r"\d[\d.,]*\d|\d", re.ASCII)
