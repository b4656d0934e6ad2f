"""What visitors type, paste and leave half done, in a browser before the real service."""

import re

import pytest
from playwright.sync_api import Page, expect

from integration_tests.form.conftest import drawn

MARKED_UP = (
    "www.example.com",
    "https://example.com/x",
    "a@example.com",
    "_www.example.com",
    "a ===",
)


def box(page: Page, label: str):
    """A select box by its label; an open list hides other boxes from the accessibility tree."""
    return page.locator(f"[data-testid='stSelectbox'] input[aria-label='{label}']")


def typed(page: Page, label: str, text: str) -> None:
    """Type into a select box, over what stood there."""
    box(page, label).click()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def by_tab(page: Page) -> None:
    """Leave the box by the Tab key."""
    page.keyboard.press("Tab")


def by_click(page: Page) -> None:
    """Leave the box by a click on a place that its open list does not cover."""
    page.locator("h1").first.click()


def by_enter(page: Page) -> None:
    """Confirm by Enter."""
    page.keyboard.press("Enter")


@pytest.mark.parametrize("leave", [by_tab, by_click, by_enter])
def test_a_typed_make_and_model_count_however_the_box_is_left(visit, form_url, leave):
    page = visit(form_url)
    drawn(page)
    typed(page, "Make", "Ford")
    leave(page)
    expect(box(page, "Make")).to_have_value("Ford")
    drawn(page)
    typed(page, "Model", "F150")
    leave(page)
    expect(box(page, "Model")).to_have_value("F-150")


@pytest.mark.parametrize("leave", [by_tab, by_click, by_enter])
def test_a_beginning_is_the_one_make_that_has_it(visit, form_url, schema, leave):
    makes = next(one for one in schema["features"] if one["name"] == "manufacturer")["options"]
    [make] = [one for one in makes if one.startswith("toyo")]
    page = visit(form_url)
    drawn(page)
    typed(page, "Make", "Toyo")
    leave(page)
    expect(box(page, "Make")).to_have_value(make.capitalize())


def test_a_typed_model_counts_when_the_button_is_pressed(visit, form_url):
    page = visit(f"{form_url}/?manufacturer=ford&year=2014")
    drawn(page)
    typed(page, "Model", "Model of my own")
    page.locator("button", has_text="Price it").click()
    expect(page.get_by_role("heading", name="2014 Ford Model of my own")).to_be_visible()
    page.wait_for_url("**model=Model+of+my+own**")


def test_escape_takes_back_what_was_typed_and_a_closed_list_takes_its_own_options(visit, form_url):
    page = visit(f"{form_url}/?manufacturer=ford&year=2014")
    drawn(page)
    typed(page, "Make", "Toyota")
    page.keyboard.press("Escape")
    by_tab(page)
    expect(box(page, "Make")).to_have_value("Ford")
    page.get_by_text("More details").click()
    # A list that opens while its box still moves is closed again.
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    typed(page, "Fuel", "diesel")
    by_tab(page)
    expect(box(page, "Fuel")).to_have_value("Diesel")
    typed(page, "Fuel", "zz")
    by_tab(page)
    expect(box(page, "Fuel")).to_have_value("Diesel")


@pytest.mark.parametrize(
    ("pasted", "words"), [("89k", None), ("80 000", None), ("80.000", "may mean 80 or 80,000")]
)
def test_a_pasted_number_is_understood_or_refused(visit, form_url, pasted, words):
    page = visit(f"{form_url}/?year=2014")
    drawn(page)
    page.get_by_label("Odometer (miles)", exact=True).first.fill(pasted)
    page.locator("button", has_text="Price it").click()
    if words:
        expect(page.get_by_text(words)).to_be_visible()
        expect(page.get_by_text("Look at the odometer (miles) first")).to_be_visible()
    else:
        page.wait_for_url(re.compile("odometer=(89000|80000)"))


def test_a_second_title_leaves_nothing_of_the_first(visit, form_url):
    page = visit(form_url)
    drawn(page)
    title = page.get_by_label("Paste a listing's title (optional)", exact=True).first
    for text in ("2012 Toyota Camry 40k miles $9,000", "07 f150 slipping transmission"):
        title.fill(text)
        page.get_by_role("button", name="Fill in").click()
        expect(page.get_by_text("Guessed from the listing's title:").first).to_be_visible()
        drawn(page)
    expect(box(page, "Make")).to_have_value("Ford")
    expect(box(page, "Model")).to_have_value("F-150")
    expect(page.get_by_label("Year", exact=True).first).to_have_value("2007")
    expect(page.get_by_label("Odometer (miles)", exact=True).first).to_have_value("")


def test_a_file_and_its_prices_are_there_after_a_look_at_another_page(visit, form_url):
    page = visit(f"{form_url}/many")
    rows = "year,odometer\n" + "".join(f"{2001 + number},90000\n" for number in range(12))
    content = {"name": "cars.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.locator("input[type=file]").set_input_files(content)
    page.get_by_role("button", name="Price all rows").click()
    expect(page.get_by_text("12 of 12 rows priced.")).to_be_visible()
    page.get_by_role("link", name="About the model").click()
    page.wait_for_url("**/model")
    drawn(page)
    page.get_by_role("link", name="Many at once").click()
    expect(page.get_by_text("12 of 12 rows priced.")).to_be_visible()
    expect(page.get_by_text("cars.csv is still here.")).to_be_visible()


@pytest.mark.parametrize("text", MARKED_UP)
def test_no_text_of_an_address_becomes_a_link_or_a_heading(visit, form_url, text):
    page = visit(form_url)
    page.goto(f"{form_url}/?year=2014&manufacturer={text}&igshid=1&_hsenc=aa")
    drawn(page)
    expect(page.get_by_role("heading", level=3, name="2014")).to_be_visible()
    expect(page.locator("[data-testid=stMain] a[href*=example]")).to_have_count(0)
    expect(page.get_by_text("cannot use a part of the address")).to_have_count(0)
