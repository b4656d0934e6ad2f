"""An answer that says it is its connection's last is, under Gunicorn too."""

from collections.abc import Callable, Iterable

CLOSE = ("Connection", "close")


class LastAnswers:
    """An application as WSGI. Gunicorn drops the header `Connection` of applications: the bytes
    after a body that has no right end would be taken for the next request."""

    def __init__(self, answer: Callable):
        self._answer = answer

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer, and close where the answer says so."""

        def start(status: str, headers: list, exc_info=None):
            if CLOSE in headers:
                close_after(start_response)
            return start_response(status, headers, exc_info)

        return self._answer(environ, start)


def close_after(start_response: Callable) -> None:
    """Tell Gunicorn's response, if it is one of Gunicorn's."""
    response = getattr(start_response, "__self__", None)
    if hasattr(response, "force_close"):
        response.force_close()
