"""A browser before the real form: Playwright drives the Chromium of this machine."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

DEADLINE_SECONDS = 60
WIDE, TELEPHONE = (1280, 1000), (390, 844)
# What is drawn last on each page.
LAST = {
    "/": "Price it",
    "/many": "Your CSV file",
    "/model": "Its versions",
    "/health": "Look further",
}


def drawn(page: Page) -> None:
    """Wait until the whole page is there and nothing is being drawn any more."""
    path = urlsplit(page.url).path
    expect(page.get_by_test_id("stMain").get_by_text(LAST[path]).first).to_be_visible()
    if "year=" in page.url:
        expect(page.get_by_role("tab")).to_have_count(3)
    for unfinished in ("stStatusWidget", "stSkeleton", "stSpinner"):
        expect(page.get_by_test_id(unfinished)).to_have_count(0)


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Page]]:
    """`visit(address, size, color_scheme)`: a page as a new visitor sees it, its title drawn."""
    contexts = []
    expect.set_options(timeout=DEADLINE_SECONDS * 1_000)

    def visited(address: str, size: tuple[int, int] = WIDE, color_scheme: str = "light") -> Page:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, color_scheme=color_scheme)
        contexts.append(context)
        context.set_default_timeout(DEADLINE_SECONDS * 1_000)
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        return page

    yield visited
    for context in contexts:
        context.close()


@pytest.fixture(scope="session", name="schema")
def served_schema(service_url) -> dict:
    """What the service says of its features."""
    return requests.get(f"{service_url}/schema", timeout=10).json()
