"""The HTTP routes: each reads its request, calls one thing and answers."""

import hmac
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib import resources
from itertools import chain
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST

from price_service import openapi
from price_service.csv_scoring import CsvScoring, unused_header
from price_service.csv_table import number_hints, open_table
from price_service.errors import InputRefused, KeyRefused
from price_service.memory import give_back
from price_service.metrics import Metrics
from price_service.model import ModelSlot
from price_service.outbox import FEEDBACK, Outbox
from price_service.pricing import Pricing, checked
from price_service.registry import RegisteredVersion
from price_service.request_body import read_json, spool_csv
from price_service.settings import Settings
from price_service.validation import check_feedback
from price_service.web_security import (
    add_headers,
    page_policy,
    refuse_cross_site,
    refuse_foreign_host,
)

OPEN_ROUTES = ("/health", "/ready", "/metrics", "/docs", "/openapi.json")
routes = Blueprint("routes", __name__)


@dataclass(frozen=True)
class Parts:
    """What the routes work with."""

    settings: Settings
    slot: ModelSlot
    outbox: Outbox
    metrics: Metrics
    versions: Callable[[], list[RegisteredVersion]]


def register(app: Flask, parts: Parts, *blueprints: Blueprint) -> None:
    """Give the application these routes, the blueprints', and their parts."""
    app.extensions["price_service"] = parts
    for blueprint in (routes, *blueprints):
        app.register_blueprint(blueprint)
    app.before_request(begin)
    app.after_request(count)
    app.after_request(add_headers)


def parts_of_app() -> Parts:
    """The parts of the application that answers."""
    return current_app.extensions["price_service"]


def begin() -> None:
    """Note the time; refuse pages of other sites, and whoever lacks the key."""
    g.started = time.perf_counter()
    settings = parts_of_app().settings
    refuse_foreign_host(settings.host_names)
    refuse_cross_site()
    key = settings.api_key
    if key and request.path not in OPEN_ROUTES:
        given = request.headers.get("X-API-Key", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), key.encode()):
            raise KeyRefused("Send the service's key in the header X-API-Key.")


def count(response: Response) -> Response:
    """Count the answer under its route, never under a path that a client made up."""
    route = request.url_rule.rule if request.url_rule else "unknown"
    seconds = time.perf_counter() - g.started
    parts_of_app().metrics.requests.answered(route, known_method(), response.status_code, seconds)
    return response


def known_method() -> str:
    """The method, if it is one of HTTP's."""
    usual = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
    return request.method if request.method in usual else "other"


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(value), status, content_type="application/json")


def pricing_for(source: str) -> Pricing:
    """Pricing with the model that serves now, whatever is swapped in meanwhile."""
    parts = parts_of_app()
    return Pricing(parts.slot.current(), parts.outbox, parts.metrics, source)


@routes.post("/predict")
def predict() -> Response:
    """Price one listing, or a list of up to 10,000"""
    body = read_json(request, parts_of_app().settings.max_body_bytes)
    source = "form" if request.headers.get("X-Source", "").lower() == "form" else "api"
    pricing = pricing_for(source)
    results = pricing.price(checked(pricing.served, body))
    return answer(results if isinstance(body, list) else results[0])


@routes.post("/predict/csv")
def predict_csv() -> Response:
    """Price the rows of a CSV file; the same CSV comes back with price columns"""
    settings = parts_of_app().settings
    with ExitStack() as until_answered:
        until_answered.callback(give_back)
        text = until_answered.enter_context(
            spool_csv(request, settings.max_csv_bytes, settings.spool_dir)
        )
        pricing = pricing_for("csv")
        validator, matcher = pricing.served.validator, pricing.served.column_matcher
        hints = number_hints(request.args.to_dict(flat=False), validator)
        table = open_table(text, validator, matcher, hints)
        chunks = CsvScoring(table, pricing).chunks()
        whole = chain([next(chunks)], chunks)
        close = until_answered.pop_all().close
    response = Response(whole, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="priced.csv"'
    if table.unused:
        response.headers["X-Unused-Columns"] = unused_header(table.unused)
    response.call_on_close(close)
    return response


@routes.post("/feedback")
def feedback() -> Response:
    """Tell what a vehicle really was listed or sold for"""
    parts = parts_of_app()
    body = read_json(request, parts.settings.max_body_bytes)
    errors = check_feedback(body)
    if errors:
        told = "; ".join(f"{error.field} {error.message}" for error in errors[:3])
        raise InputRefused(f"Not a feedback: {told}.", errors)
    row = {
        "prediction_id": body["prediction_id"],
        "actual_price": float(body["price"]),
        "actual_at": datetime.now(timezone.utc).isoformat(),
    }
    parts.outbox.append(FEEDBACK, [row])
    parts.metrics.requests.feedback.inc()
    return answer({"prediction_id": body["prediction_id"], "price": body["price"]}, 202)


@routes.get("/schema")
def schema() -> Response:
    """Every feature that a listing may have, with its bounds and options"""
    return Response(parts_of_app().slot.current().schema_json, content_type="application/json")


@routes.get("/model")
def model() -> Response:
    """The version that serves and its card"""
    return answer(parts_of_app().slot.current().description)


@routes.get("/health")
def health() -> Response:
    """Whether the service is alive"""
    return answer({"status": "alive"})


@routes.get("/ready")
def ready() -> Response:
    """Whether a model serves"""
    return answer({"status": "ready", "model_version": parts_of_app().slot.current().version})


@routes.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics"""
    return Response(parts_of_app().metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


@routes.get("/openapi.json")
def openapi_json() -> Response:
    """This description"""
    slot = parts_of_app().slot
    model_schema = None if slot.empty else slot.current().model.schema
    return answer(openapi.document(current_app, model_schema))


@routes.get("/docs")
def docs() -> Response:
    """A page to try the service"""
    page = resources.files("price_service").joinpath("docs.html").read_text(encoding="utf-8")
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = page_policy(page)
    return response
