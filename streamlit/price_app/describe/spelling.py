"""When two spellings mean the same name, and what else people call a make.            (pure)"""

from collections.abc import Iterable, Sequence

from price_app.texts import squashed

# As `squashed` gives them. Some data sets keep every Land Rover under Rover.
OTHER_NAMES = {
    "alfa": ("alfaromeo",),
    "aston": ("astonmartin",),
    "benz": ("mercedesbenz",),
    "chev": ("chevrolet",),
    "chevy": ("chevrolet",),
    "harley": ("harleydavidson",),
    "infinity": ("infiniti",),
    "landrover": ("landrover", "rover"),
    "mercedes": ("mercedesbenz",),
    "rangerover": ("landrover", "rover"),
    "vw": ("volkswagen",),
}
MOST_WORDS_OF_A_MAKE = 3


def meant(text: str, options: Sequence[str]) -> str | None:
    """The option that the text spells in its own way; the first of several, None of none."""
    plain = " ".join(text.casefold().split())
    exact = next((option for option in options if option.casefold() == plain), None)
    return exact or _called(squashed(text), options)


def distinct(options: Iterable[str]) -> list[str]:
    """The options without those that spell an earlier one in another way."""
    first: dict[str, str] = {}
    for option in options:
        first.setdefault(squashed(option) or option, option)
    return list(first.values())


def aligned(options: Sequence[str]) -> dict[str, str]:
    """Each option with its first word spelled as the first option spells it.

    `f150 xlt` reads `f-150 xlt` beside an earlier `f-150`: who searches for one finds both.
    """
    first: dict[str, str] = {}
    spelled = {}
    for option in options:
        word, blank, rest = option.partition(" ")
        spelled[option] = first.setdefault(squashed(word) or word, word) + blank + rest
    return spelled


def make_in(words: Sequence[str], makes: Iterable[str]) -> tuple[int, int, str] | None:
    """The make that stands first among the words: where it starts and ends, and its option."""
    options = list(makes)
    for start in range(len(words)):
        for end in range(min(start + MOST_WORDS_OF_A_MAKE, len(words)), start, -1):
            make = _called(squashed("".join(words[start:end])), options)
            if make:
                return start, end, make
    return None


def without_make(text: str, make: str | None) -> str:
    """`f150` of `Ford f150`; the text itself where nothing else would be left of it."""
    words = text.split()
    found = make_in(words, [make]) if make else None
    if found is None or found[0] != 0 or found[1] == len(words):
        return text
    return " ".join(words[found[1] :])


def _called(name: str, options: Iterable[str]) -> str | None:
    names = {name, *OTHER_NAMES.get(name, ())}
    return next((option for option in options if name and squashed(option) in names), None)
