"""Make, model and a year of two digits in the words of a listing's title.              (pure)"""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from price_app.describe import spelling
from price_app.describe.fields import Field
from price_app.describe.title_numbers import BREAK
from price_app.texts import squashed

MAX_WORDS_OF_A_MODEL, MAX_WORDS_TYPED = 8, 3
# A listed model stands near its make: further on the words tell of other things.
MAX_WORDS_BETWEEN = 3
# A model names its make where at least this share of the vehicles called so are of one make.
MIN_SHARE_OF_ONE_MAKE = 0.8
MIN_LIKENESS_OF_A_PHRASE = 0.9
_STOP = BREAK.strip()
_BREAKS = re.compile(
    r"\$\S*|[,;|•·()\[\]{}!?*~<>=\"“”]+|\s[-–—:/+]+\s|\.{2,}|\.(?=\s|$)|\s['’]|['’](?=\s|$)"
)
# Words of advertisements, which are no part of a model's name: how it is, how it drives, who
# sells it and how, what was done to it, and what joins sentences.
_ADVERTISING = frozenset("""
    amazing awesome bad beautiful best better brand clean cleanest cold cool excellent exceptional extra extremely fair fine
    gorgeous good great high immaculate like lovely low lower mint must new newer nice nicer nicest
    older one original perfect pristine rare rebuilt reliable rusty sharp single solid spotless strong super sweet
    ugly unique used very vintage well
    drive driven drives driving handyman mechanic mechanics needs need parts project run runner running runs
    slipping start starts stuck works working work doesnt dont does not wont broken damaged wrecked
    ad asap best bargain beater bid buy buyer call cash certified cheap contact cost daily deal dealer delivery
    discount dollars down finance financed financing firm flipper for free gift guaranteed help hurry inspected inspection currently
    last lasts loaded make me miles mileage mileages monthly moving must neg negotiable nego now obo offer offers only or
    owned owner owners payment payments please price priced pricing quick reduced rental sale sales save see sell seller
    selling shape shipping shoot sold special steal still take text title titles today trade trades urgent want
    wanted warranty weekend welcome will
    accident accidents all and are as at been but by can condition fully family from full had has have i in is it
    its just lady little local more most mostly my no of old on our out over own personal really s so some than that the
    this to too under up upgrades was we with without w work you your years year
    blown brakes bumper clutch engine engines frame gasket head heads hood rust inside interior motor odo odometer paint seats stereo tags
    tires tire transmission trans tranny upholstery wheels windows
    automobile auto car cars suv suvs truck trucks van vans vehicle vehicles pickup ratrod ride transportation
    """.split())
# Versions that many models have: alone they name none.
_VERSIONS = frozenset("""
    base classic crew cab custom deluxe edition hybrid limited luxury platinum premium se sedan sel signature special
    sport sports touring turbo wagon xl xlt lx ex le lt ls slt coupe convertible hatchback conversion cargo
    """.split())
_DOORS = re.compile(r"\b\d[ -]?(?:doors?|dr|d)\b")
_JOINED_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?=[a-z]{3})")
_TWO_DIGITS = re.compile(r"['’‘`´]?\d\d['’‘`´]?")
_COUNTED = re.compile(r"\d{1,2}-?[a-z]{4,}|(?:19|20)\d\d")
_RECENT_OR_OLD = re.compile(r"[089]\d")


# Where a make stands among the words, and its option.
Place = tuple[int, int, str]


@dataclass(frozen=True)
class Names:
    """What was read: make, model, and the two digits of a year; None where it is not there."""

    make: str | None = None
    model: str | None = None
    year: str | None = None


def read(make: Field, model: Field | None, text: str, rest: str) -> Names:
    """Return the names in the text; `rest` is the text without the words of other features."""
    words = split(text, make)
    known = _Known(make, model)
    places = _by_make(known, words) or _by_model(known, words, rest) or _by_likeness(known, words)
    if not places:
        return Names()
    listed = None
    # Of several makes the first one that has the model: `Toyota Scion xD`.
    for place in places:
        listed = known.model_beside(place, words)
        if listed:
            break
    start, end, name = place if listed else places[0]
    year = _year_before(words, start) or _year_at_the_end(words, end)
    if model is None:
        return Names(name, None, year)
    return Names(name, listed or known.typed(name, split(rest, make)), year)


def split(text: str, make: Field) -> list[str]:
    """Return the words, with breaks between what does not belong together."""
    text = _JOINED_YEAR.sub(rf"\1{BREAK}", _DOORS.sub(BREAK, text))
    names = "|".join(re.escape(option.casefold()) for option in make.options)
    if names:
        # `mazda3` is two words, and so is `ford-f150`.
        text = re.sub(rf"\b({names})(?=\d)", r"\1 ", text)
    return _BREAKS.sub(BREAK, text).split()


def _by_make(known: "_Known", words: list[str]) -> list[Place]:
    places: list[Place] = []
    start = 0
    while place := spelling.make_in(words[start:], known.make.options, known.make.other_names):
        places.append((place[0] + start, place[1] + start, place[2]))
        start += place[1]
    return places


def _by_model(known: "_Known", words: list[str], rest: str) -> list[Place]:
    """Return the make of a model that stands where a name is expected; its words are kept."""
    meaningful = set(split(rest, known.make))
    is_first = True
    for start, word in enumerate(words):
        if word == _STOP or _TWO_DIGITS.fullmatch(word):
            is_first = True
            continue
        if _is_noise(word) or word not in meaningful:
            continue
        for end in range(min(start + MAX_WORDS_OF_A_MODEL, len(words)), start, -1):
            phrase = spelling.key(" ".join(words[start:end]))
            if is_first or (re.search(r"\d", phrase) and re.search(r"[a-z]", phrase)):
                make = known.make_of(phrase)
                if make:
                    return [(start, start, make)]
        is_first = False
    return []


def _by_likeness(known: "_Known", words: list[str]) -> list[Place]:
    for start, word in enumerate(words):
        make = None if _is_noise(word) else spelling.misspelt(word, known.make.options)
        if make:
            return [(start, start + 1, make)]
    return []


class _Known:
    """The names of a schema, looked up by what their spellings share."""

    def __init__(self, make: Field, model: Field | None):
        self.make, self._model = make, model
        self._phrases: dict[str, dict[str, str]] = {}

    def model_beside(self, place: Place, words: list[str]) -> str | None:
        """Return the listed model that stands after the make, or else before it."""
        start, end, make = place
        # The make's own words too: a Range Rover is a Land Rover and a model.
        after = self._model_in(make, words[start:], end - start)
        return after or self._model_in(make, words[:start], MAX_WORDS_BETWEEN)

    def _model_in(self, make: str, words: Sequence[str], words_of_make: int) -> str | None:
        """Return the longest name of a model at the first place where one stands."""
        named = self._names(make)
        passed = -words_of_make
        for start, word in enumerate(words):
            if word == _STOP or not squashed(word):
                continue
            for end in range(min(start + MAX_WORDS_OF_A_MODEL, len(words)), start, -1):
                phrase = [each for each in words[start:end] if squashed(each)]
                name = named.get(spelling.key(" ".join(phrase), make))
                if name and (start <= words_of_make or not _is_bare(phrase)):
                    return self._whole(make, name, words[start:])
            passed += not _is_noise(word)
            if passed > MAX_WORDS_BETWEEN:
                break
        return None

    def _whole(self, make: str, name: str, words: Sequence[str]) -> str:
        """Return the name, or the option that it begins and that is misspelt: `town and county`."""
        if self._model and name in self._model.options_for(make):
            return name
        options = [each for each in self._model.options_for(make) if each.startswith(f"{name} ")]
        keys = {spelling.key(option, make): option for option in options}
        for count in range(2, MAX_WORDS_OF_A_MODEL):
            spoken = spelling.key(" ".join(words[:count]), make)
            close = difflib.get_close_matches(spoken, keys, n=1, cutoff=MIN_LIKENESS_OF_A_PHRASE)
            if close:
                return keys[close[0]]
        return name

    def typed(self, make: str, words: list[str]) -> str | None:
        """Return the words after the make, up to the first that is no part of a model's name."""
        place = spelling.make_in(words, [make], self.make.other_names)
        if place is None:
            close = [n for n, word in enumerate(words) if spelling.misspelt(word, [make])]
            place = (close[0], close[0] + 1, make) if close else None
        model: list[str] = []
        for word in words[place[1] :] if place else ():
            if word == _STOP and not model:
                continue
            if not squashed(word) or _is_noise(word) or self._is_make(word):
                break
            model.append(word)
        if not model or squashed(model[0]) in _VERSIONS:
            return None
        meant = spelling.misspelt(model[0], self._families(make))
        return meant or " ".join(model[:MAX_WORDS_TYPED])

    def _is_make(self, word: str) -> bool:
        return spelling.make_in([word], self.make.options, self.make.other_names) is not None

    def make_of(self, phrase: str) -> str | None:
        """Return the make that (nearly) all vehicles with a model of this name have."""
        counts = self._makes().get(phrase, {})
        make = max(counts, key=counts.__getitem__, default=None)
        is_clear = make and counts[make] >= MIN_SHARE_OF_ONE_MAKE * sum(counts.values())
        return make if is_clear and phrase not in _VERSIONS and len(phrase) > 1 else None

    def _names(self, make: str) -> Mapping[str, str]:
        """Return spelling → name, of the options and of the families that they are of."""
        if self._model is None:
            return {}
        if make not in self._phrases:
            named: dict[str, str] = {}
            options = self._model.options_for(make)
            for option in options:
                named.setdefault(spelling.key(option, make), option)
                # Some data sets leave a part of the make in the model: `benz e350`.
                named.setdefault(spelling.key(_without_words(option, make), make), option)
            for option in options:
                for family in _families_of(option):
                    named.setdefault(spelling.key(family, make), family)
            for name, option in self._model.other_names.items():
                if option in options:
                    named.setdefault(name, option)
            named.pop("", None)
            self._phrases[make] = named
        return self._phrases[make]

    def _families(self, make: str) -> list[str]:
        return [name for name in self._names(make).values() if " " not in name]

    def _makes(self) -> Mapping[str, Mapping[str, float]]:
        """Return spelling of a model → make → how many vehicles have it."""
        if "" not in self._phrases:
            by_name: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
            for make, options in self._model.options_by_parent.items() if self._model else ():
                counts = self._model.counts.get(make, {})
                for option in options:
                    for name in {spelling.key(each) for each in (option, *_families_of(option))}:
                        by_name[name][make] += counts.get(option, 1)
            self._phrases[""] = by_name
        return self._phrases[""]


def _families_of(option: str) -> Iterator[str]:
    """Yield the beginnings of a name by whole words, the longest first."""
    words = [word for word in option.split() if squashed(word)]
    for count in range(len(words) - 1, 0, -1):
        if squashed(words[0]) not in _VERSIONS:
            yield " ".join(words[:count])


def _is_bare(words: Sequence[str]) -> bool:
    """Whether it is a number or a version: far from its make it means something else."""
    name = squashed("".join(words))
    return name.isdigit() or name in _VERSIONS or len(name) == 1


def _is_noise(word: str) -> bool:
    """Whether it is no part of a name: an advertising word, `5-speed`, `1owner`, another year."""
    return squashed(word) in _ADVERTISING or bool(_COUNTED.fullmatch(word))


def _without_words(text: str, make: str) -> str:
    of_make = set(re.split(r"\W+", make.casefold()))
    return " ".join(word for word in text.split() if word.casefold() not in of_make)


def _year_before(words: Sequence[str], start: int) -> str | None:
    """Return `07` of `07 f150`, and of `07 clean f150`."""
    for word in reversed(words[:start]):
        if _TWO_DIGITS.fullmatch(word):
            return re.sub(r"\D", "", word)
        if not _is_noise(word) and word != _STOP:
            break
    return None


def _year_at_the_end(words: Sequence[str], end: int) -> str | None:
    """Return `05` of `Honda Civic 05`: the last word, and no number that could be a model's."""
    last = words[-1] if len(words) > end + 1 else ""
    return last if _RECENT_OR_OLD.fullmatch(last) and words[-2] != _STOP else None
