"""How the form writes money, dates, names and failures for people."""

import math
import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache

from price_app import errors

NOT_KNOWN = "Not known"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!$<>|~&:=@/])")
# GitHub's Markdown makes links of these even where their signs are escaped.
_LINKS = re.compile(r"(?i)(w)(ww)(?=\.)|(h)(ttps?)(?=:)|(m)(ailto)(?=:)|(x)(mpp)(?=:)")
_NO_BREAK = "\u2060"
_ABBREVIATIONS = frozenset({"suv"})
# `xlt` and `gt`, but not the first word of St Louis or Ft Worth.
_TRIM = re.compile(r"(?!(?:st|ft|mt|dr)$)[b-df-hj-np-tv-xz]{2,}")
# The first that fits counts: a subclass stands before its parent.
_FAILURES = {
    errors.ServiceSlow: "The price service is taking too long to answer. Try again in a moment.",
    errors.ServiceUnreachable: "The price service cannot be reached. "
    "It may be restarting: try again shortly.",
    errors.NotReady: "The price service is not ready yet. It says: {}",
    errors.KeyRefused: "The price service refused this form's key. "
    "Whoever runs it has to set the same API_KEY for both.",
    errors.TooLarge: "That is more than the price service takes at once. Send less.",
    errors.ListingRefused: "The price service could not use the description. It says: {}",
    errors.CsvUnreadable: "This file cannot be used: {}",
}


def money(dollars: float) -> str:
    """`$18,250`, in plain text."""
    return f"-${-dollars:,.0f}" if dollars < 0 else f"${dollars:,.0f}"


def round_money(dollars: float) -> str:
    """`$18,300` of 18,250: no more exact than it is known."""
    step = 100 if abs(dollars) >= 1000 else 10
    return money(math.floor(dollars / step + 0.5) * step)


def percent(share: float) -> str:
    """`13.8%` of 0.138."""
    return f"{share:.1%}"


def signed_money(dollars: float) -> str:
    """`+$1,200` or `−$950`: with a sign that is read as one."""
    return ("−" if dollars < 0 else "+") + money(abs(dollars))


def escaped(text: str) -> str:
    """Return the text on one line, with all that Markdown reads as a mark or as LaTeX literal.

    Addresses stay texts: an invisible sign that joins words parts `www.` and `@` from the rest.
    """
    one_line = " ".join(text.split())
    apart = re.sub("@", f"{_NO_BREAK}@{_NO_BREAK}", _LINKS.sub(_parted, one_line))
    return _MARKDOWN.sub(r"\\\1", apart)


def _parted(match: re.Match) -> str:
    first, rest = (part for part in match.groups() if part)
    return f"{first}{_NO_BREAK}{rest}"


def squashed(name: str) -> str:
    """Return letters and digits alone: `f150` of `F-150`, to tell spellings of one name."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def month(iso_date: str) -> str:
    """`April 2021` of `2021-04-27`; the text itself where it is no date."""
    try:
        return f"{date.fromisoformat(iso_date[:10]):%B %Y}"
    except ValueError:
        return iso_date


def moment(iso_time: str) -> str:
    """`23 November 2026, 15:20 UTC` of an ISO time; the text itself where it is none."""
    try:
        when = datetime.fromisoformat(iso_time)
    except ValueError:
        return iso_time
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


@lru_cache(maxsize=4096)
def proper_name(value: str) -> str:
    """A make, model or place as people write it: `ford f-150` is `Ford F-150`, `bmw` is `BMW`."""
    if len(value) <= 2:
        return value.upper()
    return " ".join(_capitalised(word) for word in value.split(" "))


def _capitalised(word: str) -> str:
    if re.search(r"\d", word):
        return word if word[:1].isdigit() else word.upper()
    if _TRIM.fullmatch(word):
        return word.upper()
    return re.sub(r"(^|[-/(])(\w)", lambda found: found[1] + found[2].upper(), word)


def plain_name(value: str) -> str:
    """Any other category: `8 cylinders`, `Full-size`, `SUV`, `4wd`."""
    return value.upper() if value in _ABBREVIATIONS else value[:1].upper() + value[1:]


def failure_message(error: Exception) -> str:
    """One or two plain sentences on what went wrong and what to do."""
    for kind, message in _FAILURES.items():
        if isinstance(error, kind):
            return message.format(error)
    return "The price service gave an answer that this form does not understand."
