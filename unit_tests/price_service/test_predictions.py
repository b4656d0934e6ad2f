"""Prices of listings, what is recorded of them, and what the service says of itself."""

import json
import re

import jsonschema
import pytest

from price_service import create_app
from price_service.model import ModelRefused, serve
from price_service.pricing import whole_dollars

from unit_tests.price_service.fake_model import SCHEMA, EarlierFakeModel, FakeModel


def recorded(app) -> list[dict]:
    """What waits in the application's outbox."""
    entries = app.extensions["price_service"].outbox.file().oldest(20_000)
    return [json.loads(entry.body) for entry in entries]


def test_a_listing_gets_a_whole_result(client, listing):
    result = client.post("/predict", json=listing).get_json()
    assert re.fullmatch("[0-9a-f]{32}", result.pop("prediction_id"))
    assert result == {
        "price": 21300,
        "low": 17040,
        "high": 25560,
        "currency": "USD",
        "model_version": "1",
        "warnings": [],
    }


def test_a_list_keeps_its_order_and_equals_single_requests(client, listing):
    rows = [listing | {"odometer": miles} for miles in (150_000, 20_000, 90_000)]
    together = client.post("/predict", json=rows).get_json()
    alone = [client.post("/predict", json=row).get_json() for row in rows]
    assert [row["price"] for row in together] == [19200, 23100, 21000]
    assert [row["price"] for row in alone] == [19200, 23100, 21000]
    assert len({row["prediction_id"] for row in together + alone}) == 6


def test_a_list_of_one_gets_a_list_of_one(client, listing):
    assert len(client.post("/predict", json=[listing]).get_json()) == 1


def test_a_list_of_10000_is_answered_and_recorded(app, listing):
    results = app.test_client().post("/predict", json=[listing] * 10_000).get_json()
    assert [row["prediction_id"] for row in recorded(app)] == [
        row["prediction_id"] for row in results
    ]


def test_only_what_is_required_is_enough(client):
    blank = {"year": 2014, "odometer": None, "manufacturer": "  ", "model": ""}
    assert client.post("/predict", json=blank).get_json()["price"] == 21000


def test_an_unknown_category_is_priced_with_a_warning(client, listing):
    result = client.post("/predict", json=listing | {"manufacturer": "zzyzx 日本"}).get_json()
    assert result["warnings"] == [
        {
            "code": "unknown_option",
            "field": "manufacturer",
            "value": "zzyzx 日本",
            "message": "manufacturer 'zzyzx 日本' is unknown: priced as any other manufacturer",
        }
    ]


def test_another_name_is_priced_and_recorded_as_the_option_that_it_means(app, listing):
    client = app.test_client()
    plain = client.post("/predict", json=listing).get_json()
    other = client.post("/predict", json=listing | {"manufacturer": "FoMoCo"}).get_json()
    assert plain["warnings"] == []
    (warning,) = other["warnings"]
    assert (warning["code"], warning["read_as"]) == ("read_as", "ford")
    assert other["price"] == plain["price"]
    assert [row["features"]["manufacturer"] for row in recorded(app)] == ["ford", "ford"]


@pytest.mark.parametrize("route", ["/explain", "/curves"])
def test_what_is_told_around_a_price_rests_on_the_understood_listing(client, listing, route):
    plain = client.post(route, json=listing).get_json()
    other = client.post(route, json=listing | {"manufacturer": "FoMoCo"}).get_json()
    assert [warning["code"] for warning in other["warnings"]] == ["read_as"]
    assert other | {"warnings": []} == plain


def test_a_model_of_before_serves_with_its_sentences_as_warnings(settings, listing):
    app = create_app(settings, EarlierFakeModel())
    strange = listing | {"manufacturer": "VW"}
    results = app.test_client().post("/predict", json=[listing, strange]).get_json()
    explained = app.test_client().post("/explain", json=strange).get_json()
    rows = recorded(app)
    app.extensions["price_service"].outbox.close()
    said = [{"code": "other", "message": "manufacturer 'VW' was not seen in training"}]
    assert [result["warnings"] for result in results] == [[], said]
    assert explained["warnings"] == said
    assert [row["features"] for row in rows] == [listing, strange]


def test_a_column_that_the_model_left_out_is_priced_with_a_warning(client, listing):
    result = client.post("/predict", json=listing | {"condition": "good"}).get_json()
    (warning,) = result["warnings"]
    assert (warning["code"], warning["field"]) == ("not_used", "condition")


@pytest.mark.parametrize("header, source", [({}, "api"), ({"X-Source": "form"}, "form")])
def test_what_is_recorded_is_what_was_answered(app, listing, header, source):
    result = app.test_client().post("/predict", json=listing, headers=header).get_json()
    (row,) = recorded(app)
    assert row["features"] == listing
    assert row["source"] == source
    kept = ("prediction_id", "price", "low", "high", "model_version")
    assert {name: row[name] for name in kept} == {name: result[name] for name in kept}
    assert 0 <= row["latency_seconds"] < 1


def test_feedback_is_accepted_twice(app):
    body = {"prediction_id": "a" * 32, "price": 9000}
    replies = [app.test_client().post("/feedback", json=body) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [202, 202]
    assert [row["actual_price"] for row in recorded(app)] == [9000.0, 9000.0]


def test_rounding_keeps_the_range_in_order():
    assert whole_dollars(0.2, 0.3, 0.4) == (1, 1, 1)
    assert whole_dollars(999.5, 1000.5, 1000.6) == (1000, 1000, 1001)


def test_the_schema_and_the_model_are_described(client):
    assert client.get("/schema").get_json() == SCHEMA
    model = client.get("/model").get_json()
    assert (model["name"], model["version"]) == ("vehicle-price", "1")
    assert model["trained_at"] == "2021-05-01T00:00:00+00:00"
    assert model["card"]["model"] == "vehicle-price"


def test_openapi_describes_every_route_and_the_results_hold_to_it(client, listing):
    document = client.get("/openapi.json").get_json()
    assert set(document["paths"]) == {
        *("/predict", "/predict/csv", "/predict/csv/columns", "/feedback", "/schema", "/model"),
        *("/explain", "/curves", "/comparables", "/model/versions"),
        *("/health", "/ready", "/metrics", "/openapi.json", "/docs"),
    }
    listing_schema = document["components"]["schemas"]["Listing"]
    jsonschema.validate(listing, listing_schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(listing | {"wheels": 4}, listing_schema)
    strange = listing | {"manufacturer": "FoMoCo", "condition": "good"}
    result = client.post("/predict", json=strange).get_json()
    assert len(result["warnings"]) == 2
    jsonschema.validate(result, document["components"]["schemas"]["Result"])
    problem = client.post("/predict", json={}).get_json()
    jsonschema.validate(problem, document["components"]["schemas"]["Problem"])


@pytest.mark.parametrize(
    "method, path, name",
    [
        ("POST", "/explain", "Explanation"),
        ("POST", "/curves", "Curves"),
        ("GET", "/comparables?year=2014", "Comparables"),
        ("GET", "/model/versions", "Versions"),
    ],
)
def test_what_is_told_of_a_price_holds_to_openapi_and_so_do_its_examples(
    client, listing, method, path, name
):
    schema = client.get("/openapi.json").get_json()["components"]["schemas"][name]
    body = listing if method == "POST" else None
    reply = client.open(path, method=method, json=body)
    assert reply.status_code == 200
    jsonschema.validate(reply.get_json(), schema)
    (example,) = schema["examples"]
    jsonschema.validate(example, schema)


def test_openapi_names_the_parameters_of_comparables(client):
    operation = client.get("/openapi.json").get_json()["paths"]["/comparables"]["get"]
    parameters = {each["name"]: each["required"] for each in operation["parameters"]}
    names = {**dict.fromkeys(("manufacturer", "model", "odometer", "limit"), False), "year": True}
    assert parameters == names


def test_the_example_of_an_explanation_adds_up(client):
    schemas = client.get("/openapi.json").get_json()["components"]["schemas"]
    (example,) = schemas["Explanation"]["examples"]
    told = sum(line["dollars"] for line in example["contributions"])
    assert example["baseline"]["price"] + told == example["price"]


def test_the_example_of_openapi_is_priced(client):
    document = client.get("/openapi.json").get_json()
    (example,) = document["components"]["schemas"]["Listing"]["examples"]
    assert client.post("/predict", json=example).status_code == 200


def test_the_page_to_try_it_needs_no_other_server(client):
    page = client.get("/docs").get_data(as_text=True)
    assert "POST /predict" in page
    assert "http://" not in page and "https://" not in page


def test_answers_and_predictions_are_counted(client, listing):
    client.post("/predict", json=[listing, listing | {"manufacturer": "zzyzx"}])
    client.get("/made/up")
    text = client.get("/metrics").get_data(as_text=True)
    counted = 'price_service_requests_total{method="POST",route="/predict",status="200"} 1.0'
    assert counted in text
    assert 'route="unknown",status="404"} 1.0' in text
    assert 'price_service_predictions_total{source="api"} 2.0' in text
    assert 'price_service_prediction_warnings_total{source="api"} 1.0' in text


def test_without_a_model_the_service_is_alive_and_not_ready(settings, listing):
    app = create_app(settings, FakeModel())
    app.extensions["price_service"].slot.swap(None)
    client = app.test_client()
    assert client.get("/health").status_code == 200
    for reply in (
        client.get("/ready"),
        client.get("/schema"),
        client.post("/predict", json=listing),
        client.post("/explain", json=listing),
        client.post("/curves", json=listing),
        client.get("/comparables?year=2014"),
    ):
        assert reply.status_code == 503
        assert reply.mimetype == "application/problem+json"
        assert reply.headers["Retry-After"] == "2"
    assert client.get("/openapi.json").status_code == 200


@pytest.mark.parametrize("given", [{}, {"X-API-Key": "wrong"}, {"X-API-Key": "schlüssel"}])
def test_without_the_key_only_the_open_routes_answer(settings, listing, given):
    settings.api_key = "right"
    client = create_app(settings, FakeModel()).test_client()
    refused = client.post("/predict", json=listing, headers=given)
    assert refused.status_code == 401
    assert refused.mimetype == "application/problem+json"
    assert refused.headers["WWW-Authenticate"]
    for path in ("/health", "/ready", "/metrics", "/docs", "/openapi.json"):
        assert client.get(path, headers=given).status_code == 200


def test_with_the_key_everything_answers(settings, listing):
    settings.api_key = "right"
    client = create_app(settings, FakeModel()).test_client()
    assert client.post("/predict", json=listing, headers={"X-API-Key": "right"}).status_code == 200


def test_feedback_needs_the_key_where_one_is_set(settings, listing):
    settings.api_key = "right"
    client = create_app(settings, FakeModel()).test_client()
    key = {"X-API-Key": "right"}
    identity = client.post("/predict", json=listing, headers=key).json["prediction_id"]
    body = {"prediction_id": identity, "price": 9000}
    for wrong in ({}, {"X-API-Key": "wrong"}):
        assert client.post("/feedback", json=body, headers=wrong).status_code == 401
    assert client.post("/feedback", json=body, headers=key).status_code == 202


def test_a_model_whose_prices_are_no_numbers_is_refused():
    with pytest.raises(ModelRefused, match="nan"):
        serve("2", FakeModel(price_factor=float("nan")))
