"""The registered versions as GET /model/versions answers them, asked for seldom."""

import threading
import time
from collections.abc import Callable

from price_service.errors import RegistryAway
from price_service.registry import RegisteredVersion, Registry, RegistryUnreachable

FRESH_SECONDS = 30
# A registry that is away is not asked again at once: each try may cost the client's timeout.
FAILED_SECONDS = 5


class VersionList:
    """The versions of a registry, kept for a while; one request asks and the others wait for it."""

    def __init__(self, registry: Registry, clock: Callable[[], float] = time.monotonic):
        self._registry = registry
        self._clock = clock
        self._lock = threading.Lock()
        self._due: float | None = None
        self._versions: list[RegisteredVersion] | None = None

    def current(self) -> list[RegisteredVersion]:
        """The versions, newest first; raises RegistryAway."""
        with self._lock:
            if self._due is None or self._clock() >= self._due:
                self._ask()
            versions = self._versions
        if versions is None:
            raise RegistryAway("The model registry does not answer. Try again in a moment.")
        return versions

    def _ask(self) -> None:
        try:
            self._versions = self._registry.versions()
            self._due = self._clock() + FRESH_SECONDS
        except RegistryUnreachable:  # the watcher logs and counts it
            self._versions = None
            self._due = self._clock() + FAILED_SECONDS
