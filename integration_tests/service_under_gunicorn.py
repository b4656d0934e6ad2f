"""The price service under a real Gunicorn, in a folder of its own, for tests that break it."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from price_service.model_cache import ModelCache
from price_service.registry import Version

from unit_tests.ports import free_port
from unit_tests.price_service.saved_model import save_model
from unit_tests.price_service.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent
NOBODY = "http://127.0.0.1:9"
LISTING = {"manufacturer": "ford", "model": "f-150", "year": 2014, "odometer": 80000}


class GunicornService:
    """One Gunicorn with two workers, and the folder that they work in."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.log_file = folder / "prediction_log.db"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None
        self._running = contextlib.ExitStack()

    def keep_model(self, number: str = "1", price_factor: float = 1.0) -> None:
        """Put the fake model into the cache as the one that served last."""
        cache, version = ModelCache(self.folder / "model_cache"), Version(number, 1000)
        cache.folder.mkdir(exist_ok=True)
        save_model(cache.path(version), price_factor)
        cache.keep_as_current(version)

    def environment(self, **changes: str) -> dict[str, str]:
        """What the service is started with: no registry, everything in the folder."""
        kept = {name: value for name, value in os.environ.items() if name != "API_KEY"}
        kept.pop("PROMETHEUS_MULTIPROC_DIR", None)
        own = {
            "PYTHONPATH": str(ROOT / "service"),
            "SERVICE_PORT": str(self.port),
            "MLFLOW_TRACKING_URI": NOBODY,
            "OUTBOX_DIR": str(self.folder / "outbox"),
            "SPOOL_DIR": str(self.folder / "spool"),
            "MODEL_CACHE_DIR": str(self.folder / "model_cache"),
            "PREDICTION_LOG_URL": f"sqlite:///{self.log_file}",
            "MODEL_POLL_SECONDS": "1",
            "SHIPPING_BACKOFF_SECONDS": "1",
        }
        return kept | own | changes

    def start(self, **changes: str) -> None:
        """Start Gunicorn and wait until it answers."""
        with open(self.folder / "service.log", "ab") as output:
            command = [
                *(sys.executable, "-m", "gunicorn", "--config"),
                *(str(ROOT / "service/gunicorn.conf.py"), "price_service:create_app()"),
            ]
            self.process = self._running.enter_context(
                subprocess.Popen(
                    command,
                    cwd=self.folder,
                    env=self.environment(**changes),
                    stdout=output,
                    stderr=output,
                )
            )
        wait_for(lambda: self.get("/health") == 200, "the service alive", 30)

    def migrate(self) -> None:
        """Make the prediction log's table, as the launcher does."""
        command = [sys.executable, "-m", "price_service", "migrate"]
        subprocess.run(command, env=self.environment(), cwd=self.folder, timeout=60, check=True)

    def get(self, path: str) -> int:
        """The status of a GET, 0 without an answer."""
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(self.url + path, timeout=10).status_code
        return 0

    def predict(self, listing: Any = None) -> requests.Response:
        """POST /predict."""
        return requests.post(f"{self.url}/predict", json=listing or LISTING, timeout=20)

    def workers(self) -> list[int]:
        """The process ids of Gunicorn's workers."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text(encoding="ascii").split()]

    def log(self) -> str:
        """What it has printed."""
        return (self.folder / "service.log").read_text(encoding="utf-8", errors="replace")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End Gunicorn, which ends its workers."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process = None
        self._running.close()  # waits for its end


@contextlib.contextmanager
def service_in(folder: Path) -> Iterator[GunicornService]:
    """A service that is ended with the block, whatever happens in it."""
    service = GunicornService(folder)
    try:
        yield service
    finally:
        service.stop()
