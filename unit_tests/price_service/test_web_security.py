"""Pages of others are kept out: hosts, origins and headers."""

import io

import pytest

from price_service import create_app
from price_service.shedding import Shedding
from price_service.waiting_line import TURN

from unit_tests.price_service.fake_model import FakeModel
from unit_tests.price_service.test_bad_input import assert_problem

ASKED_BY_MACHINES = ("/health", "/ready", "/metrics")
PAGES = ("/docs", "/openapi.json", "/schema", "/model", "/model/versions", "/comparables?year=2014")
OWN_HOSTS = (
    *("localhost", "LOCALHOST:9696", "127.0.0.1:9696", "127.0.0.1:80", "[::1]", "[::1]:9696"),
    *("service:9696", "proxy:9696"),
)
FOREIGN_HOSTS = (
    *("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:9696", "evil-localhost"),
    *("service.evil.example", "localhost@evil.example", "evil.example#localhost", "10.0.0.7", ""),
    *("localhost/", "localhost:port", "a b", "[::2]", "0.0.0.0"),
)


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_the_service_answers_to_its_own_names_at_any_port(client, listing, host):
    assert client.get("/schema", headers={"Host": host}).status_code == 200
    assert client.post("/predict", json=listing, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_the_service_does_not_answer_to_another_name(client, listing, host):
    assert_problem(client.get("/schema", headers={"Host": host}), 400)
    assert_problem(client.post("/predict", json=listing, headers={"Host": host}), 400)


@pytest.mark.parametrize("path", [*PAGES, "/no/such/page"])
def test_every_page_asks_for_the_host(client, path):
    assert_problem(client.get(path, headers={"Host": "evil.example"}), 400)


@pytest.mark.parametrize("path", ASKED_BY_MACHINES)
def test_machines_ask_by_whatever_address(client, path):
    assert client.get(path, headers={"Host": "10.1.2.3:9696"}).status_code == 200


def test_more_names_can_be_allowed(settings, monkeypatch):
    monkeypatch.setenv(
        "ALLOWED_HOSTS", "Prices.example.com, service.prices.internal:9696,[fd00::1]"
    )
    more = type(settings)(outbox_dir=settings.outbox_dir, model_cache_dir=settings.model_cache_dir)
    client = create_app(more, FakeModel()).test_client()
    for host in ("prices.example.com", "service.prices.internal:9696", "[fd00::1]:80", "localhost"):
        assert client.get("/schema", headers={"Host": host}).status_code == 200
    assert client.get("/schema", headers={"Host": "example.com"}).status_code == 400


FOREIGN = (
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://localhost.evil.example"},
    {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "nonsense"},
)
FRIENDLY = (
    {},
    {"Origin": "http://localhost"},
    {"Origin": "http://localhost:8501"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://localhost:8501", "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
)


def posts(client, listing, headers):
    """Every way to send something: path → status."""
    identity = {"prediction_id": "a" * 32, "price": 9000}
    form = {"file": (io.BytesIO(b"year\n2014\n"), "a.csv")}
    csv = {"data": "year\n2014\n", "content_type": "text/csv"}
    return {
        "/predict": client.post("/predict", json=listing, headers=headers),
        "/predict/csv": client.post("/predict/csv", **csv, headers=headers),
        "/predict/csv, a form": client.post("/predict/csv", data=form, headers=headers),
        "/feedback": client.post("/feedback", json=identity, headers=headers),
        "/explain": client.post("/explain", json=listing, headers=headers),
        "/curves": client.post("/curves", json=listing, headers=headers),
    }


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_site_can_send_nothing(app, client, listing, headers):
    for reply in posts(client, listing, headers).values():
        assert_problem(reply, 403)
    assert len(app.extensions["price_service"].outbox.file()) == 0


@pytest.mark.parametrize("headers", FRIENDLY, ids=str)
def test_programs_and_pages_of_the_same_site_can_send(client, listing, headers):
    for path, reply in posts(client, listing, headers).items():
        assert reply.status_code in (200, 202), path
        reply.close()


def test_a_page_of_another_site_may_link_here(client):
    assert client.get("/docs", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def assert_safe_headers(reply):
    """Nothing foreign runs in the answer, and nobody frames it."""
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "*" not in policy
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", [*PAGES, *ASKED_BY_MACHINES, "/no/such/page", "/predict"])
def test_every_answer_has_the_headers(client, path):
    assert_safe_headers(client.get(path))


def test_refusals_and_faults_have_the_headers(app, client, listing):
    for headers in ({"Host": "evil.example"}, {"Origin": "null"}):
        assert_safe_headers(client.post("/predict", json=listing, headers=headers))
    assert_safe_headers(client.post("/predict", data="{", content_type="application/json"))
    app.extensions["price_service"].slot.current().model.predict_records = None
    reply = client.post("/predict", json=listing)
    assert reply.status_code == 500
    assert_safe_headers(reply)


def test_what_is_turned_away_for_load_has_the_headers(app, monkeypatch):
    monkeypatch.setattr(TURN, "refused", True, raising=False)
    app.wsgi_app = Shedding(app, app.extensions["price_service"].metrics.requests)
    reply = app.test_client().get("/schema")
    assert_problem(reply, 503)
    assert_safe_headers(reply)
