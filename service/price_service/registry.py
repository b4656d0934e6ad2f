"""The model registry as the service sees it; the only module that knows MLflow's client."""

import logging
import os
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from price_service.model import MODEL_NAME
from price_service.redaction import redact

ALIAS = "production"
MOST_VERSIONS = 50
TEST_ERROR = "test_mae"
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
# A registry that is down must cost a poll seconds, not minutes.
CLIENT_ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime's
    "MLFLOW_CONFIGURE_LOGGING": "false",  # its log goes where the service's goes, redacted
}
logger = logging.getLogger(__name__)


class RegistryUnreachable(Exception):
    """The registry gave no usable answer."""


class FilesUnreachable(Exception):
    """The registry answers, and does not give a version's files."""


@dataclass(frozen=True)
class Version:
    """A registered version; its time is part of it, as a registry begun anew counts from 1."""

    number: str
    created_at_ms: int

    @property
    def key(self) -> str:
        """A name for folders."""
        return f"{self.number}-{self.created_at_ms}"

    @classmethod
    def of_key(cls, key: str) -> "Version":
        """The version that a folder is named for."""
        number, _, created_at_ms = key.partition("-")
        return cls(number, int(created_at_ms))


@dataclass(frozen=True)
class RegisteredVersion:
    """A version as people look at it; what the registry does not tell is None."""

    version: str
    created_at: str | None = None
    aliases: list[str] = field(default_factory=list)
    decision: str | None = None
    reason: str | None = None
    dataset_version: str | None = None
    mae: float | None = None


class Registry(Protocol):
    """What the service asks of a registry."""

    def production(self) -> Version | None:
        """The version in production, None when there is none; raises RegistryUnreachable."""

    def download(self, version: Version, folder: Path) -> None:
        """Put the version's model into an empty folder; raises FilesUnreachable."""

    def versions(self) -> list[RegisteredVersion]:
        """The latest versions, newest first; raises RegistryUnreachable."""


def prepare_environment() -> None:
    """Set what MLflow's client reads from the environment only."""
    for name, value in CLIENT_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


class MlflowRegistry:
    """The registry behind MLFLOW_TRACKING_URI; MLflow is imported by the first call."""

    def __init__(self, tracking_uri: str):
        self.tracking_uri = tracking_uri
        self._client: Any = None

    def production(self) -> Version | None:
        """See Registry."""
        client, failure = self._connected()
        try:
            found = client.get_model_version_by_alias(MODEL_NAME, ALIAS)
        except failure as error:
            if error.error_code in NOT_THERE:
                return None
            raise RegistryUnreachable(redact(str(error))[:300]) from error
        return Version(str(found.version), int(found.creation_timestamp))

    def download(self, version: Version, folder: Path) -> None:
        """See Registry."""
        client, failure = self._connected()
        download = import_module("mlflow.artifacts").download_artifacts
        try:
            uri = client.get_model_version_download_uri(MODEL_NAME, version.number)
            download(artifact_uri=uri, dst_path=str(folder), tracking_uri=self.tracking_uri)
        except (failure, OSError) as error:
            raise FilesUnreachable(redact(str(error))[:300]) from error

    def versions(self) -> list[RegisteredVersion]:
        """See Registry."""
        client, failure = self._connected()
        try:
            found = client.search_model_versions(
                f"name = '{MODEL_NAME}'", MOST_VERSIONS, ["version_number DESC"]
            )
            aliases = client.get_registered_model(MODEL_NAME).aliases if found else {}
            errors = errors_on_test(client, [version.run_id for version in found])
        except failure as error:
            raise RegistryUnreachable(redact(str(error))[:300]) from error
        return [registered(version, aliases, errors.get(version.run_id)) for version in found]

    def _connected(self) -> tuple[Any, type[Exception]]:
        """MLflow's client, and what it raises."""
        if self._client is None:
            client = import_module("mlflow").MlflowClient
            self._client = client(self.tracking_uri, self.tracking_uri)
        return self._client, import_module("mlflow.exceptions").MlflowException


def registered(version: Any, aliases: dict[str, str], mae: float | None) -> RegisteredVersion:
    """MLflow's version with what the pipeline has tagged it with."""
    number, tags = str(version.version), version.tags
    created_at = datetime.fromtimestamp(version.creation_timestamp / 1000, timezone.utc)
    return RegisteredVersion(
        number,
        created_at.isoformat(timespec="seconds"),
        sorted(alias for alias, named in aliases.items() if str(named) == number),
        tags.get("gate"),
        reason_of(tags),
        tags.get("dataset_version"),
        mae,
    )


def reason_of(tags: dict[str, str]) -> str | None:
    """Why the gate refused it, and what people have done about it since."""
    said = [tags.get("refused", "")]
    said += [f"promoted by force: {tags['forced']}"] if "forced" in tags else []
    said += [f"rolled back at {tags['rolled_back']}"] if "rolled_back" in tags else []
    return "; ".join(filter(None, said)) or None


def errors_on_test(client: Any, run_ids: list[str]) -> dict[str, float]:
    """Mean absolute error in dollars on the test split, of those runs that tell it."""
    named = ", ".join(f"'{run_id}'" for run_id in run_ids if run_id)
    experiment = client.get_experiment_by_name(MODEL_NAME) if named else None
    if experiment is None:
        return {}
    runs = client.search_runs(
        [experiment.experiment_id], f"attributes.run_id IN ({named})", max_results=MOST_VERSIONS
    )
    figures = {run.info.run_id: run.data.metrics.get(TEST_ERROR) for run in runs}
    return {run_id: figure for run_id, figure in figures.items() if figure is not None}
