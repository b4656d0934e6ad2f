"""From checked listings to recorded results."""

import os
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from price_service.errors import FieldError, InputRefused
from price_service.metrics import Metrics
from price_service.model import ServedModel
from price_service.outbox import PREDICTION, Outbox

CURRENCY = "USD"
MOST_LISTINGS = 10_000


@dataclass(frozen=True)
class Pricing:
    """Prices listings with one model version and records every price before giving it."""

    served: ServedModel
    outbox: Outbox
    metrics: Metrics
    source: str

    def price(self, listings: list[dict], warnings: list[list[dict]] | None = None) -> list[dict]:
        """Return the results of checked listings, in order; raises OutboxUnwritable.

        `warnings`: what reading each listing has changed already, put before the model's own.
        """
        started = time.perf_counter()
        warnings = warnings or [[]] * len(listings)
        answers = self.served.predict(listings)
        results = [
            {"prediction_id": prediction_id} | as_answered(self.served, answer, before)
            for prediction_id, answer, before in zip(
                new_ids(len(answers)), answers, warnings, strict=True
            )
        ]
        seconds = time.perf_counter() - started
        understood = [answer["listing"] for answer in answers]
        self.outbox.append(PREDICTION, self._rows(understood, results, seconds))
        self.metrics.requests.priced(self.source, results)
        return results

    def _rows(self, listings: list[dict], results: list[dict], seconds: float) -> list[dict]:
        """The rows of the prediction log."""
        shared = {
            "predicted_at": datetime.now(timezone.utc).isoformat(),
            "model_version": self.served.version,
            "source": self.source,
            "latency_seconds": round(seconds, 6),
        }
        kept = ("prediction_id", "price", "low", "high")
        return [
            shared | {name: result[name] for name in kept} | {"features": listing}
            for listing, result in zip(listings, results, strict=True)
        ]


def new_ids(count: int) -> Iterator[str]:
    """Prediction ids, which are random UUIDs (version 4, RFC 9562) as 32 hexadecimal digits.

    All from one call of the system, for which Python's lock is let go.
    """
    random = os.urandom(16 * count)
    for start in range(0, len(random), 16):
        yield uuid.UUID(bytes=random[start : start + 16], version=4).hex


def as_answered(served: ServedModel, result: dict, warnings: Sequence[dict] = ()) -> dict:
    """Return what is answered of a model's result, whatever was asked; see `Pricing.price`."""
    return whole_result(result) | {
        "currency": CURRENCY,
        "model_version": served.version,
        "warnings": [*warnings, *result["warnings"]],
    }


def whole_result(found: dict) -> dict:
    """Price and range of a model's result in whole dollars."""
    low, price, high = whole_dollars(found["low"], found["price"], found["high"])
    return {"price": price, "low": low, "high": high}


def whole_dollars(low: float, price: float, high: float) -> tuple[int, int, int]:
    """Rounded, at least 1, and in order."""
    rounded_low = max(1, round(low))
    rounded_price = max(rounded_low, round(price))
    return rounded_low, rounded_price, max(rounded_price, round(high))


def checked(served: ServedModel, body: object) -> list[dict]:
    """The listings of a request's body, an object or a list; raises InputRefused."""
    if not isinstance(body, (dict, list)):
        raise InputRefused("The body must be a listing (an object) or a list of listings.")
    if isinstance(body, list) and not 1 <= len(body) <= MOST_LISTINGS:
        raise InputRefused(f"A list must hold 1 to {MOST_LISTINGS:,} listings, not {len(body):,}.")
    clean, errors = checked_each(served, body)
    if errors:
        raise InputRefused(summary(errors), errors)
    return clean


def checked_one(served: ServedModel, body: object) -> dict:
    """The listing of a request's body, which must be an object; raises InputRefused."""
    if not isinstance(body, dict):
        raise InputRefused("The body must be a listing (an object).")
    return checked(served, body)[0]


def checked_each(served: ServedModel, body: dict | list) -> tuple[list[dict], list[FieldError]]:
    """Every listing without its blanks, and everything that is wrong with any."""
    rows = (
        [(body, "")] if isinstance(body, dict) else [(row, f"[{i}]") for i, row in enumerate(body)]
    )
    clean: list[dict] = []
    errors: list[FieldError] = []
    for listing, where in rows:
        kept, found = served.validator.check(listing, where)
        clean.append(kept)
        errors.extend(found)
    return clean, errors


def summary(errors: list[FieldError]) -> str:
    """One sentence that names the first fields that are wrong."""
    told = "; ".join(f"{error.field} {error.message}" for error in errors[:3])
    more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    return f"Not a listing that can be priced: {told}{more}."
