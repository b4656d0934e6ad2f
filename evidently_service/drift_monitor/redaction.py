"""Text without the credentials that addresses in it may carry; the log goes through it."""

import logging
import re

WORD = re.compile(r"\S+")
PARAMETER = re.compile(
    r"([?&;][\w.%-]{0,40}(?:pass|secret|token|key|signature|credential)[\w.%-]{0,40}=)[^&;\s]+",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Return the text without login and secret parameters of each address."""
    return WORD.sub(lambda word: without_login(word[0]), PARAMETER.sub(r"\1***", text))


def without_login(word: str) -> str:
    """Return an address without what stands before its last `@`, and another word as it is; a
    library may have cut off the scheme."""
    scheme, slashes, _ = word.rpartition("@")[0].partition("//")
    if slashes:
        return scheme + slashes + word.rpartition("@")[2]
    return word.rpartition("@")[2] if ":" in scheme else word


class RedactingFormatter(logging.Formatter):
    """Formats records, tracebacks too, and redacts them."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter.format."""
        return redact(super().format(record))
