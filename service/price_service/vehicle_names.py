"""Makes and models as they are compared: `f150` is `F-150`, `ford f-150` of a ford too (pure)."""

import functools
import itertools
import re
import unicodedata

LETTER_BEFORE_NUMBER = re.compile(r"\b([^\W\d]) (?=\d)")
AND = re.compile("[&+]")


def squashed(text: str | None) -> str:
    """Return the letters and digits alone, in one case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text or "").casefold()))


@functools.lru_cache(maxsize=4_096)
def words(model: str | None, make: str | None) -> tuple[str, ...]:
    """Return the squashed words of a model's name, without its make and without `and`: `Mazda 3`,
    `mazda3` and `3` of a mazda are one, as are `Town and Country` and `town & country`.

    They are those of the served model (`serving_model.words`), so that what is one model to it is
    one here.
    """
    make = make or ""
    parts = map(squashed, AND.sub(" ", unicodedata.normalize("NFKC", model or "")).split())
    text = " ".join(part for part in parts if part not in ("", "and"))
    named = LETTER_BEFORE_NUMBER.sub(r"\1", text).split()
    makes = {squashed(make), *map(squashed, re.split(r"[\s-]+", make))}
    kept = list(itertools.dropwhile(makes.__contains__, named)) or named[-1:]
    return (_without_make(kept[0], squashed(make)), *kept[1:]) if kept else ()


def _without_make(word: str, make: str) -> str:
    """Return `3` of `mazda3` and `f150` of `fordf150`, but `fordor` as it is."""
    rest = word.removeprefix(make)
    is_name = len(rest) > 2 or any(map(str.isdigit, rest))
    return rest if is_name else word


def family(model: str | None, make: str | None) -> str:
    """Return the first word of a model's name, which its trims share."""
    return next(iter(words(model, make)), "")
