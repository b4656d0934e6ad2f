"""Model versions kept on this machine's disk, so that the service starts without a registry."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from price_service.file_lock import locked
from price_service.registry import Version

KEPT_VERSIONS = 3


class ModelCache:
    """A folder a version, and a pointer file to the last one that served."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._pointer = folder / "current"

    def current(self) -> Version | None:
        """The last version that served and is still here."""
        try:
            version = Version.of_key(self._pointer.read_text(encoding="utf-8").strip())
        except (FileNotFoundError, ValueError):
            return None
        return version if self.path(version).is_dir() else None

    def path(self, version: Version) -> Path:
        """Where the version's model is, or would be."""
        return self.folder / version.key

    def fetch(self, version: Version, download: Callable[[Version, Path], None]) -> Path:
        """The version's folder; of several workers the first downloads it and the others wait."""
        path = self.path(version)
        if path.is_dir():
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder / ".lock"):
            if not path.is_dir():
                self._download_whole(version, download)
        return path

    def _download_whole(self, version: Version, download: Callable[[Version, Path], None]) -> None:
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".download-") as aside:
            download(version, Path(aside))
            os.rename(model_root(Path(aside)), self.path(version))

    def keep_as_current(self, version: Version) -> None:
        """Point to the version, and drop the oldest of the others."""
        with locked(self.folder / ".lock"):
            aside = self._pointer.with_suffix(".new")
            aside.write_text(version.key, encoding="utf-8")
            os.replace(aside, self._pointer)
            os.utime(self.path(version))
            self._drop_oldest()

    def drop(self, version: Version) -> None:
        """Remove a version that does not load, so that another try downloads it anew."""
        with locked(self.folder / ".lock"):
            shutil.rmtree(self.path(version), ignore_errors=True)

    def _drop_oldest(self) -> None:
        folders = [path for path in self.folder.iterdir() if path.is_dir() and path.name[0] != "."]
        folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in folders[KEPT_VERSIONS:]:
            shutil.rmtree(path, ignore_errors=True)


def model_root(folder: Path) -> Path:
    """The folder that holds MLmodel: what was downloaded, or the one folder inside it."""
    if (folder / "MLmodel").exists():
        return folder
    return next((path.parent for path in folder.glob("*/MLmodel")), folder)
