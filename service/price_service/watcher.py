"""The thread that follows the alias `production` and swaps the served model."""

import logging
import math
import threading
import time
from dataclasses import dataclass

from price_service.memory import give_back
from price_service.metrics import Metrics
from price_service.model import ModelRefused, ModelSlot, load
from price_service.model_cache import ModelCache
from price_service.model_fallback import Fallback, NoFallback
from price_service.registry import FilesUnreachable, Registry, RegistryUnreachable, Version

FILES_RETRY_SECONDS = 5.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sources:
    """Where models come from: the registry, this machine's disk, what outlives the machine."""

    registry: Registry
    cache: ModelCache
    fallback: Fallback = NoFallback()


class ModelWatcher:
    """Keeps the slot filled with the version in production; requests never wait for it."""

    def __init__(
        self, sources: Sources, slot: ModelSlot, metrics: Metrics, retry_seconds: float = 60
    ):
        self.registry = sources.registry
        self.cache = sources.cache
        self.fallback = sources.fallback
        self.slot = slot
        self.metrics = metrics
        self.retry_seconds = retry_seconds
        self.served: Version | None = None
        self._refused: dict[Version, float] = {}
        self._reachable = True

    def run(self, poll_seconds: float, stop: threading.Event) -> None:
        """Serve the last good model on disk, then follow the registry until told to stop."""
        if self.slot.empty:
            self.serve_from_disk()
        while not stop.is_set():
            self.look()
            if self.slot.empty:
                self.serve_from_fallback()
            stop.wait(poll_seconds)

    def serve_from_disk(self) -> None:
        """Serve the model that served last, if it is still here."""
        version = self.cache.current()
        if version is not None:
            self._try(version)

    def serve_from_fallback(self) -> None:
        """Serve the model that served last on any machine, once it has been fetched."""
        version = self.cache.current() or self.fallback.last()
        if version is not None and self._is_due(version):
            self._try(version)

    def look(self) -> None:
        """Ask the registry once, and swap when it names another version."""
        try:
            version = self.registry.production()
        except (RegistryUnreachable, OSError) as error:
            self._note_reachable(False, error)
            return
        self._note_reachable(True)
        if version is not None:
            self._follow(version)

    def _follow(self, version: Version) -> None:
        """Serve the version in production, unless it serves or was refused a moment ago."""
        try:
            if version != self.served and self._is_due(version):
                self.cache.fetch(version, self.registry.download)
                self._try(version)
            if version == self.served:
                self.fallback.serves(version)
        except FilesUnreachable as error:
            self._refuse(version, f"its files cannot be had: {error}", FILES_RETRY_SECONDS)
        except OSError as error:
            self._refuse(version, f"its files cannot be kept: {error}")

    def _is_due(self, version: Version) -> bool:
        return time.monotonic() >= self._refused.get(version, 0)

    def _try(self, version: Version) -> None:
        """Load a version from disk aside, and swap it in unless it is refused."""
        try:
            served = load(version.number, self.cache.path(version))
        except ModelRefused as refused:
            self.cache.drop(version)
            self._refuse(version, str(refused))
            return
        self.slot.swap(served)
        give_back()
        self.metrics.model.swapped(self.served.number if self.served else None, version.number)
        self.served = version
        logger.info("model version %s serves", version.number)
        self._keep(version)

    def _keep(self, version: Version) -> None:
        try:
            self.cache.keep_as_current(version)
        except OSError as error:
            logger.warning("model version %s serves but is not kept on disk: %s", version, error)

    def _refuse(self, version: Version, reason: str, most_seconds: float = math.inf) -> None:
        self._refused[version] = time.monotonic() + min(self.retry_seconds, most_seconds)
        self.metrics.model.refused.inc()
        kept = f"version {self.served.number} goes on" if self.served else "no model serves"
        logger.error("model version %s is refused: %s; %s", version.number, reason, kept)

    def _note_reachable(self, reachable: bool, reason: Exception | None = None) -> None:
        self.metrics.model.registry_up.set(reachable)
        if reachable != self._reachable:
            level = logging.INFO if reachable else logging.WARNING
            logger.log(level, "the model registry is %s", "back" if reachable else "away")
            if reason:
                logger.warning("the registry said: %s", reason)
        self._reachable = reachable
