"""Evidently's own page on one window, rendered when it is first asked for, and once."""

import threading
from collections.abc import Callable


class Report:
    """The HTML of one run; rendering it costs more than the run itself."""

    def __init__(self, render: Callable[[], str]):
        self._render = render
        self._html: str | None = None
        self._lock = threading.Lock()

    def html(self) -> str:
        """The page."""
        with self._lock:
            if self._html is None:
                self._html = self._render()
            return self._html
