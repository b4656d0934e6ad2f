"""The service goes away and comes back, with another model, while a visitor uses the form."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from integration_tests.service_under_gunicorn import NOBODY, GunicornService
from integration_tests.stack import ROOT, poll
from local.http import is_up
from unit_tests.ports import free_port

PRICE = re.compile(r"^\$[\d,]+$")


@pytest.fixture(name="service")
def service_that_can_end(tmp_path) -> Iterator[GunicornService]:
    """The service under Gunicorn with a model of its own."""
    service = GunicornService(tmp_path)
    service.keep_model()
    service.migrate()
    service.start()
    yield service
    service.stop()


@pytest.fixture(name="form_of_it")
def form_before_that_service(service, tmp_path) -> Iterator[str]:
    """A form that asks that service: its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit" / "app.py")]
    options = ["--server.address", "127.0.0.1", "--server.port", str(port)]
    places = {"SERVICE_URL": service.url, "MONITOR_URL": NOBODY, "SERVICE_TIMEOUT_SECONDS": "5"}
    with open(tmp_path / "form.log", "wb") as log:
        with subprocess.Popen(
            [*command, *options, "--server.headless", "true"],
            env=os.environ | places,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as form:
            poll(lambda: is_up(f"{address}/_stcore/health"), "the form up")
            yield address
            form.terminate()


def described(page: Page) -> None:
    """A vehicle in the form."""
    for label, value in (("Year", "2015"), ("Odometer (miles)", "64000")):
        page.get_by_label(label, exact=True).first.fill(value)
        page.keyboard.press("Enter")


def still_described(page: Page) -> None:
    """Nothing that was entered is lost."""
    expect(page.get_by_label("Year", exact=True).first).to_have_value("2015")
    expect(page.get_by_label("Odometer (miles)", exact=True).first).to_have_value("64000")


def test_a_service_that_stops_and_comes_back_costs_a_sentence_and_a_retry(
    visit, service, form_of_it
):
    page = visit(form_of_it)
    described(page)
    service.stop()
    page.get_by_role("button", name="Price it").click()
    expect(page.get_by_text("The price service cannot be reached").first).to_be_visible()
    still_described(page)
    service.start()
    poll(lambda: service.get("/ready") == 200, "the model in the service")
    page.get_by_role("button", name="Try again").first.click()
    expect(page.get_by_role("heading", name=PRICE)).to_be_visible()
    still_described(page)


def test_a_new_version_is_taken_over_without_a_word_lost(visit, service, form_of_it):
    page = visit(form_of_it)
    described(page)
    page.get_by_role("button", name="Price it").click()
    before = page.get_by_role("heading", name=PRICE).inner_text()
    service.stop()
    service.keep_model("2", price_factor=2.0)
    service.start()
    poll(lambda: service.get("/ready") == 200, "the model in the service")
    page.get_by_role("button", name="Price it").click()
    expect(page.get_by_text("Model version 2.")).to_be_visible()
    assert page.get_by_role("heading", name=PRICE).inner_text() != before
    still_described(page)


def test_a_form_opened_while_the_service_is_away_says_so_and_opens_when_it_is_back(
    visit, service, form_of_it
):
    service.stop()
    page = visit(form_of_it)
    expect(page.get_by_text("The price service cannot be reached").first).to_be_visible()
    service.start()
    poll(lambda: service.get("/ready") == 200, "the model in the service")
    page.get_by_role("button", name="Try again").first.click()
    expect(page.get_by_label("Year", exact=True).first).to_be_visible()
