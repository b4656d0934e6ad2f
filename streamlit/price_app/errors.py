"""What can go wrong between the form and the service.

ServiceError
├── ServiceUnreachable    nothing listens, or the connection broke
│   └── ServiceSlow       no answer within the time set
├── NotReady              503: no model yet, or it cannot take requests now
├── KeyRefused            401, 403: the form's API key is wrong or missing
├── TooLarge              413
├── ListingRefused        400, 422: names the fields that are wrong
└── UnexpectedAnswer      anything else, and an answer that is not what was agreed
CsvUnreadable             the visitor's file is no CSV that can be sent
"""

from dataclasses import dataclass


class ServiceError(Exception):
    """The service gave no usable answer."""


class ServiceUnreachable(ServiceError):
    """Nothing listens at the service's address, or the connection broke."""


class ServiceSlow(ServiceUnreachable):
    """No answer came within the time set."""


class NotReady(ServiceError):
    """The service is up, but cannot answer yet; its own words are the message."""


class KeyRefused(ServiceError):
    """The service wants an API key that this form does not have."""


class TooLarge(ServiceError):
    """What was sent is larger than the service takes."""


class UnexpectedAnswer(ServiceError):
    """The answer is not of the agreed form; the message says what it was."""


class CsvUnreadable(Exception):
    """The visitor's file cannot be sent; the message says why."""


@dataclass(frozen=True)
class FieldError:
    """One field that the service refused, by the name that the schema gives it."""

    field: str
    message: str


class ListingRefused(ServiceError):
    """The service found wrong values; `fields` names them where it could."""

    def __init__(self, detail: str, fields: tuple[FieldError, ...] = ()):
        super().__init__(detail)
        self.fields = fields
