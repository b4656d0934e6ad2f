"""The pages of service and monitor in a real browser, under the policies that they are sent with."""

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
from flask import Flask
from playwright.sync_api import ConsoleMessage, Page, expect
from werkzeug.serving import make_server

from drift_monitor import drift
from drift_monitor.board import Board
from drift_monitor.report import Report
from drift_monitor.routes import make_app
from drift_monitor.settings import Settings as MonitorSettings
from drift_monitor.window import Columns
from price_service import create_app
from price_service.settings import Settings as ServiceSettings

from unit_tests.price_service.fake_model import FakeModel

# Each way that text becomes code in a page: by its script's end, as a tag in a chart's label, in a string.
HOSTILE = (
    "</script><img src=x onerror=document.title='ran'>",
    "<img src=x onerror=document.title='ran'>",
    "<svg onload=document.title='ran'>",
    "</script><script>document.title='ran'</script>",
    "<a href='javascript:document.title=1'>here</a>",
    "<!--<script>",
    "'-(document.title='ran')-'",
    '"-(document.title="ran")-"',
    "`${document.title='ran'}`",
    "{{constructor.constructor('document.title=1')()}}",
    "&lt;img src=x onerror=document.title='ran'&gt;",
    "\u2028document.title='ran'//\\",
)
CATEGORIES = ("manufacturer", "model", "fuel", "state", "size", "type", "paint_color")


@pytest.fixture(name="serve")
def served_application() -> Iterator[Callable[[Flask], str]]:
    """`serve(app)`: the address of an application."""
    servers = []

    def served(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.port}"

    yield served
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(name="page")
def page_with_console(browser) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what its console says of errors and refused content."""
    with browser.new_context() as context:
        page, said = context.new_page(), []

        def note(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                said.append(message.text)

        page.on("console", note)
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page, said


def hostile_listings(rows: int, seed: int) -> pd.DataFrame:
    """Listings of which each category has every hostile value."""
    draw = np.random.default_rng(seed)
    values = np.array([*HOSTILE, "gas", "diesel"], dtype=object)
    texts = {name: values[draw.integers(0, len(values), rows)] for name in CATEGORIES}
    return pd.DataFrame(texts | {"year": draw.integers(1990, 2021, rows).astype(float)})


@pytest.fixture(name="monitor")
def monitor_of_hostile_listings(serve) -> str:
    """A monitor whose report is on hostile values in window and reference."""
    columns = Columns(("year",), dict.fromkeys(CATEGORIES, ()))
    board = Board(500)
    limits = dict.fromkeys(columns.names, 0.1)
    found = drift.compare(hostile_listings(300, 1), hostile_listings(600, 2), columns, limits)
    board.report = Report(found.html)
    return serve(make_app(board, lambda: True, MonitorSettings()))


def test_the_report_is_drawn_and_no_value_of_a_listing_runs(monitor, page):
    browsed, said = page
    browsed.goto(f"{monitor}/report")
    for name in ("year", *CATEGORIES):
        expect(browsed.get_by_text("Drift in column", exact=False).first).to_be_visible()
        expect(browsed.get_by_text(name, exact=False).first).to_be_visible()
    browsed.wait_for_function("document.querySelectorAll('.main-svg').length > 0")
    assert browsed.title() not in ("ran", "1")
    assert browsed.evaluate("self.origin") == "null"
    assert browsed.locator("img[src=x], svg[onload]").count() == 0
    assert not [line for line in said if "ran" in line or "SyntaxError" in line], said


@pytest.mark.parametrize("path", ["/", "/runbook"])
def test_the_monitors_own_pages_are_whole_under_their_policy(monitor, page, path):
    browsed, said = page
    browsed.goto(monitor + path)
    expect(browsed.get_by_role("heading", level=1)).to_be_visible()
    width = browsed.evaluate("getComputedStyle(document.body).maxWidth")
    assert width == "832px"  # 52rem: the style is applied
    assert not [line for line in said if "favicon" not in line and "404" not in line], said


@pytest.fixture(name="service")
def service_with_a_model(serve, tmp_path) -> str:
    """The service with the tests' model."""
    settings = ServiceSettings(
        outbox_dir=tmp_path / "outbox",
        spool_dir=tmp_path / "spool",
        model_cache_dir=tmp_path / "cache",
        prediction_log_url=f"sqlite:///{tmp_path / 'log.db'}",
        api_key="",
    )
    app = create_app(settings, FakeModel())
    yield serve(app)
    app.extensions["price_service"].outbox.close()


def test_the_docs_page_can_be_tried_out_under_its_policy(service, page, tmp_path):
    browsed, said = page
    browsed.goto(f"{service}/docs")
    expect(browsed.get_by_text("POST /predict/csv").first).to_be_visible()
    expect(browsed.get_by_role("cell", name="GET /schema")).to_be_visible()
    browsed.get_by_role("button", name="POST /predict", exact=True).click()
    expect(browsed.locator("#predict-answer")).to_contain_text("prediction_id")
    browsed.locator("#price").fill("9000")
    browsed.get_by_role("button", name="POST /feedback").click()
    expect(browsed.locator("#feedback-answer")).to_contain_text("202")
    file = tmp_path / "a.csv"
    file.write_text("year\n2014\n", encoding="ascii")
    browsed.locator("#file").set_input_files(file)
    browsed.get_by_role("button", name="POST /predict/csv", exact=True).click()
    expect(browsed.locator("#csv-answer")).to_contain_text("predicted_price")
    assert browsed.evaluate("getComputedStyle(document.body).maxWidth") == "960px"
    assert not [line for line in said if "404" not in line], said


def test_a_page_of_another_site_can_send_the_service_nothing(service, serve, page):
    foreign = Flask("foreign")
    body = "fetch(location.hash.slice(1), {method: 'POST', mode: 'no-cors', body: new FormData()})"
    foreign.add_url_rule("/", view_func=lambda: f"<title>-</title><script>{body}</script>")
    browsed, _ = page
    address = serve(foreign).replace("127.0.0.1", "foreign.localhost")
    with browsed.expect_response(f"{service}/predict/csv") as answered:
        browsed.goto(f"{address}/#{service}/predict/csv")
    assert answered.value.status == 403
