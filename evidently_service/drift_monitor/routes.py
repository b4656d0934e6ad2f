"""The monitor over HTTP: its result as JSON, as Evidently's page and as metrics."""

from collections.abc import Callable
from html import escape
from pathlib import Path

from flask import Flask, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from werkzeug.exceptions import HTTPException, NotFound, ServiceUnavailable

from drift_monitor.board import Board
from drift_monitor.metrics import registry_of
from drift_monitor.presentation import as_json, distributions_as_json, summary
from drift_monitor.runbook import page
from drift_monitor.settings import Settings
from drift_monitor.web_security import REPORT_POLICY, protect

INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Drift monitor</title>
<link rel="stylesheet" href="/static/pages.css"></head><body><h1>Drift monitor</h1><p>{summary}</p>
<ul><li><a href="/drift">/drift</a>: what drifted, how far, since when</li>
<li><a href="/distributions">/distributions</a>: how values are spread, now and in the reference</li>
<li><a href="/report">/report</a>: Evidently's page on the last full window</li>
<li><a href="/runbook">/runbook</a>: what to do about an alert</li>
<li><a href="/metrics">/metrics</a>: gauges for Prometheus</li>
<li><a href="/health">/health</a>: whether the monitor runs</li></ul></body></html>"""


def make_app(board: Board, is_running: Callable[[], bool], settings: Settings) -> Flask:
    """The application that shows a board; `is_running` says whether its thread lives."""
    app = Flask("drift_monitor")
    registry = registry_of(board)
    protect(app, settings.host_names)

    @app.get("/")
    def index():
        return INDEX.format(summary=escape(summary(board.status)))

    @app.get("/drift")
    def drift():
        return jsonify(as_json(board.status))

    @app.get("/distributions")
    def distributions():
        return jsonify(distributions_as_json(board.status))

    @app.get("/report")
    def report():
        if board.report is None:
            raise ServiceUnavailable(f"There is no report yet. {summary(board.status)}")
        response = Response(board.report.html(), mimetype="text/html")
        response.headers["Content-Security-Policy"] = REPORT_POLICY
        return response

    @app.get("/runbook")
    def runbook():
        return Response(page(_text_of_runbook(settings.runbook_path)), mimetype="text/html")

    @app.get("/metrics")
    def metrics():
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    @app.get("/health")
    def health():
        if not is_running():
            raise ServiceUnavailable("The monitor's thread has ended; its log says why.")
        return jsonify({"status": "ok"})

    app.register_error_handler(HTTPException, _problem)
    return app


def _text_of_runbook(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(
            f"The runbook {path} cannot be read ({error.strerror}); RUNBOOK_PATH says where it is."
        ) from error


def _problem(error: HTTPException) -> Response:
    """An error as problem+json (RFC 9457)."""
    body = {
        "type": "about:blank",
        "title": error.name,
        "status": error.code,
        "detail": error.description,
        "errors": [],
    }
    response = jsonify(body)
    response.status_code = error.code or 500
    response.content_type = "application/problem+json"
    response.headers.extend(
        [item for item in error.get_headers() if item[0] in ("Allow", "Retry-After")]
    )
    return response
