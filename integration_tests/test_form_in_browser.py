"""The form in headless Chromium, through the real service."""

import itertools
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium")
DEADLINE_SECONDS = 60.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1600",
    "--remote-debugging-port=0",
)
PAGE_TEXT = "document.body.innerText"
YEAR = "document.querySelector('input[aria-label=\"Year\"]')"
PRICE_BUTTON = (
    "[...document.querySelectorAll('button')].find(each => each.innerText.includes('Price it'))"
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


class Tab:
    """One tab of the browser, driven by the DevTools protocol."""

    def __init__(self, connection: ClientConnection):
        self._connection = connection
        self._ids = itertools.count(1)

    def send(self, method: str, **params: Any) -> dict:
        """Do one thing and give its result; what the tab tells meanwhile is passed over."""
        message_id = next(self._ids)
        self._connection.send(json.dumps({"id": message_id, "method": method, "params": params}))
        while True:
            message = json.loads(self._connection.recv(timeout=DEADLINE_SECONDS))
            if message.get("id") == message_id:
                return message["result"]

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        return result["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until the expression is true; fails with the page's text."""
        if not within_deadline(lambda: self.value(expression)):
            pytest.fail(f"never true: {expression}\n{self.value(PAGE_TEXT)}")

    def enter(self, field: str, text: str) -> None:
        """Type into a field, and Enter."""
        self.value(f"{field}.focus()")
        self.send("Input.insertText", text=text)
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key="Enter", windowsVirtualKeyCode=13)


def within_deadline(condition: Callable[[], Any]) -> Any:
    """The condition's first true value, or the last one when the deadline passed."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    pause = threading.Event()
    while not (value := condition()) and time.monotonic() < deadline:
        pause.wait(0.1)
    return value


def tab_address(profile: Path) -> str | None:
    """The address of the first tab, once the browser has written its port."""
    port_file = profile / "DevToolsActivePort"
    if not port_file.exists() or not (lines := port_file.read_text().split()):
        return None
    targets = requests.get(f"http://127.0.0.1:{lines[0]}/json/list", timeout=10).json()
    pages = (each["webSocketDebuggerUrl"] for each in targets if each["type"] == "page")
    return next(pages, None)


@pytest.fixture(name="tab")
def _tab(tmp_path: Path) -> Iterator[Tab]:
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
        try:
            address = within_deadline(lambda: tab_address(tmp_path))
            assert address, "Chromium did not start"
            with connect(address, proxy=None, max_size=None) as connection:
                yield Tab(connection)
        finally:
            browser.terminate()
            browser.wait(timeout=DEADLINE_SECONDS)


def test_a_visitor_prices_a_vehicle_in_a_browser(tab, form_url, service_url):
    schema = requests.get(f"{service_url}/schema", timeout=10).json()
    year = next(each for each in schema["features"] if each["name"] == "year")
    tab.send("Page.navigate", url=form_url)
    tab.wait_for(f"{YEAR} !== null")
    text = tab.value(PAGE_TEXT)
    front = [each["label"] for each in schema["features"] if each["name"] != "year"][:3]
    assert [label for label in front if label not in text] == []
    tab.enter(YEAR, str(int(year["max"]) - 8))
    tab.value(f"{PRICE_BUTTON}.click()")
    tab.wait_for(f"{PAGE_TEXT}.includes('Nine in ten such vehicles are listed for $')")
    assert tab.value("document.title") == "What is it worth? · Vehicle price"
    assert ("Trained on synthetic data" in tab.value(PAGE_TEXT)) == schema["dataset"]["synthetic"]
