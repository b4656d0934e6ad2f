"""Shows on the terminal what the launcher waits for, and waits until it is so."""

import threading
import time
from collections.abc import Callable

from rich.console import Console

HEARTBEAT_SECONDS = 15


class TookTooLong(Exception):
    """Something did not become true in its time."""


class Progress:
    """Lines with the seconds since the start; on a terminal, a spinner during each wait."""

    def __init__(self, console: Console | None = None):
        self.console = console or Console(highlight=False)
        self.start = time.monotonic()
        self.stopped = threading.Event()

    def say(self, text: str, style: str = "") -> None:
        """One line, with the seconds since the start."""
        seconds = time.monotonic() - self.start
        self.console.print(f"[dim]{seconds:6.1f} s[/dim]  ", end="")
        self.show(text, style)

    def show(self, text: str, style: str = "") -> None:
        """Text as it is: a log may hold what looks like markup."""
        self.console.print(text, style=style, markup=False, soft_wrap=True)

    def wait(
        self,
        what: str,
        condition: Callable[[], bool],
        timeout_seconds: float,
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        """Poll until the condition holds; `watch` raises when waiting has become pointless."""
        begin = beat = time.monotonic()
        with self.console.status(f"waiting for {what} …"):
            while not condition():
                watch()
                now = time.monotonic()
                if now - begin > timeout_seconds:
                    raise TookTooLong(f"{what}: not there after {timeout_seconds:.0f} s.")
                if now - beat > HEARTBEAT_SECONDS:
                    beat = now
                    self.say(f"still waiting for {what}")
                self.stopped.wait(0.5)
        self.say(f"{what} ✓", "green")
