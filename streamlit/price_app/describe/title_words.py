"""What the words of a listing's title say: drive, fuel, gearbox, colour and the like.  (pure)"""

import re

from price_app.describe.fields import Field
from price_app.describe.title_numbers import BREAK
from price_app.texts import squashed

_TITLE = r"\W{0,3}title\b"
_INSIDE = r"(?!\W+(?:interior|leather|seats?|top|wheels?|rims?|trim|grille?|edition|label|sport)\b)"
_ALL_WHEELS = r"\bawd\b|\ball[ -]wheel[ -]drive\b"
_COLOURS = "white black silver blue red green brown yellow orange purple".split()
_NUMBERS = {"three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12}
_CYLINDERS = re.compile(
    r"\b(?:v-?(?P<v>3|4|5|6|8|10|12)"
    r"|(?:inline|straight|flat)[ -]?(?P<row>3|4|5|6)"
    rf"|(?P<count>\d{{1,2}}|{'|'.join(_NUMBERS)})[ -]?cyl(?:inders?)?\b\.?)(?!\w)"
)
# By feature: what may stand in a title, and the option that it means, the clearest first. Words
# that tell of something else as often (`auto`, `gas`, `new`, `off road`) are not here.
_WORDS = {
    "title_status": (
        (rf"\b(?:clean|clear){_TITLE}|\btitle\W{{1,3}}(?:is )?clean\b", "clean"),
        (rf"\bsalvaged?{_TITLE}|\btitle\W{{1,3}}(?:is )?salvaged?\b", "salvage"),
        (rf"\b(?:rebuilt|reconstructed){_TITLE}|\btitle\W{{1,3}}(?:is )?rebuilt\b", "rebuilt"),
        (r"\bparts only\b|\bfor parts\b", "parts only"),
        (rf"\b(?:no|missing|lost){_TITLE}", "missing"),
        (rf"\blien{_TITLE}|\btitle\W{{1,3}}lien\b|\blien on (?:the )?title\b", "lien"),
    ),
    "drive": (
        (r"\b4[ -]?x[ -]?4\b|\b(?:4|four)[ -]?wd\b|\b(?:4|four)[ -]wheel[ -]drive\b", "4wd"),
        (_ALL_WHEELS, "awd"),
        # Where the listings' sites have no word of its own for it.
        (_ALL_WHEELS, "4wd"),
        (r"\bfwd\b|\bfront[ -]wheel[ -]drive\b", "fwd"),
        (r"\brwd\b|\brear[ -]wheel[ -]drive\b", "rwd"),
    ),
    "transmission": (
        (r"\b(?:\d{1,2}[ -]?sp(?:ee)?d )?automatic\b(?! (?:windows|doors|lights))", "automatic"),
        (r"\bauto trans(?:mission)?\b|\bautomatic transmission\b", "automatic"),
        (
            r"(?<!owner's )(?<!owners )(?<!owner’s )\b(?:\d[ -]?sp(?:ee)?d )?manual\b"
            r"(?! (?:windows|locks|seats|included))|\bstick[ -]?shift\b",
            "manual",
        ),
    ),
    "fuel": (
        (r"\b(?:turbo ?)?diesel\b|\bcummins\b|\bduramax\b|\bpower ?stroke\b", "diesel"),
        (r"\b(?:plug[ -]?in )?hybrid\b|\bphev\b", "hybrid"),
        (
            r"\ball[ -]electric\b|\belectric\b(?! (?:windows?|seats?|start|locks?|steering|doors?|"
            r"mirrors?|brakes?|winch|steps?))|\bev\b",
            "electric",
        ),
        (r"\bgasoline\b|\bpetrol\b|\bgas engine\b", "gas"),
    ),
    "type": (
        (r"\bmini-?van\b", "mini-van"),
        (r"\bsedan\b|\bsaloon\b", "sedan"),
        (r"\bs\.?u\.?v\b|\bcrossover\b", "suv"),
        (r"\bpick[ -]?up\b", "pickup"),
        (r"\bcoup[eé]\b", "coupe"),
        (r"\bhatch(?:back)?\b", "hatchback"),
        (r"\bconvertible\b(?! top)|\bcabriolet\b", "convertible"),
        (r"\b(?:station )?wagon\b", "wagon"),
        (r"\bvan\b", "van"),
        (r"\btruck\b", "truck"),
        (r"\bbus\b", "bus"),
    ),
    "condition": (
        (r"\blike[ -]new\b(?! (?:tires?|brakes?|interior|seats?|engine))", "like new"),
        (r"\bexcellent (?:cond(?:ition)?|shape)\b|\bcondition\W{1,3}excellent\b", "excellent"),
        (r"\bgood (?:cond(?:ition)?|shape)\b|\bcondition\W{1,3}good\b", "good"),
        (r"\bfair (?:cond(?:ition)?|shape)\b|\bcondition\W{1,3}fair\b", "fair"),
    ),
    "size": (
        (r"\bfull[ -]size\b", "full-size"),
        (r"\bmid[ -]size\b", "mid-size"),
        (r"\bsub[ -]?compact\b", "sub-compact"),
        (r"\bcompact\b", "compact"),
    ),
    "paint_color": (
        (rf"\bgr[ae]y\b{_INSIDE}", "grey"),
        *((rf"\b{colour}\b{_INSIDE}", colour) for colour in _COLOURS),
    ),
}
_MEANINGS = {
    name: tuple((re.compile(pattern), option) for pattern, option in meanings)
    for name, meanings in _WORDS.items()
}


def read(field: Field, text: str) -> tuple[str | None, str]:
    """The option that the text names (the first of several), and the text without its words."""
    if field.name == "cylinders":
        return _cylinders(field, text)
    found = []
    for pattern, meaning in _MEANINGS.get(field.name, ()):
        option = _option(field, meaning)
        match = pattern.search(text) if option else None
        if match:
            found.append((match.start(), option, pattern))
    if not found:
        return None, text
    _, option, pattern = min(found, key=lambda each: each[0])
    return option, pattern.sub(BREAK, text)


def _option(field: Field, meaning: str) -> str | None:
    return next((one for one in field.options if squashed(one) == squashed(meaning)), None)


def _cylinders(field: Field, text: str) -> tuple[str | None, str]:
    match = _CYLINDERS.search(text)
    if match is None:
        return None, text
    said = match["v"] or match["row"] or match["count"]
    count = str(_NUMBERS.get(said, said))
    for option in field.options:
        if re.match(r"\d*", option)[0] == count:
            return option, _CYLINDERS.sub(BREAK, text)
    return None, text
