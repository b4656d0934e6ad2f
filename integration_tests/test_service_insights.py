"""What is told of a price by the real service: with the registered model, its reference, its registry."""

from typing import Any

import pytest
import requests

LISTING = {
    **{"manufacturer": "ford", "model": "f-150", "year": 2014, "odometer": 89_000},
    **{"state": "tx", "fuel": "gas", "drive": "4wd"},
}


def asked(service_url: str, method: str, path: str, **options: Any) -> Any:
    """The answer, which must be 200."""
    reply = requests.request(method, service_url + path, timeout=30, **options)
    assert reply.status_code == 200, reply.text[:300]
    return reply.json()


@pytest.fixture(scope="module", name="price")
def price_by_predict(service_url) -> int:
    """What the vehicle costs."""
    return asked(service_url, "POST", "/predict", json=LISTING)["price"]


def test_the_contributions_of_the_registered_model_add_up_to_its_price(service_url, price):
    answer = asked(service_url, "POST", "/explain", json=LISTING)
    told = [line["dollars"] for line in answer["contributions"]]
    assert answer["baseline"]["price"] + sum(told) == answer["price"] == price
    assert {line["name"] for line in answer["contributions"]} == {
        *("model", "year", "odometer", "place", "fuel", "drive"),
    }
    schema = asked(service_url, "GET", "/schema")["features"]
    typical = {each["name"]: each["typical"] for each in schema if "typical" in each}
    baseline = answer["baseline"]["listing"]
    assert set(baseline) == {"manufacturer", "model", "year", "odometer"}
    assert baseline["year"] == typical["year"]
    assert baseline["odometer"] % 10_000 == LISTING["odometer"] % 10_000
    assert abs(baseline["odometer"] - typical["odometer"]) <= 5_000


def test_what_else_would_narrow_the_range_is_told_the_most_first(service_url):
    told = {name: LISTING[name] for name in ("manufacturer", "year")}
    untold = asked(service_url, "POST", "/explain", json=told)["untold"]
    gains = [one["dollars"] for one in untold]
    assert untold and min(gains) > 0 and gains == sorted(gains, reverse=True)
    for given in (told, LISTING):
        answer = asked(service_url, "POST", "/explain", json=given)
        assert not {name for one in answer["untold"] for name in one["features"]} & given.keys()


def test_the_curves_pass_through_the_price_and_go_down_with_the_miles(service_url, price):
    answer = asked(service_url, "POST", "/curves", json=LISTING)
    by_miles = {point["value"]: point["price"] for point in answer["curves"]["odometer"]}
    assert by_miles[89_000] == answer["price"] == price
    assert by_miles[max(by_miles)] < by_miles[min(by_miles)]
    fewer, more = (
        asked(service_url, "POST", "/predict", json=LISTING | {"odometer": miles})["price"]
        for miles in (69_000, 109_000)
    )
    step = answer["steps"]["odometer"]
    assert step == {"change": 10_000, "dollars": pytest.approx((more - fewer) / 4, abs=0.6)}


def test_the_comparables_are_listings_of_that_make(service_url):
    query = {name: LISTING[name] for name in ("manufacturer", "model", "year", "odometer")}
    answer = asked(service_url, "GET", "/comparables", params=query | {"limit": 5})
    assert answer["count"] == 5
    assert {each["features"]["manufacturer"] for each in answer["listings"]} == {"ford"}
    assert all(each["price"] >= 500 and each["posted"] for each in answer["listings"])


def test_the_version_in_production_is_listed_with_the_gates_decision(service_url):
    number = asked(service_url, "GET", "/model")["version"]
    versions = asked(service_url, "GET", "/model/versions")["versions"]
    (found,) = [version for version in versions if "production" in version["aliases"]]
    assert found["version"] == number and found["decision"] == "accepted"
    assert found["mae"] > 0 and found["dataset_version"]
