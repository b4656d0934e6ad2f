"""When two spellings mean the same name.                                              (pure)"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from price_app.texts import squashed

MAX_WORDS_OF_A_MAKE = 3
# A misspelt name: one letter wrong, missing or too many in a word of this length or longer.
MIN_LETTERS_OF_A_MISSPELT_NAME = 5
MIN_LIKENESS = 0.83
MIN_CHARACTERS_OF_A_BEGINNING = 2
_AND = re.compile(r"(?<!\w)and(?!\w)")


def key(text: str, make: str | None = None) -> str:
    """Return what spellings of one name share: `f150` of `F-150`, `3` of a Mazda's `mazda3`."""
    plain = squashed(_AND.sub(" ", text.casefold()))
    of_make = squashed(make or "")
    rest = plain.removeprefix(of_make)
    return rest or plain


def meant(
    text: str,
    options: Sequence[str],
    other_names: Mapping[str, str] | None = None,
    make: str | None = None,
) -> str | None:
    """Return the option that the text spells in its own way or by another name.

    An option's own name wins over another name; of several that fit the first one (the most
    frequent) is taken.
    """
    plain = " ".join(text.casefold().split())
    exact = next((option for option in options if option.casefold() == plain), None)
    return exact or _called(text, options, other_names or {}, make)


def begun(text: str, options: Sequence[str], make: str | None = None) -> str | None:
    """Return the one option that begins with the text, or that all which do begin with."""
    start = key(text, make)
    if len(start) < MIN_CHARACTERS_OF_A_BEGINNING:
        return None
    keys = {option: key(option, make) for option in options}
    fitting = [option for option in options if _begins(keys[option], start)]
    shortest = min(fitting, key=lambda option: len(keys[option]), default=None)
    if shortest and all(keys[option].startswith(keys[shortest]) for option in fitting):
        return shortest
    return None


def distinct(options: Iterable[str]) -> list[str]:
    """Return the options without those that spell an earlier one in another way."""
    first: dict[str, str] = {}
    for option in options:
        first.setdefault(squashed(option) or option, option)
    return list(first.values())


def aligned(options: Sequence[str]) -> dict[str, str]:
    """Return each option with its first word spelled as the first option spells it.

    `f150 xlt` reads `f-150 xlt` beside an earlier `f-150`: who searches for one finds both.
    """
    first: dict[str, str] = {}
    spelled = {}
    for option in options:
        word, blank, rest = option.partition(" ")
        spelled[option] = first.setdefault(squashed(word) or word, word) + blank + rest
    return spelled


def make_in(
    words: Sequence[str], makes: Iterable[str], other_names: Mapping[str, str] | None = None
) -> tuple[int, int, str] | None:
    """Return the make that stands first among the words: its start, its end and its option."""
    names = {squashed(make): make for make in reversed(list(makes))}
    names = {
        name: make for name, make in (other_names or {}).items() if make in names.values()
    } | names
    for start in range(len(words)):
        for end in range(min(start + MAX_WORDS_OF_A_MAKE, len(words)), start, -1):
            make = names.get(squashed("".join(words[start:end])))
            if make:
                return start, end, make
    return None


def misspelt(word: str, names: Iterable[str]) -> str | None:
    """Return the name that the word very likely stands for; None for short words and numbers."""
    plain = squashed(word)
    if len(plain) < MIN_LETTERS_OF_A_MISSPELT_NAME or not plain.isalpha():
        return None
    by_key = {squashed(name): name for name in names}
    close = difflib.get_close_matches(plain, by_key, n=1, cutoff=MIN_LIKENESS)
    return by_key[close[0]] if close else None


def without_make(text: str, make: str | None, other_names: Mapping[str, str] | None = None) -> str:
    """Return `f150` of `Ford f150`; the text itself where nothing else would be left of it."""
    words = text.split()
    place = make_in(words, [make], other_names) if make else None
    if place is None or place[0] != 0 or place[1] == len(words):
        return text
    return " ".join(words[place[1] :])


def _called(
    text: str, options: Sequence[str], other_names: Mapping[str, str], make: str | None
) -> str | None:
    name = squashed(text)
    if not name:
        return None
    wanted = key(text, make)
    by_name = next((option for option in options if squashed(option) == name), None)
    by_key = next((option for option in options if key(option, make) == wanted), None)
    other = other_names.get(name)
    return by_name or (other if other in options else None) or by_key


def _begins(name: str, start: str) -> bool:
    """Whether the name goes on after the start; a number is never half of another one."""
    if not name.startswith(start):
        return False
    rest = name[len(start) :]
    return not (start[-1].isdigit() and rest[:1].isdigit())
