"""The runbook's page, and what the runbook claims."""

import re
from pathlib import Path

import pytest

from drift_monitor.board import Board
from drift_monitor.routes import make_app
from drift_monitor.runbook import anchor, page
from drift_monitor.settings import RUNBOOK, Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / RUNBOOK).read_text(encoding="utf-8")


@pytest.fixture(name="client_with")
def client_with_runbook():
    """A client of a monitor whose runbook is at a path."""
    return lambda path: make_app(
        Board(500), lambda: True, Settings(runbook_path=path)
    ).test_client()


@pytest.mark.parametrize(
    "heading, name",
    [
        ("InputDrift", "inputdrift"),
        ("Roll back", "roll-back"),
        ("What's up?  A `make` target", "whats-up--a-make-target"),
        ("Größe, 2-fach", "größe-2-fach"),
    ],
)
def test_anchors_are_those_of_github(heading, name):
    assert anchor(heading) == name


def test_headings_can_be_linked_to_and_two_of_a_name_differ():
    shown = page("# Do `it`\n\n## Over\n\n## Over\n")
    assert '<h1 id="do-it">Do <code>it</code></h1>' in shown
    assert '<h2 id="over">' in shown
    assert '<h2 id="over-1">' in shown


def test_tables_are_tables_and_html_is_only_shown():
    shown = page("| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>alert(1)</script>\n")
    assert "<td>2</td>" in shown
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_the_monitor_serves_the_runbook(client_with):
    answer = client_with(ROOT / RUNBOOK).get("/runbook")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert '<h2 id="inputdrift">InputDrift</h2>' in answer.get_data(as_text=True)


def test_a_missing_runbook_is_a_problem_that_says_so(client_with, tmp_path):
    answer = client_with(tmp_path / "none.md").get("/runbook")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    detail = answer.get_json()["detail"]
    assert f"{tmp_path / 'none.md'} cannot be read (No such file or directory)" in detail
    assert "RUNBOOK_PATH" in detail


def test_the_index_links_the_runbook(client_with):
    assert 'href="/runbook"' in client_with(RUNBOOK).get("/").get_data(as_text=True)


def test_the_environment_says_where_the_runbook_is(monkeypatch):
    monkeypatch.setenv("RUNBOOK_PATH", "/etc/runbook.md")
    assert Settings().runbook_path == Path("/etc/runbook.md")
    monkeypatch.setenv("RUNBOOK_PATH", "")
    assert Settings().runbook_path == RUNBOOK


def test_links_within_the_runbook_lead_somewhere():
    shown = page(TEXT)
    ids = set(re.findall(r'id="([^"]+)"', shown))
    assert set(re.findall(r'href="#([^"]+)"', shown)) <= ids


def test_what_the_runbook_tells_to_run_is_there():
    targets = re.findall(r"^([a-z_]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    told = set(re.findall(r"(?:`|^)make ([a-z_]+)", TEXT, flags=re.MULTILINE))
    assert {"ps", "logs", "rollback", "resume", "retrain"} <= told <= set(targets)
    scripts = set(re.findall(r"local/\w+\.sh", TEXT))
    assert all((ROOT / script).exists() for script in scripts)
