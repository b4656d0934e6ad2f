"""The thread that keeps the served model where the next machine finds it, and fetches it there.

For machines that keep no disk. Serving never waits for it: the watcher leaves word of what serves,
or that nothing does, and looks at what has been fetched when it comes by again.
"""

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from price_service.fallback_store import FallbackFailed, FallbackStore, packed, unpack, version_of
from price_service.file_lock import locked
from price_service.metrics import Metrics
from price_service.model_cache import KEPT_VERSIONS, ModelCache
from price_service.registry import Version

RETRY_SECONDS, LOOK_SECONDS = 10.0, 1.0
logger = logging.getLogger(__name__)


class Fallback(Protocol):
    """What the watcher asks of a fallback; neither question waits for anything."""

    def serves(self, version: Version) -> None:
        """The registry's version serves: keep it."""

    def last(self) -> Version | None:
        """Nothing serves: the version that was fetched to this machine's disk, once it is."""


class NoFallback:
    """Where MODEL_FALLBACK_URI is empty."""

    def serves(self, version: Version) -> None:
        """Nothing is kept."""

    def last(self) -> None:
        """Nothing is there."""


class ModelFallback:
    """Keeps and fetches in a thread of its own, trying again after failures."""

    def __init__(
        self,
        open_store: Callable[[], FallbackStore],
        cache: ModelCache,
        metrics: Metrics,
        retry_seconds: float = RETRY_SECONDS,
    ):
        self.open_store = open_store
        self.cache = cache
        self.metrics = metrics
        self.retry_seconds = retry_seconds
        self._serving: Version | None = None
        self._kept: Version | None = None
        self._fetched: Version | None = None
        self._asked = threading.Event()
        self._answers = True

    def serves(self, version: Version) -> None:
        """See Fallback."""
        if version != self._serving:
            self._serving = version
            self._asked.set()

    def last(self) -> Version | None:
        """See Fallback."""
        fetched = self._fetched
        if fetched is not None and self.cache.path(fetched).is_dir():
            return fetched
        self._asked.set()
        return None

    def run(self, stop: threading.Event) -> None:
        """Do what was asked, until told to stop."""
        while not stop.is_set():
            if not self._asked.wait(LOOK_SECONDS):
                continue
            self._asked.clear()
            if not self.work():
                stop.wait(self.retry_seconds)
                if self._serving != self._kept:  # a fetch is asked for again by the watcher
                    self._asked.set()

    def work(self) -> bool:
        """Keep what serves, or fetch what is to serve; False when that is to be tried again."""
        serving = self._serving
        try:
            if serving is None:
                self._fetched = self._fetch()
            else:
                self._keep(serving)
        except (FallbackFailed, OSError) as error:
            self._note_failure(error)
            return False
        self._note_success()
        return self._fetched is not None if serving is None else self._kept == self._serving

    def _keep(self, version: Version) -> None:
        """Of several workers, and machines, the first uploads it; the others find it there."""
        with self._turn() as aside:
            store = self.open_store()
            name = store.current()
            if name is None or version_of(name) != version:
                tar = packed(version, self.cache.path(version), aside)
                store.keep(tar, tar.name, KEPT_VERSIONS)
                logger.info("model version %s is kept in the fallback", version.number)
        self._kept = version

    def _fetch(self) -> Version | None:
        """The last version that was kept, now on this machine's disk; None where none is kept."""
        with self._turn() as aside:
            store = self.open_store()
            name = store.current()
            version = version_of(name) if name else None
            if name and version and not self.cache.path(version).is_dir():
                tar = aside / name
                store.fetch(name, tar)
                self.cache.fetch(version, lambda _version, folder: unpack(tar, folder))
                logger.info("model version %s is fetched from the fallback", version.number)
        return version

    @contextmanager
    def _turn(self) -> Iterator[Path]:
        """A folder for unfinished files, one worker at a time; the cache itself stays free."""
        self.cache.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.cache.folder / ".fallback.lock"):
            with tempfile.TemporaryDirectory(dir=self.cache.folder, prefix=".fallback-") as aside:
                yield Path(aside)

    def _note_failure(self, reason: Exception) -> None:
        self.metrics.model.fallback_failures.inc()
        if self._answers:
            logger.warning("the model fallback is not usable: %s; it is tried again", reason)
        self._answers = False

    def _note_success(self) -> None:
        if not self._answers:
            logger.info("the model fallback is back")
        self._answers = True
