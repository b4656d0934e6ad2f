"""Follows the alias `production` in MLflow; what was in production last is kept on disk."""

import json
import logging
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath

from mlflow import artifacts
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from drift_monitor.errors import RegistryUnreachable
from drift_monitor.reference import ROWS, SCHEMA

MODEL = "vehicle-price"
ALIAS = "production"
WANTED = (SCHEMA, ROWS)
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Production:
    """A version in production. `key` also tells it from a namesake of another registry.

    `since` (ISO, UTC) is its last promotion; None where it was there before the monitor.
    """

    version: str
    key: str
    since: str | None = None

    @property
    def since_time(self) -> datetime | None:
        """The time of `since`."""
        return datetime.fromisoformat(self.since) if self.since else None


class Registry:
    """The registered model vehicle-price on a tracking server."""

    def __init__(self, tracking_uri: str):
        self.tracking_uri = tracking_uri
        self.client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)

    def production(self) -> Production | None:
        """What the alias names, None where nothing is; raises RegistryUnreachable."""
        try:
            found = self.client.get_model_version_by_alias(MODEL, ALIAS)
        except MlflowException as error:
            if error.error_code in NOT_THERE:
                return None
            raise RegistryUnreachable(f"MLflow at {self.tracking_uri}: {error}") from error
        key = f"{found.version}-{found.creation_timestamp}"
        return Production(str(found.version), key, found.tags.get("promoted_at"))

    def tags_of_versions(self) -> list[dict[str, str]]:
        """The tags of every registered version; raises RegistryUnreachable."""
        try:
            return [found.tags for found in self.client.search_model_versions(f"name='{MODEL}'")]
        except MlflowException as error:
            raise RegistryUnreachable(f"MLflow at {self.tracking_uri}: {error}") from error

    def download(self, version: str, folder: Path) -> None:
        """Fetch schema.json and reference.parquet of a version, whole or not at all."""
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            root = self.client.get_model_version_download_uri(MODEL, version)
            for path in self._paths(root):
                self._fetch(f"{root}/{path}", unfinished)
        except (MlflowException, OSError) as error:
            raise RegistryUnreachable(
                f"Artifacts of model version {version} on {self.tracking_uri}: {error}"
            ) from error
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)

    def _fetch(self, uri: str, folder: Path) -> None:
        options = {"tracking_uri": self.tracking_uri, "registry_uri": self.tracking_uri}
        got = artifacts.download_artifacts(uri, dst_path=str(folder), **options)
        Path(got).replace(folder / Path(got).name)

    def _paths(self, root: str) -> list[str]:
        """The paths of the wanted files, wherever in the model's folder they lie."""
        found = {PurePosixPath(path).name: path for path in self._files(root, "")}
        missing = [name for name in WANTED if name not in found]
        if missing:
            raise RegistryUnreachable(f"The registered model lacks {' and '.join(missing)}.")
        return [found[name] for name in WANTED]

    def _files(self, root: str, folder: str):
        listed = artifacts.list_artifacts(
            f"{root}/{folder}".rstrip("/"), tracking_uri=self.tracking_uri
        )
        for entry in listed:
            path = f"{folder}/{PurePosixPath(entry.path).name}".lstrip("/")
            if entry.is_dir:
                yield from self._files(root, path)
            else:
                yield path


def _since(named: Production, before: Production) -> str | None:
    """When a version came into production: what the registry says, or when it was noticed.

    A version that a rollback puts back may still carry the time of its first promotion.
    """
    times = [time for time in (named.since, before.since) if time]
    if named.key == before.key:
        return max(times, default=None)
    if named.since and named.since == max(times):
        return named.since
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


class Kept:
    """What the monitor keeps of the registry in its own folder, for when that is down."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._note = folder / "production.json"

    def production(self) -> Production | None:
        """What was in production when the registry last answered."""
        if not self._note.exists():
            return None
        return Production(**json.loads(self._note.read_text(encoding="utf-8")))

    def remember(self, production: Production) -> Production:
        """Keep it, with the time since which it is in production."""
        before = self.production()
        known = replace(production, since=_since(production, before)) if before else production
        if known != before:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = self._note.with_suffix(".part")
            unfinished.write_text(json.dumps(asdict(known)), encoding="utf-8")
            unfinished.replace(self._note)
        return known

    def artifacts(self, production: Production, registry: Registry) -> Path:
        """The folder with the version's files, downloaded where it is not there yet."""
        target = self.folder / "models" / production.key
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            registry.download(production.version, target)
            LOGGER.info("fetched the reference of model version %s", production.version)
        return target
