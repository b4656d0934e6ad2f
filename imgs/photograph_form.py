"""`python imgs/photograph_form.py`: the form's pages at both widths, of a running stack."""

import argparse
import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

FOLDER = Path(__file__).parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
WIDTHS = {"": 1280, "_telephone": 390}
TABS = {"": "Why this price", "_what_if": "What if", "_similar": "Similar listings"}
ANSWERED = (
    "/?manufacturer=ford&model=f-150&year=2014&odometer=89000&state=tx&type=pickup&drive=4wd"
    "&asking_price=18500"
)
BY_TITLE = "/?manufacturer=ford&model=f-150&year=2014"
PAGES = {"about_the_model": "/model", "health_of_the_model": "/health"}
CSV = "make,model,year,mileage\n" + "".join(
    f"{make},{model},{2004 + number % 17},{9_000 * (number % 19) + 4_000}\n"
    for number in range(120)
    for make, model in (("ford", "f-150"), ("honda", "civic"), ("bmw", "3 series"))
)


def settled(page: Page) -> None:
    """Wait until nothing is being drawn."""
    expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)  # plots are drawn after their elements are there


def take(page: Page, name: str) -> None:
    """The whole page as a picture, whatever its length."""
    settled(page)
    block = page.get_by_test_id("stMainBlockContainer")
    height = block.evaluate("element => element.getBoundingClientRect().height")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": int(height) + 80})
    settled(page)
    page.screenshot(path=FOLDER / f"{name}.png")


def opened(browser: Browser, address: str, width: int, scheme: str) -> Page:
    """A page as a new visitor sees it."""
    size = {"width": width, "height": 1000}
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    page.goto(address)
    settled(page)
    return page


def photograph(browser: Browser, form: str, suffix: str, width: int, scheme: str) -> None:
    """Every page at one width."""
    page = opened(browser, form + ANSWERED, width, scheme)
    expect(page.get_by_role("heading", name=re.compile(r"^\$"))).to_be_visible(timeout=60_000)
    for name, tab in TABS.items():
        page.get_by_role("tab", name=tab).click()
        take(page, f"frontend{name}{suffix}")
    page = opened(browser, form + BY_TITLE, width, scheme)
    expect(page.get_by_text("told too, the range would be about")).to_be_visible(timeout=60_000)
    take(page, f"frontend_title{suffix}")
    page = opened(browser, f"{form}/many", width, scheme)
    content = {"name": "vehicles.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    page.locator("input[type=file]").set_input_files(content)
    page.get_by_role("button", name="Price all rows").click()
    expect(page.get_by_text("rows priced.")).to_be_visible(timeout=60_000)
    take(page, f"many_at_once{suffix}")
    for name, path in PAGES.items():
        take(opened(browser, form + path, width, scheme), f"{name}{suffix}")


def main() -> None:
    """Photograph the form at the address given."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--form", default="http://127.0.0.1:8501")
    arguments.add_argument("--scheme", default="light", choices=("light", "dark"))
    arguments.add_argument("--suffix", default="", help="stands at the end of the names")
    given = arguments.parse_args()
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for suffix, width in WIDTHS.items():
            photograph(browser, given.form, suffix + given.suffix, width, given.scheme)
        browser.close()


if __name__ == "__main__":
    main()
