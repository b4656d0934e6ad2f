"""Waiting for what another thread or process does, without sleeping blindly."""

import threading
import time
from collections.abc import Callable
from typing import Any


def wait_for(condition: Callable[[], Any], what: str, timeout_seconds: float = 30) -> Any:
    """Poll until the condition holds; its value."""
    pause, deadline = threading.Event(), time.monotonic() + timeout_seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {timeout_seconds} s: {what}"
        pause.wait(0.05)
    return value
