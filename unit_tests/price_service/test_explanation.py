"""Contributions in dollars: they add up, and are those of Shapley's formula."""

import itertools
import json
import math
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from price_service.explanation import averaged, explain, growing, orders, parts_of
from price_service.model import serve

from unit_tests.price_service.fake_model import FakeModel

CATEGORIES = ("manufacturer", "model", "condition", "fuel", "state", "region")
SCHEMA = {
    "features": [
        {"name": "year", "kind": "number", "min": 1950, "max": 2022, "typical": 2013},
        {"name": "odometer", "kind": "number", "min": 0, "max": 500_000, "typical": 92_000},
        *({"name": name, "kind": "category"} for name in CATEGORIES),
    ]
}
FULL = {"year": 2016, "odometer": 40_000} | {name: f"a {name}" for name in CATEGORIES}
TYPICAL = {"manufacturer": "usual", "model": "middling"}
PARTS = {"year", "odometer", "model", "condition", "fuel", "place"}
typical_names = st.sampled_from([{}, TYPICAL])


class Model:
    """A model by a formula of the record, which remembers what it was asked."""

    def __init__(self, log_price):
        self.log_price = log_price
        self.asked = []

    def predict(self, records):
        """Results as the served model gives them."""
        self.asked.append(records)
        return [self.result(math.exp(self.log_price(record))) for record in records]

    @staticmethod
    def result(price):
        """One result."""
        return {"price": price, "low": price * 0.8, "high": price * 1.25, "warnings": []}


def erratic(seed, width=12.0):
    """Any log price at all, from -2 to width - 2, but the same for the same record."""

    def log_price(record):
        text = json.dumps([seed, record], sort_keys=True)
        return zlib.crc32(text.encode()) / 2**32 * width - 2

    return Model(log_price)


def dollars(explanation) -> dict[str, int]:
    """Name → dollars."""
    return {line["name"]: line["dollars"] for line in explanation.contributions}


listings = st.fixed_dictionaries(
    {},
    optional={
        "year": st.integers(1950, 2022),
        "odometer": st.floats(0, 500_000),
        **{name: st.sampled_from(["a", "b"]) for name in CATEGORIES},
        "left_out": st.just("ignored"),
    },
)


@given(listings, st.integers(), st.sampled_from([1e-9, 0.001, 1, 12, 16]), typical_names)
def test_baseline_and_contributions_add_up_to_the_price_whatever_the_model(
    listing, seed, width, typical
):
    model = erratic(seed, width)
    found = explain(model.predict, SCHEMA, listing, typical)
    (answered,) = model.predict([listing])
    price = max(1, round(answered["price"]))
    assert found.result == answered
    assert found.baseline["price"] + sum(dollars(found).values()) == price
    assert all(isinstance(amount, int) for amount in dollars(found).values())


@given(st.integers(), st.integers(1, 7))
def test_effects_of_one_and_of_two_are_shared_as_by_all_orders(seed, count):
    names = tuple("abcdefg"[:count])
    values = erratic(seed).log_price
    pairs = list(itertools.combinations(names, 2))

    def log_price(known):
        single = sum(values([name]) for name in known)
        return single + sum(values(list(pair)) for pair in pairs if known.issuperset(pair))

    def shared(every):
        arcs = {before for order in every for before in growing(order)}
        return averaged(every, {arc: log_price(arc) for arc in arcs})

    assert shared(list(orders(names))) == pytest.approx(
        shared(list(itertools.permutations(names))), abs=1e-9
    )


@given(st.integers(1, 9))
def test_each_part_stands_everywhere_equally_often_and_first_in_half_of_the_orders(count):
    every = list(orders(tuple(range(count))))
    for name in range(count):
        assert sorted(order.index(name) for order in every) == sorted(2 * list(range(count)))
    for one, other in itertools.combinations(range(count), 2):
        assert sum(order.index(one) < order.index(other) for order in every) == count


def test_one_call_prices_every_arc_of_the_circle_once():
    model = erratic(1)
    explain(model.predict, SCHEMA, FULL, TYPICAL)
    (asked,) = model.asked
    count = len(PARTS)
    assert len(asked) == count * (count - 1) + 2
    assert len({json.dumps(record, sort_keys=True) for record in asked}) == len(asked)


@given(st.integers(), listings.filter(lambda listing: "fuel" in listing))
def test_a_part_that_the_model_ignores_adds_nothing(seed, listing):
    heedless = erratic(seed)
    seen = Model(lambda record: heedless.log_price({**record, "fuel": ""}))
    assert dollars(explain(seen.predict, SCHEMA, listing, TYPICAL))["fuel"] == 0


def test_make_and_model_are_one_line_and_so_are_state_and_region():
    found = explain(erratic(2).predict, SCHEMA, FULL, TYPICAL)
    features = {line["name"]: line["features"] for line in found.contributions}
    assert set(features) == PARTS
    assert features["model"] == ["manufacturer", "model"]
    assert features["place"] == ["state", "region"]
    assert explain(erratic(2).predict, SCHEMA, {"state": "tx"}, TYPICAL).contributions[0][
        "features"
    ] == ["state"]


def test_the_baseline_is_typical_in_numbers_and_name_that_the_listing_gives_and_blank_in_the_rest():
    model = erratic(3)
    found = explain(model.predict, SCHEMA, FULL, TYPICAL)
    assert found.baseline["listing"] == {"year": 2013, "odometer": 90_000} | TYPICAL
    assert found.baseline["listing"] in model.asked[0]
    without = explain(model.predict, SCHEMA, {"year": 2016, "fuel": "gas"}, TYPICAL)
    assert without.baseline["listing"] == {"year": 2013}


@pytest.mark.parametrize(
    "given_names, typical",
    [
        (("manufacturer", "model"), TYPICAL),
        (("manufacturer",), {"manufacturer": "usual"}),
        (("model",), {}),
        ((), {}),
    ],
)
def test_a_typical_model_stands_with_its_make_or_not_at_all(given_names, typical):
    listing = {name: FULL[name] for name in given_names}
    assert explain(erratic(4).predict, SCHEMA, listing, TYPICAL).baseline["listing"] == typical


@pytest.mark.parametrize(
    "own, typical",
    [(89_412, 89_412), (40_000, 90_000), (3_123, 93_123), (431_000.5, 91_000.5), (0, 90_000)],
)
def test_the_typical_mileage_is_as_round_as_the_listings_own(own, typical):
    assert parts_of(SCHEMA, {"odometer": own}, {})["odometer"].typical == {"odometer": typical}


def test_a_mileage_out_of_bounds_is_no_typical_one():
    bounded = SCHEMA["features"][1] | {"max": 95_000, "typical": 94_000}
    parts = parts_of({"features": [bounded]}, {"odometer": 7_000}, {})
    assert parts["odometer"].typical == {"odometer": 94_000}


def test_a_schema_of_before_has_the_usual_numbers_as_its_baseline():
    old = {"features": [{"name": "odometer", "kind": "number", "min": 0, "max": 500_000}]}
    assert parts_of(old, {"odometer": 5.0}, {})["odometer"].typical == {"odometer": 80_005}


def test_the_largest_lines_come_first_and_a_saving_is_negative():
    model = Model(lambda record: 9 - record["odometer"] / 100_000 + 0.01 * record["year"])
    found = explain(model.predict, SCHEMA, {"year": 2014, "odometer": 200_000}, {})
    assert [line["name"] for line in found.contributions] == ["odometer", "year"]
    assert dollars(found)["odometer"] < 0 < dollars(found)["year"]


def test_the_route_explains_the_price_that_predict_gives_and_records_nothing(app, listing):
    client = app.test_client()
    answer = client.post("/explain", json=listing).get_json()
    assert answer["baseline"]["listing"] == {"year": 2014, "odometer": 80_000}
    lines = {line["name"]: line["dollars"] for line in answer["contributions"]}
    assert lines == {"model": 0, "year": 0, "odometer": 0}
    assert app.extensions["price_service"].outbox.file().oldest(10) == []
    priced = client.post("/predict", json=listing).get_json()
    del priced["prediction_id"]
    assert {name: answer[name] for name in priced} == priced


def test_a_vehicle_that_is_newer_and_less_driven_is_told_so_by_the_route(client, listing):
    body = listing | {"year": 2018, "odometer": 50_000}
    answer = client.post("/explain", json=body).get_json()
    assert (answer["baseline"]["price"], answer["price"]) == (21_300, 25_800)
    lines = {line["name"]: line["dollars"] for line in answer["contributions"]}
    # 3,600 and 900 by the formula: shared in the log price, they come out a little otherwise
    assert lines == {"model": 0, "year": 3_597, "odometer": 903}


def test_the_served_model_of_the_tests_is_explained_in_whole_dollars():
    served = serve("1", FakeModel(price_factor=0.03))
    found = explain(served.predict, served.model.schema, {"year": 2021, "odometer": 1.5}, {})
    assert found.baseline["price"] + sum(dollars(found).values()) == 900
