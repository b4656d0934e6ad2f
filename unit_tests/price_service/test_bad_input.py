"""Every request that must be refused: its status, and the field that its problem names."""

import json

import pytest

YEAR = '{"year": %s}'
ODOMETER = '{"year": 2014, "odometer": %s}'
MANUFACTURER = '{"year": 2014, "manufacturer": %s}'
MODEL = '{"year": 2014, "model": %s}'

BODIES = [
    ("", 400, None),
    ("   ", 400, None),
    ('{"year": 2014', 400, None),
    ('{"year": 2014}}', 400, None),
    ("{'year': 2014}", 400, None),
    ("[" * 100_000, 400, None),
    ('{"year":' * 50_000, 400, None),
    ("null", 422, None),
    ("17", 422, None),
    ('"ford"', 422, None),
    ("[]", 422, None),
    ('[{"year": 2014}, 17]', 422, "[1]"),
    ("[[]]", 422, "[0]"),
    ("{}", 422, "year"),
    (YEAR % "null", 422, "year"),
    (YEAR % '"2014"', 422, "year"),
    (YEAR % '"abc"', 422, "year"),
    (YEAR % "2014.5", 422, "year"),
    (YEAR % "1949", 422, "year"),
    (YEAR % "2023", 422, "year"),
    (YEAR % ("1" + "0" * 400), 422, "year"),
    (YEAR % ("1" + "0" * 5000), 400, None),
    (YEAR % "true", 422, "year"),
    (ODOMETER % "-1", 422, "odometer"),
    (ODOMETER % "500001", 422, "odometer"),
    (ODOMETER % "1e12", 422, "odometer"),
    (ODOMETER % "1e400", 422, "odometer"),
    (ODOMETER % "-1e400", 422, "odometer"),
    (ODOMETER % "NaN", 400, None),
    (ODOMETER % "Infinity", 400, None),
    (ODOMETER % "-Infinity", 400, None),
    (ODOMETER % "false", 422, "odometer"),
    (ODOMETER % "[5]", 422, "odometer"),
    (ODOMETER % '{"miles": 5}', 422, "odometer"),
    (ODOMETER % '"80000"', 422, "odometer"),
    (MANUFACTURER % "5", 422, "manufacturer"),
    (MANUFACTURER % "true", 422, "manufacturer"),
    (MANUFACTURER % '["ford"]', 422, "manufacturer"),
    (MANUFACTURER % '{"name": "ford"}', 422, "manufacturer"),
    (MODEL % json.dumps("x" * 301), 422, "model"),
    (MODEL % '"\\ud800"', 422, "model"),
    (MODEL % '"f-150\\u0000"', 422, "model"),
    ('{"year": 2014, "wheels": 4}', 422, "wheels"),
    ('{"year": 2014, "price": 9000}', 422, "price"),
    ('{"year": 2014, "\\ud800": 4}', 422, "?"),
    ('{"year": 2014, "year": 2015}', 400, "year"),
    ('{"year": 2014, "condition": ["good"]}', 422, "condition"),
    ('[{"year": 2014}, {"year": 2014, "odometer": -1}]', 422, "[1].odometer"),
]

FEEDBACK = [
    ("[]", 422, "body"),
    ('{"price": 9000}', 422, "prediction_id"),
    ('{"prediction_id": "no such id!", "price": 9000}', 422, "prediction_id"),
    ('{"prediction_id": "%s", "price": 9000}' % ("A" * 32), 422, "prediction_id"),
    ('{"prediction_id": "%s\\n", "price": 9000}' % ("a" * 32), 422, "prediction_id"),
    ('{"prediction_id": "%s"}' % ("a" * 32), 422, "price"),
    ('{"prediction_id": "%s", "price": 0}' % ("a" * 32), 422, "price"),
    ('{"prediction_id": "%s", "price": -5}' % ("a" * 32), 422, "price"),
    ('{"prediction_id": "%s", "price": 10000001}' % ("a" * 32), 422, "price"),
    ('{"prediction_id": "%s", "price": 1e400}' % ("a" * 32), 422, "price"),
    ('{"prediction_id": "%s", "price": true}' % ("a" * 32), 422, "price"),
    ('{"prediction_id": "%s", "price": "much"}' % ("a" * 32), 422, "price"),
    ('{"prediction_id": "%s", "price": 9000, "note": ""}' % ("a" * 32), 422, "note"),
]


def assert_problem(reply, status: int, field: str | None = None):
    """The reply is a problem of this status that names the field."""
    assert reply.status_code == status, reply.get_data(as_text=True)[:300]
    assert reply.mimetype == "application/problem+json"
    body = reply.get_json()
    assert body["status"] == status and body["title"] and body["detail"]
    if field is not None:
        assert field in [error["field"] for error in body["errors"]]


@pytest.mark.parametrize("body, status, field", BODIES, ids=lambda value: str(value)[:40])
def test_a_bad_listing_is_refused_and_its_field_named(client, body, status, field):
    reply = client.post("/predict", data=body, content_type="application/json")
    assert_problem(reply, status, field)


@pytest.mark.parametrize("path", ["/explain", "/curves"])
@pytest.mark.parametrize("body, status, field", BODIES, ids=lambda value: str(value)[:40])
def test_what_predict_refuses_is_neither_explained_nor_drawn(client, path, body, status, field):
    reply = client.post(path, data=body, content_type="application/json")
    assert_problem(reply, status, None if body.lstrip().startswith("[") else field)


@pytest.mark.parametrize("path", ["/explain", "/curves"])
def test_a_list_is_neither_explained_nor_drawn(client, listing, path):
    assert_problem(client.post(path, json=[listing]), 422)


@pytest.mark.parametrize("body, status, field", FEEDBACK, ids=lambda value: str(value)[:60])
def test_bad_feedback_is_refused_and_its_field_named(client, body, status, field):
    reply = client.post("/feedback", data=body, content_type="application/json")
    assert_problem(reply, status, field)


@pytest.mark.parametrize("path", ["/predict", "/feedback", "/explain", "/curves"])
def test_bytes_that_are_no_utf8_are_refused(client, path):
    reply = client.post(path, data=b'{"model": "\xff\xfe"}', content_type="application/json")
    assert_problem(reply, 400)


@pytest.mark.parametrize("content_type", [None, "text/xml", "text/plain", "application/json-patch"])
def test_another_content_type_is_refused(client, content_type):
    assert_problem(client.post("/predict", data="{}", content_type=content_type), 415)
    assert_problem(client.post("/predict/csv", data="year\n2014\n", content_type=content_type), 415)


def test_a_compressed_body_is_refused(client, listing):
    reply = client.post("/predict", json=listing, headers={"Content-Encoding": "gzip"})
    assert_problem(reply, 415)


def test_a_list_of_more_than_10000_is_refused(client):
    reply = client.post("/predict", json=[{"year": 2014}] * 10_001)
    assert_problem(reply, 422)
    assert "10,001" in reply.get_json()["detail"]


def test_a_body_past_the_limit_is_refused(client, settings):
    body = b" " * (settings.max_body_bytes + 1)
    assert_problem(client.post("/predict", data=body, content_type="application/json"), 413)


def test_a_csv_past_the_limit_is_refused(client, settings):
    settings.max_csv_bytes = 1000
    body = b"year\n" + b"2014\n" * 500
    assert_problem(client.post("/predict/csv", data=body, content_type="text/csv"), 413)


def test_an_unknown_path_is_a_problem(client):
    assert_problem(client.get("/no/such/page"), 404)


def test_a_wrong_method_is_a_problem_that_says_which_are_right(client):
    reply = client.get("/predict")
    assert_problem(reply, 405)
    assert "POST" in reply.headers["Allow"]


def test_many_errors_are_counted_and_the_first_hundred_listed(client):
    reply = client.post("/predict", json=[{"year": "x"}] * 500)
    assert_problem(reply, 422, "[0].year")
    assert len(reply.get_json()["errors"]) == 100
    assert "and 497 more" in reply.get_json()["detail"]


def test_a_fault_of_the_model_is_a_500_without_its_traceback(app, listing, caplog):
    def fail(_records):
        raise ArithmeticError("the secret inside")

    app.extensions["price_service"].slot.current().model.predict_records = fail
    reply = app.test_client().post("/predict", json=listing)
    assert_problem(reply, 500)
    assert "secret" not in reply.get_data(as_text=True)
    assert "the secret inside" in caplog.text
