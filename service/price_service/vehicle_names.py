"""Makes and models as they are compared: `f150` is `F-150`, `ford f-150` of a ford too (pure)."""

import functools
import re
import unicodedata

LETTER_BEFORE_NUMBER = re.compile(r"\b([^\W\d]) (?=\d)")


def squashed(text: str | None) -> str:
    """Letters and digits alone, in one case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text or "").casefold()))


@functools.lru_cache(maxsize=4_096)
def words(model: str | None, make: str | None) -> tuple[str, ...]:
    """Squashed words of a model's name, without a make that it repeats; as the served model reads
    them, so that what is one model to it is one here."""
    parts = filter(None, map(squashed, (model or "").split()))
    kept = LETTER_BEFORE_NUMBER.sub(r"\1", " ".join(parts)).split()
    repeated = len(kept) > 1 and kept[0] == squashed(make)
    return tuple(kept[1:] if repeated else kept)


def family(model: str | None, make: str | None) -> str:
    """The first word of a model's name, which its trims share."""
    return next(iter(words(model, make)), "")
