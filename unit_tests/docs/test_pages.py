"""What the docs name is there: make targets, files, sections."""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
LISTED = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
)
PAGES = sorted(LISTED.stdout.split()) or sorted(
    str(path.relative_to(ROOT)) for pattern in ("*.md", "setup/*.md") for path in ROOT.glob(pattern)
)
every_page = pytest.mark.parametrize("page", PAGES)
TARGET = re.compile(r"(?:^|[`(] *|&& )make ([a-z_]+)", re.MULTILINE)
DEFINED = set(re.findall(r"^([a-z_]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def links(page):
    """What a page links to or shows, but for the web."""
    tokens = MarkdownIt().enable("table").parse((ROOT / page).read_text(encoding="utf-8"))
    inline = [child for token in tokens for child in token.children or []]
    found = [child.attrGet("href") or child.attrGet("src") for child in inline]
    return [unquote(link) for link in found if link and not re.match(r"[a-z]+:", link)]


def anchors(page):
    """The headings of a page as GitHub links to them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_every_link_leads_somewhere(page):
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        assert not anchor or anchor in anchors(target), f"{page}: {link}"


@every_page
def test_every_make_target_that_is_named_exists(page):
    assert set(TARGET.findall((ROOT / page).read_text(encoding="utf-8"))) <= DEFINED


def test_the_pages_of_a_public_project_are_there():
    assert {"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} <= set(PAGES)
