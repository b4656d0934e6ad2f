"""Pages of others are kept out of the monitor, and the markup of a listing is text."""

import pandas as pd
import pytest

from drift_monitor import drift
from drift_monitor.board import Board
from drift_monitor.report import Report
from drift_monitor.routes import make_app
from drift_monitor.settings import Settings
from drift_monitor.window import Columns

HOSTILE = "</script><img src=x onerror=document.title='ran'>&<b>"
PAGES = ("/", "/drift", "/distributions", "/report", "/runbook", "/static/pages.css", "/no/such")


@pytest.fixture(name="board")
def board_with_report():
    """A board with a report."""
    board = Board(500)
    board.report = Report(lambda: "<html>page</html>")
    return board


@pytest.fixture(name="client")
def client_of_board(board):
    """A client of the monitor."""
    return make_app(board, lambda: True, Settings()).test_client()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_shown_under_the_monitors_own_names_alone(client, path):
    for host in ("localhost:8085", "127.0.0.1", "[::1]:8085", "monitor:8085", "LOCALHOST"):
        with client.get(path, headers={"Host": host}) as answer:
            assert answer.status_code in (200, 404)
    for host in ("evil.example", "monitor.evil.example", "10.0.0.7:8085", "a@localhost", ""):
        answer = client.get(path, headers={"Host": host})
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")


def test_more_names_can_be_allowed(board, monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "10.0.0.7, Monitor.example.com:80")
    client = make_app(board, lambda: True, Settings()).test_client()
    for host in ("10.0.0.7:8085", "monitor.example.com", "localhost"):
        assert client.get("/drift", headers={"Host": host}).status_code == 200
    assert client.get("/drift", headers={"Host": "10.0.0.8:8085"}).status_code == 400


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_machines_ask_by_whatever_address(client, path):
    assert client.get(path, headers={"Host": "10.0.0.7:8085"}).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/health", "/metrics"])
def test_every_answer_has_the_headers(client, path):
    for host in ("localhost", "evil.example"):
        with client.get(path, headers={"Host": host}) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            if path != "/report" or host != "localhost":
                assert policy == "default-src 'self'; frame-ancestors 'none'"


def test_the_report_is_in_a_sandbox_without_an_origin_or_a_way_out(client):
    policy = client.get("/report").headers["Content-Security-Policy"].split("; ")
    assert "sandbox allow-scripts" in policy  # and not allow-same-origin
    assert "default-src 'none'" in policy
    assert not [directive for directive in policy if directive.startswith("connect-src")]


def test_nothing_of_a_listing_reaches_the_report_as_markup():
    texts = ["gas"] * 60 + [HOSTILE] * 40
    name = f"size{HOSTILE}"
    window = pd.DataFrame({"fuel": texts, name: texts, "year": 2014.0})
    reference = pd.DataFrame({"fuel": texts[::-1], name: "big", "year": 2012.0})
    columns = Columns(("year",), {"fuel": (), name: ()})
    limits = dict.fromkeys(columns.names, 0.1)
    found = drift.compare(window, reference, columns, limits)
    assert set(found.scores) == set(columns.names)
    assert "<img" not in found.html()
    assert (
        drift.without_markup(HOSTILE).startswith("＜/script＞＜img src=x")
        and "fuel" in found.html()
    )


def test_values_that_differ_keep_their_scores(usual, limits):
    rows = drift.compare(usual.frame[:200], usual.frame, usual.columns, limits.thresholds).scores
    marked = [
        frame.assign(fuel=frame["fuel"] + "<>&") for frame in (usual.frame[:200], usual.frame)
    ]
    assert drift.compare(*marked, usual.columns, limits.thresholds).scores == rows
