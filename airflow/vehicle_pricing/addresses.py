"""Addresses that hold credentials: these are used, and never shown."""

import re
from urllib.parse import unquote, urlsplit, urlunsplit

LOGIN = re.compile(r"://[^\s'\"]*@")
SECRET_PARAMETER = re.compile(
    r"(?i)([?&;](?:password|passwd|pwd|token|secret\w*|access_?key|api_?key|sslpassword)=)"
    r"[^&;\s'\"]+"
)


def without_credentials(text: str) -> str:
    """Return a text without the user, password and secret parameters of the addresses in it."""
    return SECRET_PARAMETER.sub(r"\1***", LOGIN.sub("://", text))


def split_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """Return an HTTP address without its login, and the login (None if it has none)."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" not in parts.netloc:
        return url, None
    login, _, host = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))
