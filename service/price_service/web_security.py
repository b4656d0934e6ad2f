"""What keeps web pages of others out: the request's host and origin, and headers of every answer.

A page that a visitor's browser shows can reach a service on the visitor's own machine. By DNS
rebinding it would do so under a name of its own, which `Host` tells; by a form or a request that
needs no preflight it would do so from an origin of its own.
"""

import re
from base64 import b64encode
from hashlib import sha256
from urllib.parse import urlsplit

from flask import Response, request
from werkzeug.sansio.utils import host_is_trusted

from price_service.errors import HostRefused, OriginRefused

# Asked by machines, by whatever address they know: health checks and Prometheus.
ANY_HOST_ROUTES = ("/health", "/ready", "/metrics")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
FRIENDLY_SITES = ("same-origin", "same-site", "none")
INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
POLICY = "default-src 'self'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def refuse_foreign_host(allowed_hosts: frozenset[str]) -> None:
    """Raise HostRefused unless `Host` is one of the service's names, at whatever port."""
    host = request.headers.get("Host", "")
    if request.path not in ANY_HOST_ROUTES and host_name(host) not in allowed_hosts:
        raise HostRefused(
            f"The service does not answer to the host {host[:80]!r}; ALLOWED_HOSTS names more."
        )


def refuse_cross_site() -> None:
    """Raise OriginRefused where a page of another site sends more than a question.

    Browsers tell by `Sec-Fetch-Site`; over plain HTTP, to an address that is not the machine's own,
    by `Origin` alone. Other clients send neither.
    """
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        friendly = site in FRIENDLY_SITES
    else:
        friendly = origin is None or origin_name(origin) == host_name(
            request.headers.get("Host", "")
        )
    if not friendly:
        raise OriginRefused("A page of another site may not send this.")


def host_name(host: str) -> str | None:
    """Return the name or address of a `Host` header in lower case, without its port; None where it
    is malformed."""
    return urlsplit(f"//{host}").hostname if host_is_trusted(host) else None


def origin_name(origin: str) -> str | None:
    """Return the host's name of an `Origin` header; None where it has none, as `null` has none."""
    return host_name(origin.partition("://")[2])


def add_headers(response: Response) -> Response:
    """Tell browsers to run and embed nothing that is not the service's own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def page_policy(page: str) -> str:
    """Return the Content-Security-Policy of one of the service's own pages, which names the script
    and the style that stand in it by their hashes: others do not run."""
    hashes = {kind: sha256(text.encode()).digest() for kind, text in INLINE.findall(page)}
    named = [f"{kind}-src 'sha256-{b64encode(each).decode()}'" for kind, each in hashes.items()]
    return "; ".join([POLICY, *named])
