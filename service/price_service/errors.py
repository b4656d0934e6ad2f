"""Named errors of the service, and their one translation to RFC 9457 problems.

ServiceError
├── InputRefused        a value, a field or a row that is wrong         422
│   └── BodyUnreadable  a body that cannot be read at all               400
│       └── BodyBroken  one that ends too early, or has no right end    400
├── HostRefused         another name than one of the service's          400
├── KeyRefused          no API key, or a wrong one                      401
├── OriginRefused       sent by a page of another site                  403
├── BodyTooLarge        more bytes than the limit                       413
├── MediaTypeRefused    another content type or encoding                415
├── NoModelYet          no model has been loaded so far                 503
├── ReferenceUnreadable the listings to compare with cannot be read     503
├── RegistryAway        the model registry does not answer              503
├── OutboxUnwritable    the prediction cannot be recorded               503
├── SpoolUnwritable     an uploaded file cannot be kept while it is read 503
└── Overloaded          more is asked than can be answered              503
"""

import json
import logging
from dataclasses import asdict, dataclass
from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from price_service.redaction import redact

PROBLEM_TYPE = "application/problem+json"
MOST_ERRORS = 100
MOST_DRAINED_BYTES = 128 * 2**20
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field and why."""

    field: str
    message: str


class ServiceError(Exception):
    """Whatever the service says no to; its text is the problem's detail."""

    status = 500
    retry_after_seconds: int | None = None

    def __init__(self, detail: str, errors: list[FieldError] | None = None):
        super().__init__(detail)
        self.errors = errors or []


class InputRefused(ServiceError):
    """The request is readable and wrong."""

    status = 422


class BodyUnreadable(InputRefused):
    """The request is not readable."""

    status = 400


class BodyBroken(BodyUnreadable):
    """The body has no right end: nobody knows where the connection's next request begins."""


class HostRefused(ServiceError):
    """The request's host is none of the service's names."""

    status = 400


class OriginRefused(ServiceError):
    """A page of another site sent the request."""

    status = 403


class KeyRefused(ServiceError):
    """The API key is missing or wrong."""

    status = 401


class BodyTooLarge(ServiceError):
    """The body is longer than the limit."""

    status = 413


class MediaTypeRefused(ServiceError):
    """The body is of a type that the route does not take."""

    status = 415


class NoModelYet(ServiceError):
    """No model has been loaded so far."""

    status = 503
    retry_after_seconds = 2


class ReferenceUnreadable(ServiceError):
    """The model's folder holds no reference that can be read."""

    status = 503


class RegistryAway(ServiceError):
    """The model registry does not answer."""

    status = 503
    retry_after_seconds = 10


class OutboxUnwritable(ServiceError):
    """The prediction cannot be recorded, so it is not given."""

    status = 503
    retry_after_seconds = 5


class SpoolUnwritable(ServiceError):
    """An uploaded file cannot be written to disk, which is full."""

    status = 503
    retry_after_seconds = 10


class Overloaded(ServiceError):
    """Too many requests wait, or this one has waited for too long."""

    status = 503
    retry_after_seconds = 1


def register(app: Flask) -> None:
    """Answer every error of the application as a problem."""
    app.register_error_handler(ServiceError, of_service_error)
    app.register_error_handler(HTTPException, of_http_exception)
    app.register_error_handler(Exception, of_unexpected)
    app.after_request(read_to_the_end)


def problem(status: int, detail: str, errors: list[FieldError] | None = None) -> Response:
    """A response with an RFC 9457 body."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [asdict(error) for error in errors[:MOST_ERRORS]]
    return Response(json.dumps(body), status=status, content_type=PROBLEM_TYPE)


def of_service_error(error: ServiceError) -> Response:
    """A named error."""
    response = problem(error.status, redact(str(error)), error.errors)
    if error.retry_after_seconds:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'ApiKey header="X-API-Key"'
    if isinstance(error, BodyBroken):
        response.headers["Connection"] = "close"
    return response


def of_http_exception(error: HTTPException) -> Response:
    """What Flask itself refuses: an unknown path, a wrong method, a body too large."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    response = problem(status, error.description or HTTPStatus(status).description)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def of_unexpected(error: Exception) -> Response:
    """A fault of the service: logged whole, told in one sentence."""
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500, "The service failed on this request; the fault has been logged.")


def read_to_the_end(response: Response) -> Response:
    """After a refusal, read what is left of the body: closed with bytes unread, the connection
    would be reset and the client might never see the answer."""
    unread = response.status_code >= 400 and "Connection" not in response.headers
    if not unread or not request.environ.get("wsgi.input_terminated"):
        return response
    try:
        finished = drain(request.environ["wsgi.input"])
    except OSError:
        finished = False
    if not finished:
        response.headers["Connection"] = "close"
    return response


def drain(stream, most_bytes: int = MOST_DRAINED_BYTES) -> bool:
    """Read the stream up to a limit; whether its end was reached."""
    read_bytes = 0
    while read_bytes < most_bytes:
        piece = stream.read(65536)
        if not piece:
            return True
        read_bytes += len(piece)
    return False
