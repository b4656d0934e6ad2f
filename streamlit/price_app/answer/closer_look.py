"""The further questions about a priced vehicle, asked at once and each failing alone."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from price_app.answers import Comparables, Curves, Explanation
from price_app.api_client import PriceService
from price_app.errors import ServiceError

EXPLANATION, CURVES, COMPARABLES = "explanation", "curves", "comparables"
Detail = Explanation | Curves | Comparables | ServiceError


def look_closer(
    service: PriceService, record: dict[str, Any], found: Mapping[str, Detail]
) -> dict[str, Detail]:
    """What is found already, and for each of the rest the service's answer or what failed."""
    questions: dict[str, Callable[[dict], Detail]] = {
        EXPLANATION: service.explain,
        CURVES: service.curves,
        COMPARABLES: service.comparables,
    }
    lacking = {name: ask for name, ask in questions.items() if name not in found}
    if not lacking:
        return dict(found)
    with ThreadPoolExecutor(len(lacking)) as pool:
        asked = {name: pool.submit(_answer, ask, record) for name, ask in lacking.items()}
        return {**found, **{name: future.result() for name, future in asked.items()}}


def _answer(ask: Callable[[dict], Detail], record: dict[str, Any]) -> Detail:
    try:
        return ask(record)
    except ServiceError as error:
        return error
