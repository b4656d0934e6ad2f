"""Turning requests away, before anything is done for them, where more come than can be answered.

What only machines ask (is it alive, is it ready, its metrics) is always answered.
"""

from collections.abc import Callable, Iterable

from flask import Flask

from price_service.errors import Overloaded, of_service_error
from price_service.metrics import RequestMetrics
from price_service.routes import OPEN_ROUTES
from price_service.waiting_line import TURN
from price_service.web_security import add_headers

REFUSAL = "More is asked than the service can answer now. Try again in a second."


class Shedding:
    """An application behind the worker's line (see waiting_line), as WSGI."""

    def __init__(self, app: Flask, metrics: RequestMetrics):
        self._answer = app.wsgi_app
        self._refusal = add_headers(of_service_error(Overloaded(REFUSAL)))
        self._metrics = metrics
        self._methods = {
            rule.rule: "POST" if "POST" in (rule.methods or ()) else "GET"
            for rule in app.url_map.iter_rules()
        }

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer, or refuse."""
        if TURN.refused and environ["PATH_INFO"] not in OPEN_ROUTES:
            return self._refuse(environ, start_response)
        return self._answer(environ, start_response)

    def _refuse(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        route = path if path in self._methods else "unknown"
        self._metrics.refused_for_load(route, self._methods.get(route, "other"))
        return self._refusal(environ, start_response)
