"""How long a visitor waits from the click to the price, in Chromium, beside the service alone."""

import argparse
import shutil
import statistics
import time
from collections.abc import Callable
from functools import partial

import requests
from common import kept
from playwright.sync_api import Page, sync_playwright

CLICKS, UNCOUNTED = 40, 5
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
LISTING = {"manufacturer": "ford", "model": "f-150", "year": 2014, "odometer": 89_000}
# Each click is for another mileage; the price counts as there when the large one has changed.
PRICE = (
    "[...document.querySelectorAll('h1')].map(e => e.innerText).find(t => /^\\$[\\d,]+$/.test(t))"
)
WATCH = f"""() => {{
  const before = {PRICE}, button =
    [...document.querySelectorAll('button')].find(b => b.innerText.includes('Price it'));
  window.waited = new Promise(resolve => {{
    button.addEventListener('click', () => {{
      const began = performance.now();
      const look = () => {{
        const now = {PRICE};
        if (now && now !== before) resolve(performance.now() - began);
        else requestAnimationFrame(look);
      }};
      look();
    }}, {{ once: true, capture: true }});
  }});
}}"""


def clicks_ms(page: Page) -> list[float]:
    """Milliseconds from each click to its price."""
    page.get_by_text("Nine in ten such vehicles").wait_for()
    odometer = page.get_by_label("Odometer (miles)", exact=True).first
    found = []
    for number in range(CLICKS + UNCOUNTED):
        odometer.fill(str(20_000 + 9_000 * (number % 20)))
        odometer.press("Enter")
        page.get_by_text("The description has changed").wait_for()
        page.wait_for_load_state("networkidle")
        page.evaluate(WATCH)
        page.get_by_role("button", name="Price it").click()
        found.append(page.evaluate("window.waited"))
        page.get_by_role("tab").first.wait_for()
    return found[UNCOUNTED:]


def service_ms(url: str) -> dict[str, float]:
    """Median milliseconds that the service alone takes for each of the answer's questions."""
    with requests.Session() as session:

        def post(path: str, listing: dict) -> requests.Response:
            return session.post(f"{url}/{path}", json=listing, timeout=30)

        def compare(listing: dict) -> requests.Response:
            return session.get(f"{url}/comparables", params=listing, timeout=30)

        asked = {name: partial(post, name) for name in ("predict", "explain", "curves")}
        asked["comparables"] = compare
        return {name: statistics.median(answers_ms(ask)) for name, ask in asked.items()}


def answers_ms(ask: Callable[[dict], requests.Response]) -> list[float]:
    """Milliseconds of each answer, every time for another mileage."""
    found = []
    for number in range(CLICKS + UNCOUNTED):
        listing = LISTING | {"odometer": 20_000 + 9_000 * (number % 20)}
        began = time.perf_counter()
        ask(listing).raise_for_status()
        found.append(1_000 * (time.perf_counter() - began))
    return found[UNCOUNTED:]


def main() -> None:
    """Measure a running stack, print, and keep the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--form", default="http://127.0.0.1:8501")
    arguments.add_argument("--service", default="http://127.0.0.1:9696")
    given = arguments.parse_args()
    query = "&".join(f"{name}={value}" for name, value in LISTING.items())
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = chromium.new_page()
        page.goto(f"{given.form}/?{query}")
        clicks = clicks_ms(page)
        chromium.close()
    alone = service_ms(given.service)
    figures = {
        "click_to_price_ms_median": round(statistics.median(clicks), 1),
        "click_to_price_ms_p90": round(statistics.quantiles(clicks, n=10)[-1], 1),
        "clicks": CLICKS,
    } | {f"service_{name}_ms_median": round(median, 1) for name, median in alone.items()}
    print("\n".join(f"{name}: {value}" for name, value in figures.items()))
    ratio = figures["click_to_price_ms_median"] / figures["service_predict_ms_median"]
    entry = {"ratio": round(ratio, 1), "unit": "click to price over /predict alone"}
    kept("form", entry | {"figures": figures, "command": "make form_benchmark"})


if __name__ == "__main__":
    main()
