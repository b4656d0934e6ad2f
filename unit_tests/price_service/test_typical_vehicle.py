"""The make and model that an explanation sets out from."""

from price_service.typical_vehicle import COMMON_NAMES, typical_name

YEAR = {"name": "year", "kind": "number", "min": 1950, "max": 2022, "typical": 2013}
COUNTS = {"ford": {"f-150": 90, "focus": 50}, "bmw": {"x5": 60}, "kia": {"rio": 40, "soul": 30}}
PRICES = {"f-150": 25_000, "focus": 6_000, "x5": 30_000, "rio": 5_000, "soul": 9_000}


def schema(counts):
    """A schema that tells how many vehicles of each name training had."""
    return {"features": [YEAR], "counts": {"model": counts}}


def predict(records):
    """By the model's name, in the year that is typical."""
    assert {record["year"] for record in records} == {2013}
    return [{"price": PRICES.get(record["model"], 1)} for record in records]


def test_it_is_the_one_of_the_middling_price():
    assert typical_name(predict, schema(COUNTS)) == {"manufacturer": "kia", "model": "soul"}


def test_names_that_are_rare_are_not_asked_for():
    rare = {f"rare {number}": 1 for number in range(1_000)}
    asked = []

    def counted(records):
        asked.extend(records)
        return predict(records)

    typical_name(counted, schema(COUNTS | {"zastava": rare}))
    assert len(asked) == COMMON_NAMES
    assert {"manufacturer": "ford", "model": "f-150"}.items() <= asked[0].items()


def test_without_counts_there_is_none():
    assert typical_name(predict, {"features": [YEAR]}) == {}
    assert typical_name(predict, schema({})) == {}
