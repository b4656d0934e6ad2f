"""What keeps people out, looked for by axe on each page, in both themes and at both widths."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from integration_tests.form.conftest import TELEPHONE, WIDE, drawn

SERIOUS = ("serious", "critical")
ANSWERED = "/?manufacturer=ford&model=f-150&year=2014&odometer=89000&asking_price=18500"


def serious_findings(page: Page) -> list[str]:
    """Rule, element and why of every serious finding."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, TELEPHONE], ids=["wide", "telephone"])
@pytest.mark.parametrize("path", [ANSWERED, "/many", "/model", "/health"])
def test_axe_has_no_serious_finding(visit, form_url, monitor_url, path, size, color_scheme):
    page = visit(form_url + path, size, color_scheme)
    drawn(page)
    assert "\n".join(serious_findings(page)) == ""


@pytest.mark.parametrize("tab", ["What if", "Similar listings"])
def test_axe_has_none_under_the_other_tabs(visit, form_url, tab):
    page = visit(form_url + ANSWERED)
    drawn(page)
    page.get_by_role("tab", name=tab).click()
    drawn(page)
    assert "\n".join(serious_findings(page)) == ""


def test_axe_has_none_where_a_file_was_priced(visit, form_url):
    page = visit(f"{form_url}/many")
    rows = "year,odometer\n" + "".join(f"{2001 + number},90000\n" for number in range(12))
    content = {"name": "cars.csv", "mimeType": "text/csv", "buffer": (rows + "soon,1\n").encode()}
    page.locator("input[type=file]").set_input_files(content)
    page.get_by_role("button", name="Price all rows").click()
    expect(page.get_by_text("12 of 13 rows priced.")).to_be_visible()
    drawn(page)
    assert "\n".join(serious_findings(page)) == ""
