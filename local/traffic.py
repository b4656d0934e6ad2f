"""Sends listings to a running service over HTTP: like the model's reference, or of another world.

`python -m local.traffic --rate 20 --count 600 [--drift] [--actual-prices]`

Where the parts are, the environment says: SERVICE_URL, MLFLOW_TRACKING_URI, MONITOR_URL; and how to
sign in: API_KEY, MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.
"""

import argparse
import io
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from rich.console import Console
from rich.progress import track

from local.http import NoAnswer, request, request_json, without_login

DEFAULTS = {
    "SERVICE_URL": "http://127.0.0.1:9696",
    "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000",
    "MONITOR_URL": "http://127.0.0.1:8085",
    "API_KEY": "",
}
IS_IT_RUNNING = "Is the stack running (make demo or make build)?"
MODEL, ALIAS = "vehicle-price", "production"
REFERENCE_PATHS = ("artifacts/reference.parquet", "reference.parquet")
MOST_ROWS_A_REQUEST = 50
REQUESTS_A_SECOND = 4
MOST_ROWS_A_SECOND, MOST_ROWS = 1_000, 100_000
# One in so many usual listings gets an actual price: enough for error and coverage to show.
USUAL_PRICE_ONE_IN = 4
DEARER = 4 / 3
TIMEOUT_SECONDS = 30


class TrafficFailed(Exception):
    """Traffic could not be sent; the message says what to look at."""

    def __init__(self, message: str):
        super().__init__(without_login(message))


@dataclass(frozen=True)
class Listing:
    """What is sent of a vehicle, and the price that it really had."""

    features: dict
    actual_price: float


@dataclass(frozen=True)
class Client:
    """The service at an address."""

    url: str
    api_key: str = ""

    def schema(self) -> dict:
        """The schema of the model that it serves."""
        return self._json("GET", "/schema")

    def predict(self, listings: list[Listing]) -> list[dict]:
        """A result for each listing."""
        return self._json("POST", "/predict", [listing.features for listing in listings])

    def give_actual_price(self, prediction_id: str, price: float) -> None:
        """Tell what a vehicle was sold for."""
        self._json("POST", "/feedback", {"prediction_id": prediction_id, "price": price})

    def _json(self, method: str, path: str, body: dict | list | None = None):
        headers = {"X-API-Key": self.api_key} if self.api_key else {}
        options = {"json": body, "headers": headers, "timeout_seconds": TIMEOUT_SECONDS}
        try:
            return request_json(method, self.url + path, **options)
        except NoAnswer as error:
            raise TrafficFailed(
                f"The service at {self.url} did not take it: {error}\n"
                f"{IS_IT_RUNNING} With API_KEY set there, it must be set here too."
            ) from error


def reference_rows(mlflow_url: str, login: tuple[str, str] | None = None) -> pd.DataFrame:
    """The reference of the model in production, through MLflow's HTTP API."""
    api = f"{mlflow_url}/api/2.0/mlflow/registered-models/alias?name={MODEL}&alias={ALIAS}"
    try:
        version = request_json("GET", api, auth=login)["model_version"]["version"]
        for path in REFERENCE_PATHS:
            query = f"name={MODEL}&version={version}&path={path}"
            address = f"{mlflow_url}/model-versions/get-artifact?{query}"
            found = request("GET", address, 60, auth=login)
            if found.ok:
                return pd.read_parquet(io.BytesIO(found.content))
    except NoAnswer as error:
        raise TrafficFailed(
            f"MLflow names no model in production: {error}\n{IS_IT_RUNNING}"
        ) from error
    raise TrafficFailed(f"Version {version} of {MODEL} has no reference.parquet.")


def listings_of(rows: pd.DataFrame, schema: dict, count: int, seed: int) -> list[Listing]:
    """`count` listings drawn from the reference, with the features of the schema."""
    names = [entry["name"] for entry in schema["features"] if entry["name"] in rows]
    drawn = rows.sample(count, replace=count > len(rows), random_state=seed)
    records = drawn[names].astype(object).to_dict("records")
    return [
        Listing({name: _plain(value) for name, value in record.items() if pd.notna(value)}, price)
        for record, price in zip(records, drawn["price"].astype(float))
    ]


def of_another_world(listings: list[Listing], schema: dict) -> list[Listing]:
    """All electric, all from one state, half the mileage, and a third dearer."""
    options = {entry["name"]: entry.get("options", []) for entry in schema["features"]}
    changes = {}
    if options.get("fuel"):
        changes["fuel"] = "electric" if "electric" in options["fuel"] else options["fuel"][-1]
    if options.get("state"):
        changes["state"] = options["state"][-1]
    return [_elsewhere(listing, changes) for listing in listings]


def send(client: Client, listings: list[Listing], rate: float, price_one_in: int) -> Iterator[int]:
    """Send the listings at a rate (rows a second); yields the rows of each request.

    The actual price of one in `price_one_in` is told, of none where that is 0.
    """
    size = max(1, min(MOST_ROWS_A_REQUEST, round(rate / REQUESTS_A_SECOND)))
    pause, start = threading.Event(), time.monotonic()
    for first in range(0, len(listings), size):
        pause.wait(max(0.0, start + first / rate - time.monotonic()))
        batch = listings[first : first + size]
        results = client.predict(batch)
        for number, (listing, result) in enumerate(zip(batch, results), first):
            if price_one_in and number % price_one_in == 0:
                client.give_actual_price(result["prediction_id"], listing.actual_price)
        yield len(batch)


def prices_told(options: argparse.Namespace) -> int:
    """Of how many listings one's actual price is told; of another world none is, unless asked."""
    if options.actual_prices:
        return 1
    return 0 if options.drift else USUAL_PRICE_ONE_IN


def run(options: argparse.Namespace, console: Console) -> int:
    """Fetch the reference, send the traffic with a progress bar; the rows sent."""
    client = Client(options.service_url.rstrip("/"), options.api_key)
    schema = client.schema()
    rows = reference_rows(options.mlflow_url.rstrip("/"), options.mlflow_login)
    listings = listings_of(rows, schema, options.count, options.seed)
    if options.drift:
        listings = of_another_world(listings, schema)
    done = 0
    batches = send(client, listings, options.rate, prices_told(options))
    kind = "another world" if options.drift else "the usual world"
    with_progress = track(
        _one_by_one(batches), f"listings of {kind}", options.count, console=console
    )
    for _ in with_progress:
        done += 1
    return done


def arguments(variables: dict[str, str], given: list[str] | None = None) -> argparse.Namespace:
    """What to send where; an empty variable counts as not set."""
    places = {name: variables.get(name) or default for name, default in DEFAULTS.items()}
    parser = argparse.ArgumentParser(prog="python -m local.traffic", description=__doc__)
    parser.add_argument("--rate", type=_rate, default=20, help="listings a second")
    parser.add_argument("--count", type=_count, default=600, help="listings in all")
    parser.add_argument(
        "--drift", action="store_true", help="electric, half the mileage, one state"
    )
    parser.add_argument(
        "--actual-prices",
        **{"nargs": "?", "type": _yes, "const": True, "default": False},
        help=f"tell the actual price of each (else of one in {USUAL_PRICE_ONE_IN} usual ones);"
        " 0, no, false, off or nothing: do not",
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--service-url", default=places["SERVICE_URL"])
    parser.add_argument("--mlflow-url", default=places["MLFLOW_TRACKING_URI"])
    parser.add_argument("--monitor-url", default=places["MONITOR_URL"])
    parser.add_argument("--api-key", default=places["API_KEY"])
    parser.set_defaults(mlflow_login=mlflow_login(variables))
    return parser.parse_args(given)


def mlflow_login(variables: dict[str, str]) -> tuple[str, str] | None:
    """User and password for MLflow; None where it asks for none."""
    user, password = (
        variables.get(f"MLFLOW_TRACKING_{part}", "") for part in ("USERNAME", "PASSWORD")
    )
    return (user, password) if user else None


def main() -> int:
    """The exit status: 1 with a message when the service or MLflow is down."""
    console = Console(highlight=False)
    options = arguments(dict(os.environ))
    try:
        done = run(options, console)
    except TrafficFailed as failure:
        console.out(f"Stopped: {failure}")
        return 1
    except KeyboardInterrupt:
        return 130
    monitor = without_login(options.monitor_url)
    console.out(f"{done} listings sent. What the monitor says: {monitor}/drift")
    return 0


def _elsewhere(listing: Listing, changes: dict) -> Listing:
    features = listing.features | changes
    if "odometer" in features:
        features["odometer"] = features["odometer"] // 2
    return Listing(features, listing.actual_price * DEARER)


def _one_by_one(batches: Iterator[int]) -> Iterator[int]:
    for size in batches:
        yield from range(size)


def _plain(value):
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _bounded(text: str, most: float) -> float:
    value = float(text)
    if not 0 < value <= most:
        raise argparse.ArgumentTypeError(f"{text}: more than 0, at most {most:,}")
    return value


def _yes(text: str) -> bool:
    """Whether a switch is on; an empty one is off."""
    word = text.strip().lower()
    if word in ("", "0", "no", "n", "false", "off"):
        return False
    if word in ("1", "yes", "y", "true", "on"):
        return True
    raise argparse.ArgumentTypeError(f"{text}: 1 (yes) or 0 (no)")


def _rate(text: str) -> float:
    return _bounded(text, MOST_ROWS_A_SECOND)


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text}: a whole number")
    return int(_bounded(text, MOST_ROWS))


if __name__ == "__main__":
    sys.exit(main())
