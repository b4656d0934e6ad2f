"""What the service answers about one vehicle, checked for its form.                   (pure)"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from price_app.errors import UnexpectedAnswer

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Estimate:
    """A priced vehicle; money in whole dollars."""

    prediction_id: str
    price: int
    low: int
    high: int
    model_version: str
    warnings: tuple[dict[str, Any], ...]

    @classmethod
    def from_json(cls, answer: Any) -> "Estimate":
        """The result that `POST /predict` gave; UnexpectedAnswer where it is not one."""
        return _read("a price", lambda: cls._of(answer))

    @classmethod
    def _of(cls, answer: dict) -> "Estimate":
        return cls(
            prediction_id=str(answer["prediction_id"]),
            price=int(answer["price"]),
            low=int(answer["low"]),
            high=int(answer["high"]),
            model_version=str(answer["model_version"]),
            warnings=tuple(map(_warning, answer.get("warnings", ()))),
        )


@dataclass(frozen=True)
class Contribution:
    """What some features add to the price or take from it, or by how much those that are not told
    would narrow its range; in whole dollars."""

    features: tuple[str, ...]
    dollars: int


@dataclass(frozen=True)
class Explanation:
    """A baseline and the contributions that add up from it to the price, largest first."""

    price: int
    baseline_price: int
    baseline_listing: dict[str, Any]
    contributions: tuple[Contribution, ...]
    model_version: str
    untold: tuple[Contribution, ...] = ()

    @classmethod
    def from_json(cls, answer: Any) -> "Explanation":
        """What `POST /explain` gave; UnexpectedAnswer where it is not that."""
        return _read("an explanation", lambda: cls._of(answer))

    @classmethod
    def _of(cls, answer: dict) -> "Explanation":
        return cls(
            price=int(answer["price"]),
            baseline_price=int(answer["baseline"]["price"]),
            baseline_listing=dict(answer["baseline"]["listing"]),
            contributions=_contributions(answer["contributions"]),
            model_version=str(answer["model_version"]),
            untold=_contributions(answer.get("untold", ())),
        )


@dataclass(frozen=True)
class Priced:
    """The vehicle's price and range if one feature had this value; None where it has none."""

    value: Any
    price: int
    low: int
    high: int


@dataclass(frozen=True)
class Step:
    """What a change of one number changes in the price."""

    change: float
    dollars: int


@dataclass(frozen=True)
class Curves:
    """Prices of the vehicle along numbers, a step further, and with other choices."""

    own: Priced
    curves: dict[str, tuple[Priced, ...]]
    steps: dict[str, Step]
    choices: dict[str, tuple[Priced, ...]]
    model_version: str

    @classmethod
    def from_json(cls, answer: Any) -> "Curves":
        """What `POST /curves` gave; UnexpectedAnswer where it is not that."""
        return _read("curves", lambda: cls._of(answer))

    @classmethod
    def _of(cls, answer: dict) -> "Curves":
        steps = answer["steps"].items()
        return cls(
            own=_priced({"value": None, **answer}),
            curves=_priced_by_name(answer["curves"]),
            steps={name: Step(step["change"], int(step["dollars"])) for name, step in steps},
            choices=_priced_by_name(answer["choices"]),
            model_version=str(answer["model_version"]),
        )


@dataclass(frozen=True)
class Comparable:
    """A listing like the vehicle: `same` is "model", "family", "make" or "none".

    `differs` holds for numbers the listing's less the vehicle's, for categories the listing's.
    """

    price: int
    same: str
    features: dict[str, Any]
    differs: dict[str, Any]


@dataclass(frozen=True)
class Comparables:
    """The nearest listings, nearest first."""

    listings: tuple[Comparable, ...]

    @classmethod
    def from_json(cls, answer: Any) -> "Comparables":
        """What `GET /comparables` gave; UnexpectedAnswer where it is not that."""
        return _read("listings", lambda: cls(tuple(map(_comparable, answer["listings"]))))


def _warning(warning: Any) -> dict[str, Any]:
    """Return a warning with its code and message; models of before give a sentence alone."""
    if isinstance(warning, dict):
        return {"code": "other", "message": "", **warning}
    return {"code": "other", "message": str(warning)}


def _comparable(listing: dict) -> Comparable:
    return Comparable(
        price=int(listing["price"]),
        same=str(listing["same"]),
        features=dict(listing["features"]),
        differs=dict(listing["differs"]),
    )


def _priced_by_name(points: dict) -> dict[str, tuple[Priced, ...]]:
    return {str(name): tuple(map(_priced, some)) for name, some in points.items()}


def _priced(point: dict) -> Priced:
    return Priced(point["value"], int(point["price"]), int(point["low"]), int(point["high"]))


def _contributions(lines: list[dict]) -> tuple[Contribution, ...]:
    return tuple(
        Contribution(tuple(map(str, line["features"])), int(line["dollars"])) for line in lines
    )


def _read(what: str, reading: Callable[[], Parsed]) -> Parsed:
    try:
        return reading()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnexpectedAnswer(f"{what} that lacks or garbles {error}") from error
