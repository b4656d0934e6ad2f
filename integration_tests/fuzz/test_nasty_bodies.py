"""Every nasty body gets exactly its status, and the service prices afterwards as it did before."""

import collections

import pytest
import requests
from jsonschema import Draft202012Validator

from integration_tests.fuzz.nasty import Nasty
from integration_tests.fuzz.nasty_bodies import corpus
from integration_tests.service_under_gunicorn import LISTING

CORPUS = corpus()


@pytest.fixture(scope="module", name="described")
def description(service):
    """Its OpenAPI description."""
    return requests.get(f"{service.url}/openapi.json", timeout=20).json()


def send(service, nasty: Nasty) -> requests.Response:
    """Its answer."""
    headers = {"Content-Type": nasty.kind} if nasty.kind is not None else {}
    return requests.post(
        service.url + nasty.path, data=nasty.body, headers=headers | nasty.headers, timeout=60
    )


def test_the_corpus_holds_more_than_200_different_bodies():
    names = collections.Counter(nasty.name for nasty in CORPUS)
    assert max(names.values()) == 1
    assert len({nasty.body for nasty in CORPUS}) >= 200


@pytest.mark.parametrize("nasty", CORPUS, ids=lambda nasty: nasty.name)
def test_a_nasty_body_gets_its_status_as_described(service, described, nasty):
    reply = send(service, nasty)
    assert reply.status_code == nasty.status, reply.text[:300]
    operation = described["paths"][nasty.path.partition("?")[0]]["post"]["responses"][
        str(nasty.status)
    ]
    ((kind, media),) = operation["content"].items()
    assert reply.headers["Content-Type"].split(";")[0] == kind
    if kind != "text/csv":
        schema = media["schema"] | {"components": described["components"]}
        Draft202012Validator(schema).validate(reply.json())


def test_afterwards_it_is_healthy_and_prices_as_before(service):
    assert service.get("/health") == service.get("/ready") == 200
    assert service.predict(LISTING).json()["price"] == 21300
    assert "Traceback" not in service.log()
    assert len(service.workers()) == 2
