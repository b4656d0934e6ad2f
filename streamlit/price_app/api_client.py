"""The HTTP clients of the price service and of the drift monitor."""

import logging
from collections.abc import Mapping
from typing import Any

import requests

from price_app.answers import Comparables, Curves, Estimate, Explanation
from price_app.errors import (
    FieldError,
    KeyRefused,
    ListingRefused,
    NotReady,
    ServiceError,
    ServiceSlow,
    ServiceUnreachable,
    TooLarge,
    UnexpectedAnswer,
)
from price_app.many.csv_file import Layout

# Parameter → field → value, as `Layout.hints`.
Hints = Mapping[str, Mapping[str, str]]
LOGGER = logging.getLogger(__name__)
CONNECT_TIMEOUT_SECONDS = 2.0
# The schema is asked for while a page is drawn, before there is anything to look at.
SCHEMA_TIMEOUT_SECONDS = 4.0
# The price is on the page already: what is told beside it is not waited for as long.
DETAIL_TIMEOUT_SECONDS = 5.0
COMPARABLES_COUNT = 20


class PriceService:
    """The price service's HTTP API; every method raises a ServiceError where it fails."""

    def __init__(
        self,
        url: str,
        api_key: str = "",
        timeout_seconds: float = 10.0,
        csv_timeout_seconds: float = 60.0,
    ):
        self.url = url.rstrip("/")
        self._headers = {"X-API-Key": api_key} if api_key else {}
        self._timeout_seconds = timeout_seconds
        self._csv_timeout_seconds = csv_timeout_seconds

    def schema(self) -> dict:
        """The features of the model that serves now."""
        timeout_seconds = min(SCHEMA_TIMEOUT_SECONDS, self._timeout_seconds)
        return _agreed(self._ask("GET", "/schema", timeout_seconds=timeout_seconds), "features")

    def model(self) -> dict:
        """Version, times and card of the model that serves now."""
        return _agreed(self._ask("GET", "/model"), "card")

    def predict(self, record: dict) -> Estimate:
        """The price of one vehicle, given by its known features."""
        headers = {"X-Source": "form"}
        return Estimate.from_json(_json(self._ask("POST", "/predict", headers, json=record)))

    def explain(self, record: dict) -> Explanation:
        """What makes the price of one vehicle what it is."""
        return Explanation.from_json(_json(self._ask_detail("POST", "/explain", json=record)))

    def curves(self, record: dict) -> Curves:
        """The prices of one vehicle with other numbers and other choices."""
        return Curves.from_json(_json(self._ask_detail("POST", "/curves", json=record)))

    def comparables(self, record: dict) -> Comparables:
        """The listings nearest to one vehicle."""
        asked = {**record, "limit": COMPARABLES_COUNT}
        return Comparables.from_json(_json(self._ask_detail("GET", "/comparables", params=asked)))

    def send_feedback(self, prediction_id: str, price: int) -> None:
        """Tell what a priced vehicle was really listed for."""
        self._ask("POST", "/feedback", json={"prediction_id": prediction_id, "price": price})

    def csv_layout(self, table: bytes) -> Layout | None:
        """Return how the service would read the table; None of a service that does not say."""
        try:
            reply = self._send_csv("/predict/csv/columns", table)
        except UnexpectedAnswer as error:
            LOGGER.warning("no columns from %s: %s", self.url, error)
            return None
        return Layout.from_json(_json(reply))

    def price_csv(self, table: bytes, hints: Hints) -> str:
        """Return the same CSV (UTF-8, with its header) with the price columns added."""
        query = [
            (parameter, f"{name}:{value}")
            for parameter, by_field in hints.items()
            for name, value in by_field.items()
        ]
        return self._send_csv("/predict/csv", table, query).content.decode("utf-8-sig")

    def _send_csv(
        self, path: str, table: bytes, query: list[tuple[str, str]] | None = None
    ) -> requests.Response:
        return self._ask(
            "POST",
            path,
            {"Content-Type": "text/csv"},
            timeout_seconds=self._csv_timeout_seconds,
            data=table,
            params=query,
        )

    def _ask_detail(self, method: str, path: str, **content: Any) -> requests.Response:
        timeout_seconds = min(DETAIL_TIMEOUT_SECONDS, self._timeout_seconds)
        return self._ask(method, path, timeout_seconds=timeout_seconds, **content)

    def _ask(
        self,
        method: str,
        path: str,
        headers: dict | None = None,
        timeout_seconds: float | None = None,
        **content: Any,
    ) -> requests.Response:
        reply = fetch(
            method,
            self.url + path,
            timeout_seconds or self._timeout_seconds,
            headers={**self._headers, **(headers or {})},
            **content,
        )
        if not reply.ok:
            raise failure(reply)
        return reply

    def model_versions(self) -> list[dict]:
        """The registered versions with the gate's decisions, newest first."""
        versions = _agreed(self._ask("GET", "/model/versions"), "versions")["versions"]
        if not isinstance(versions, list) or not all(isinstance(one, dict) for one in versions):
            raise UnexpectedAnswer("a list of versions that is none")
        return versions


class DriftMonitor:
    """The drift monitor's HTTP API, which may be down: then there is no status."""

    def __init__(self, url: str, timeout_seconds: float = 1.5):
        self.url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds

    def drift(self) -> dict | None:
        """The drift status, or None (and a warning in the log) where the monitor gives none."""
        return self._told("/drift", "alert", "drift status")

    def distributions(self) -> dict | None:
        """How values are spread; None where the monitor does not say."""
        return self._told("/distributions", "columns", "distributions")

    def _told(self, path: str, key: str, what: str) -> dict | None:
        try:
            reply = fetch("GET", self.url + path, self._timeout_seconds)
            if not reply.ok:
                raise failure(reply)
            return _agreed(reply, key)
        except ServiceError as error:
            LOGGER.warning("no %s from %s: %s", what, self.url, error)
            return None


def fetch(method: str, url: str, timeout_seconds: float, **content: Any) -> requests.Response:
    """One HTTP request; ServiceSlow or ServiceUnreachable where no whole answer came."""
    timeout = (min(CONNECT_TIMEOUT_SECONDS, timeout_seconds), timeout_seconds)
    with requests.Session() as session:
        # The neighbours are on the same network: never by way of a proxy of the environment.
        session.trust_env = False
        try:
            return session.request(method, url, timeout=timeout, **content)
        except requests.Timeout as error:
            raise ServiceSlow(f"no answer from {url} in {timeout_seconds:g} s") from error
        except requests.RequestException as error:
            raise ServiceUnreachable(f"no connection to {url}") from error


def failure(reply: requests.Response) -> ServiceError:
    """The error that an answer other than 2xx stands for."""
    problem = _problem(reply)
    detail = str(problem.get("detail") or problem.get("title") or f"status {reply.status_code}")
    if reply.status_code in (400, 422):
        return ListingRefused(detail, _field_errors(problem.get("errors")))
    kinds = {401: KeyRefused, 403: KeyRefused, 413: TooLarge, 503: NotReady}
    return kinds.get(reply.status_code, UnexpectedAnswer)(detail)


def _problem(reply: requests.Response) -> dict:
    try:
        problem = reply.json()
    except requests.JSONDecodeError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _field_errors(errors: Any) -> tuple[FieldError, ...]:
    named = errors if isinstance(errors, list) else []
    return tuple(
        FieldError(str(error.get("field", "")), str(error.get("message", "")))
        for error in named
        if isinstance(error, dict)
    )


def _json(reply: requests.Response) -> Any:
    try:
        return reply.json()
    except requests.JSONDecodeError as error:
        raise UnexpectedAnswer(f"{reply.url} answered something other than JSON") from error


def _agreed(reply: requests.Response, key: str) -> dict:
    content = _json(reply)
    if not isinstance(content, dict) or key not in content:
        raise UnexpectedAnswer(f"{reply.url} answered without {key!r}")
    return content
