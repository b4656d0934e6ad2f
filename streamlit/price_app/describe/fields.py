"""The form's fields, read from the service's schema.                                  (pure)"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from price_app import texts
from price_app.describe import spelling

UP_FRONT = ("manufacturer", "model", "year", "odometer")
# As a seller thinks of it; what a later schema adds comes after.
DETAILS = (
    *("condition", "title_status", "state", "region", "transmission", "drive"),
    *("fuel", "cylinders", "type", "size", "paint_color"),
)
# More options than this in one select box freeze the page.
MOST_OPTIONS = 1000
# A shorter word at the start of a typed name may be a part of that name, as in `la crosse`.
LEAST_CHARACTERS_OF_A_PARENT = 3


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What else people call a field and its options; a schema of before tells none of it.

    `other_names`: squashed text → option; `counts`: vehicles in training by parent and option.
    """

    other_names: Mapping[str, str] = field(default_factory=dict)
    parent_other_names: Mapping[str, str] = field(default_factory=dict)
    blank_words: frozenset[str] = frozenset()
    column_names: tuple[str, ...] = ()
    counts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Field(Vocabulary):
    """One feature of the schema, as something to ask for."""

    name: str
    kind: str
    label: str
    help: str | None = None
    bounds: tuple[int | float | None, int | float | None] = (None, None)
    required: bool = False
    options: tuple[str, ...] = ()
    parent: str | None = None
    options_by_parent: Mapping[str, list[str]] = field(default_factory=dict)
    is_name: bool = False

    def options_for(self, parent_value: str | None) -> list[str]:
        """What can be chosen, most frequent first, given what was chosen for the parent."""
        if self.parent is None:
            return list(self.options)
        if parent_value in self.options_by_parent:
            return spelling.distinct(self.options_by_parent[parent_value])
        everything = list(dict.fromkeys([*self.options, *_merged(self.options_by_parent)]))
        return [] if parent_value or len(everything) > MOST_OPTIONS else everything

    def keeps(self, value: Any, parent_value: str | None) -> bool:
        """Whether an earlier value still has a place after the parent or the schema changed."""
        if value is None or value == texts.NOT_KNOWN:
            return True
        if self.kind == "number":
            return self.holds(value)
        if not isinstance(value, str):
            return False
        if not self.is_name or value in self.options_for(parent_value):
            return value in self.options_for(parent_value)
        return not parent_value or value not in _merged(self.options_by_parent)

    def meant(self, typed: str, parent_value: str | None) -> str | None:
        """Return the option that was typed in another spelling, else the text without its make."""
        options = [texts.NOT_KNOWN, *self.options_for(parent_value)]
        make = parent_value if self.parent else None
        rest = spelling.without_make(typed, make, self.parent_other_names)
        said = (spelling.meant(text, options, self.other_names, make) for text in (typed, rest))
        option = next(filter(None, said), None)
        if option is None and self.is_blank(typed):
            return texts.NOT_KNOWN
        return option or rest.strip() or None

    def chosen(self, typed: str, parent_value: str | None) -> str | None:
        """Return what was meant, where the visitor may have typed a beginning: `Tesl`."""
        value = self.meant(typed, parent_value)
        options = self.options_for(parent_value)
        if value in (None, texts.NOT_KNOWN) or value in options:
            return value
        return spelling.begun(value, options, parent_value if self.parent else None) or value

    def is_blank(self, text: str) -> bool:
        """Whether people write this where they do not know; an option is never such a word."""
        return " ".join(text.casefold().split()) in self.blank_words

    def parent_meant(self, typed: str) -> str | None:
        """Return the parent's option that the typed text begins with: `ford` of `Ford F-150`."""
        words = typed.split()
        place = spelling.make_in(words, self.options_by_parent, self.parent_other_names)
        if place is None or place[0] != 0 or place[1] == len(words):
            return None
        return place[2] if len(place[2]) >= LEAST_CHARACTERS_OF_A_PARENT else None

    @property
    def blank(self) -> str | None:
        """What stands in the field before anything is said."""
        asks_plainly = self.kind == "number" or self.required or self.name in UP_FRONT
        return None if asks_plainly else texts.NOT_KNOWN

    @property
    def is_whole(self) -> bool:
        """Whether the number is one without decimals."""
        return not any(isinstance(bound, float) for bound in self.bounds)

    def holds(self, value: Any) -> bool:
        """Whether a number lies within the bounds."""
        if not isinstance(value, (int, float)):
            return False
        minimum, maximum = self.bounds
        return (minimum is None or value >= minimum) and (maximum is None or value <= maximum)

    def shown(self, value: str) -> str:
        """The value as people write it."""
        if value == texts.NOT_KNOWN:
            return value
        return texts.proper_name(value) if self.is_name else texts.plain_name(value)

    def shown_options(self, parent_value: str | None) -> dict[str, str]:
        """What can be chosen, and how each is written."""
        options = self.options_for(parent_value)
        spelled = spelling.aligned(options) if self.parent else dict(zip(options, options))
        return {option: self.shown(name) for option, name in spelled.items()}

    def named(self, value: str, record: Mapping[str, Any]) -> str:
        """A record's value as its option is written."""
        return self.shown_options(record.get(self.parent or "")).get(value) or self.shown(value)


def fields_of(schema: Mapping) -> list[Field]:
    """Return every feature of the schema as a field, in the schema's order."""
    features = schema["features"]
    parents = {feature["options_by"]["feature"] for feature in features if "options_by" in feature}
    return [_field(schema, feature, feature["name"] in parents) for feature in features]


def divided(fields: list[Field]) -> tuple[list[Field], list[Field]]:
    """The fields to ask at once (the usual four and what is required), and the details."""
    front = [one for one in fields if one.required or one.name in UP_FRONT]
    details = [one for one in fields if one not in front]
    return _ordered(front, UP_FRONT), _ordered(details, DETAILS)


def known(answers: Mapping[str, Any]) -> dict[str, Any]:
    """What to send: the answers without those that were left open."""
    said = {name: _stripped(value) for name, value in answers.items()}
    return {name: value for name, value in said.items() if value not in (None, "", texts.NOT_KNOWN)}


def missing(fields: list[Field], record: Mapping[str, Any]) -> list[str]:
    """Labels of the required fields that the record lacks."""
    return [one.label for one in fields if one.required and one.name not in record]


def vehicle_name(fields: list[Field], record: Mapping[str, Any]) -> str:
    """`2014 Ford F-150`, of what is known."""
    by_name = {one.name: one for one in fields}
    words = [str(record["year"])] if "year" in record else []
    for name in ("manufacturer", "model"):
        if name in record and name in by_name:
            words.append(by_name[name].named(record[name], record))
    return " ".join(words) or "This vehicle"


def _ordered(fields: list[Field], names: tuple[str, ...]) -> list[Field]:
    """In the order of the names; those that are not named stay in theirs, at the end."""
    places = {name: place for place, name in enumerate(names)}
    return sorted(fields, key=lambda one: places.get(one.name, len(names)))


def _field(schema: Mapping, feature: Mapping, is_parent: bool) -> Field:
    by_parent = feature.get("options_by", {})
    parent = by_parent.get("feature")
    names = {one["name"]: one.get("other_names", {}) for one in schema["features"]}
    return Field(
        name=feature["name"],
        kind=feature["kind"],
        label=_label(feature),
        help=_help(feature),
        bounds=_bounds(feature),
        required=feature.get("required", False),
        options=tuple(feature.get("options", ())),
        parent=parent,
        options_by_parent=by_parent.get("options", {}),
        is_name=is_parent or bool(by_parent),
        other_names=feature.get("other_names", {}),
        parent_other_names=names.get(parent, {}),
        column_names=tuple(feature.get("column_names", ())),
        blank_words=frozenset(schema.get("blank_words", ())),
        counts=schema.get("counts", {}).get(feature["name"], {}),
    )


def _label(feature: Mapping) -> str:
    label = feature.get("label") or feature["name"].replace("_", " ").capitalize()
    unit = feature.get("unit")
    return label if not unit or unit.lower() in label.lower() else f"{label} ({unit})"


def _help(feature: Mapping) -> str | None:
    """The schema's own words, and the bounds of a number after them."""
    words = [feature["help"]] if feature.get("help") else []
    minimum, maximum = _bounds(feature)
    if minimum is not None and maximum is not None:
        words.append(f"From {_figure(feature, minimum)} to {_figure(feature, maximum)}.")
    return " ".join(words) or None


def _figure(feature: Mapping, bound: int | float) -> str:
    """A year is written without a comma."""
    return str(bound) if feature.get("unit") == "year" else f"{bound:,}"


def _bounds(feature: Mapping) -> tuple[int | float | None, int | float | None]:
    return _whole(feature.get("min")), _whole(feature.get("max"))


def _merged(options_by_parent: Mapping[str, list[str]]) -> list[str]:
    """Every parent's options without doubles."""
    return list(dict.fromkeys(value for values in options_by_parent.values() for value in values))


def _whole(bound: int | float | None) -> int | float | None:
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
