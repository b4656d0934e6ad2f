"""The make and model of a middling price: what an explanation sets out from (pure)."""

from collections.abc import Callable, Iterator

from price_service.usual_listing import usual_value

COMMON_NAMES = 50

Predict = Callable[[list[dict]], list[dict]]


def typical_name(predict: Predict, schema: dict) -> dict:
    """Make and model whose price is the median of the most common ones', at the year and mileage
    that are the median of training; empty where training counted none.

    What a make adds is told against one that people know, not against a vehicle of any make.
    """
    names = list(common_names(schema))
    if not names:
        return {}
    usual = {one["name"]: usual_value(one, {}) for one in numbers_of(schema)}
    prices = [found["price"] for found in predict([usual | name for name in names])]
    ranked = sorted(zip(prices, names), key=lambda priced: priced[0])
    return ranked[len(ranked) // 2][1]


def common_names(schema: dict) -> Iterator[dict]:
    """The makes and models of which training had most vehicles, the most common first."""
    counted = schema.get("counts", {}).get("model", {})
    pairs = [
        (count, make, model) for make, models in counted.items() for model, count in models.items()
    ]
    for _, make, model in sorted(pairs, key=lambda pair: (-pair[0], *pair[1:]))[:COMMON_NAMES]:
        yield {"manufacturer": make, "model": model}


def numbers_of(schema: dict) -> list[dict]:
    """The features that are numbers."""
    return [feature for feature in schema["features"] if feature["kind"] == "number"]
