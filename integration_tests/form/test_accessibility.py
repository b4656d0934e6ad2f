"""What keeps people out, looked for by axe on each page, in both themes and at both widths."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from integration_tests.form.conftest import TELEPHONE, WIDE

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
    if path == ANSWERED:
        expect(page.get_by_role("heading", name=re.compile(r"^\$[\d,]+$"))).to_be_visible()
        expect(page.get_by_role("tab")).to_have_count(3)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    assert "\n".join(serious_findings(page)) == ""
