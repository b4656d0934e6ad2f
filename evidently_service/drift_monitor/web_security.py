"""What keeps web pages of others out: the request's host, and headers of every answer."""

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import SecurityError
from werkzeug.sansio.utils import host_is_trusted

# Asked by machines, by whatever address they know: health checks and Prometheus.
ANY_HOST_ROUTES = ("/health", "/metrics")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# Evidently's page has its scripts and styles in itself. In a sandbox it has no origin: whatever
# ran in it could read nothing of the monitor or of another part, and may ask nobody.
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval';"
    " style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)


def protect(app: Flask, allowed_hosts: frozenset[str]) -> None:
    """Let the application answer to these names alone, with the headers."""

    @app.before_request
    def refuse_foreign_host() -> None:
        host = request.headers.get("Host", "")
        # At any port; what is malformed is nobody's.
        name = urlsplit(f"//{host}").hostname if host_is_trusted(host) else None
        if request.path not in ANY_HOST_ROUTES and name not in allowed_hosts:
            raise SecurityError(
                f"The monitor does not answer to the host {host[:80]!r}; ALLOWED_HOSTS names more."
            )

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
