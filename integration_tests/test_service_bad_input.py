"""Bad requests against the real service: each a problem, and the service alive after it."""

import json

import pytest
import requests

BAD = [
    (b"", 400, None),
    (b'{"year": 2014', 400, None),
    (b'{"model": "\xff\xfe"}', 400, None),
    (b"[" * 100_000, 400, None),
    (b"null", 422, None),
    (b"17", 422, None),
    (b'"ford"', 422, None),
    (b"[]", 422, None),
    (b'[{"year": 2014}, 17]', 422, "[1]"),
    (b"{}", 422, "year"),
    (b'{"year": "abc"}', 422, "year"),
    (b'{"year": "2014"}', 422, "year"),
    (b'{"year": 1800}', 422, "year"),
    (b'{"year": 3000}', 422, "year"),
    (b'{"year": 2014.5}', 422, "year"),
    (b'{"year": true}', 422, "year"),
    (b'{"year": null}', 422, "year"),
    (b'{"year": 1' + b"0" * 400 + b"}", 422, "year"),
    (b'{"year": 1' + b"0" * 5000 + b"}", 400, None),
    (b'{"year": 2014, "odometer": -1}', 422, "odometer"),
    (b'{"year": 2014, "odometer": 1e12}', 422, "odometer"),
    (b'{"year": 2014, "odometer": 1e400}', 422, "odometer"),
    (b'{"year": 2014, "odometer": NaN}', 400, None),
    (b'{"year": 2014, "odometer": Infinity}', 400, None),
    (b'{"year": 2014, "odometer": -Infinity}', 400, None),
    (b'{"year": 2014, "odometer": true}', 422, "odometer"),
    (b'{"year": 2014, "odometer": {"miles": 5}}', 422, "odometer"),
    (b'{"year": 2014, "odometer": [5]}', 422, "odometer"),
    (b'{"year": 2014, "manufacturer": 5}', 422, "manufacturer"),
    (b'{"year": 2014, "manufacturer": {"name": "ford"}}', 422, "manufacturer"),
    (b'{"year": 2014, "model": "' + b"x" * 100_000 + b'"}', 422, "model"),
    (b'{"year": 2014, "model": "\\ud800"}', 422, "model"),
    (b'{"year": 2014, "model": "\\u0000"}', 422, "model"),
    (b'{"year": 2014, "wheels": 4}', 422, "wheels"),
    (b'{"year": 2014, "year": 2015}', 400, "year"),
    (b'[{"year": 2014}, {"year": 2014}, {"year": 2014, "odometer": -1}]', 422, "[2].odometer"),
    (json.dumps([{"year": 2014}] * 10_001).encode(), 422, None),
    (b" " * 50 * 2**20, 413, None),
]


def assert_problem(service_url: str, reply: requests.Response, status: int, field: str | None):
    """A problem of this status that names the field, from a service that lives on."""
    assert reply.status_code == status, reply.text[:300]
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = reply.json()
    assert problem["status"] == status and problem["detail"]
    if field:
        assert field in [error["field"] for error in problem["errors"]]
    assert requests.get(f"{service_url}/health", timeout=10).status_code == 200


@pytest.mark.parametrize("body, status, field", BAD, ids=lambda value: str(value)[:40])
def test_a_bad_listing_is_a_problem_and_the_service_lives_on(service_url, body, status, field):
    headers = {"Content-Type": "application/json"}
    reply = requests.post(f"{service_url}/predict", data=body, headers=headers, timeout=60)
    assert_problem(service_url, reply, status, field)


@pytest.mark.parametrize(
    "method, path, headers, status",
    [
        ("GET", "/predict", {}, 405),
        ("DELETE", "/predict/csv", {}, 405),
        ("GET", "/no/such/page", {}, 404),
        ("POST", "/predict", {}, 415),
        ("POST", "/predict", {"Content-Type": "text/xml"}, 415),
        ("POST", "/predict/csv", {"Content-Type": "application/json"}, 415),
        ("POST", "/predict", {"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
    ],
)
def test_a_bad_route_or_type_is_a_problem(service_url, method, path, headers, status):
    data = b"{}" if method == "POST" else None
    reply = requests.request(method, service_url + path, data=data, headers=headers, timeout=20)
    assert_problem(service_url, reply, status, None)


def test_a_chunked_body_past_the_limit_is_refused(service_url):
    pieces = (b" " * 2**20 for _ in range(20))
    headers = {"Content-Type": "application/json"}
    reply = requests.post(f"{service_url}/predict", data=pieces, headers=headers, timeout=60)
    assert_problem(service_url, reply, 413, None)
