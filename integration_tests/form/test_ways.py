"""The ways of a visitor through the form, in a browser, answered by the real service."""

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from integration_tests.form.conftest import TELEPHONE, drawn

PRICE = re.compile(r"^\$[\d,]+$")
TITLE = "2014 Ford F-150 XLT 4x4 89k miles $18,500"
CSV_ROWS, BAD_ROWS = 1_000, (17, 400, 999)


def price_it(page: Page) -> None:
    """Press the button and wait for an answer."""
    page.get_by_role("button", name="Price it").click()
    expect(answer(page)).to_be_visible()


def answer(page: Page):
    """The price, large."""
    return page.get_by_role("heading", name=PRICE)


def field(page: Page, label: str):
    """A field by the name that a screen reader reads."""
    return page.get_by_label(label, exact=True).first


def pick(page: Page, label: str, text: str) -> None:
    """Choose in a select box by typing."""
    box = page.get_by_role("combobox", name=re.compile(label))
    box.fill(text)
    page.get_by_role("option").first.click()


def test_a_visitor_prices_a_vehicle_and_is_told_why(visit, form_url, schema):
    page = visit(form_url)
    assert page.title() == "What is it worth? · Vehicle price"
    assert schema["dataset"]["synthetic"]
    expect(page.get_by_text("Trained on synthetic data")).to_be_visible()
    pick(page, "Make", "ford")
    pick(page, "Model", "f150")
    field(page, "Year").fill("2014")
    field(page, "Odometer (miles)").fill("89000")
    price_it(page)
    expect(page.get_by_text("Nine in ten such vehicles are listed for")).to_be_visible()
    expect(page.get_by_text(re.compile("A year older: .* 10,000 miles more: "))).to_be_visible()
    for tab in ("Why this price", "What if", "Similar listings"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel").locator("canvas, svg").first).to_be_visible()
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


def test_a_shared_address_gives_the_same_answer_to_somebody_else(visit, form_url):
    page = visit(form_url)
    pick(page, "Make", "toyota")
    field(page, "Year").fill("2012")
    price_it(page)
    page.wait_for_url("**year=2012**")
    other = visit(page.url)
    expect(answer(other)).to_have_text(answer(page).inner_text())
    expect(field(other, "Year")).to_have_value("2012")


def test_a_pasted_title_fills_the_fields_and_says_that_it_guessed(visit, form_url):
    page = visit(form_url)
    title = field(page, "Paste a listing's title (optional)")
    title.fill(TITLE)
    title.press("Enter")
    expect(field(page, "Year")).to_have_value("2014")
    expect(field(page, "Odometer (miles)")).to_have_value("89000")
    expect(page.get_by_text(re.compile("guessed", re.I)).first).to_be_visible()
    price_it(page)
    expect(page.get_by_text(re.compile(r"\$18,500 is"))).to_be_visible()


def test_a_csv_of_a_thousand_rows_is_priced_and_its_bad_rows_are_named(visit, form_url):
    page = visit(f"{form_url}/many")
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(["Make", "Model", "YEAR", "Mileage", "note"])
    for number in range(1, CSV_ROWS + 1):
        year = "soon" if number in BAD_ROWS else 2000 + number % 20
        writer.writerow(["ford", "f-150", year, 1_000 * (number % 150), f"row {number}"])
    content = {"name": "cars.csv", "mimeType": "text/csv", "buffer": rows.getvalue().encode()}
    page.locator("input[type=file]").set_input_files(content)
    page.get_by_role("button", name="Price all rows").click()
    expect(page.get_by_text(f"{CSV_ROWS - len(BAD_ROWS):,} of {CSV_ROWS:,} rows")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download with prices").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        priced = list(csv.DictReader(file))
    assert [row["note"] for row in priced] == [f"row {n}" for n in range(1, CSV_ROWS + 1)]
    wrong = [number for number, row in enumerate(priced, 1) if row["error"]]
    assert tuple(wrong) == BAD_ROWS
    good = [row for row in priced if not row["error"]]
    assert all(int(row["low"]) <= int(row["predicted_price"]) <= int(row["high"]) for row in good)


def test_the_keyboard_alone_is_enough(visit, form_url):
    page = visit(form_url)
    drawn(page)
    tab_to(page, "Year")
    page.keyboard.type("2013")
    tab_to(page, "Price it")
    page.keyboard.press("Enter")
    expect(answer(page)).to_be_visible()
    drawn(page)
    tab_to(page, "Why this price")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="What if")).to_be_focused()


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(NAME_OF_FOCUSED) == name:
            return
    pytest.fail(f"{name} is not reached by {most} presses of Tab")


NAME_OF_FOCUSED = """() => {
  const at = document.activeElement;
  const text = at.querySelector("p") || at; // without the name of an icon
  return (at.ariaLabel || text.innerText || "").trim();
}"""


def test_on_a_telephone_nothing_is_wider_than_the_screen(visit, form_url, monitor_url):
    page = visit(f"{form_url}/?manufacturer=ford&model=f-150&year=2014&odometer=89000", TELEPHONE)
    for path in ("", "many", "model", "health"):
        if path:
            page.goto(f"{form_url}/{path}")
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE[0], path


def test_feedback_is_thanked_for_once(visit, form_url):
    page = visit(f"{form_url}/?year=2014&odometer=89000")
    expect(answer(page)).to_be_visible()
    field(page, "The real price (dollars)").fill("17500")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you")).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_have_count(0)
