"""The registry of models: log, register, promote, roll back; nothing else knows it."""

import io
import logging
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from importlib import metadata
from pathlib import Path

import mlflow
import requests
from mlflow.entities.model_registry import ModelVersion
from mlflow.environment_variables import (
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR,
    MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT,
    MLFLOW_TRACKING_PASSWORD,
    MLFLOW_TRACKING_USERNAME,
)
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.models.model import ModelInfo
from mlflow.types.schema import ColSpec, Schema
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
)

from vehicle_pricing import serving_model
from vehicle_pricing.addresses import split_login
from vehicle_pricing.errors import PipelineError, RegistryError
from vehicle_pricing.model_card import MODEL_NAME, now

log = logging.getLogger(__name__)

PRODUCTION, PREVIOUS, CHALLENGER = "production", "previous", "challenger"
PAUSED = "promotion_paused"
PROMOTED_AT, ROLLED_BACK = "promoted_at", "rolled_back"
# The answers of a registry that runs, about what was asked of it.
ANSWERED = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "INVALID_STATE")
REQUEST_TIMEOUT_SECONDS = 60
ARTIFACTS = {
    "model": "model.ubj",
    "prices_onnx": "prices.onnx.zlib",
    "schema": "schema.json",
    "encoding": "encoding.json.zlib",
    "reference": "reference.parquet",
    "model_card": "model_card.json",
}
# What broken files of a model raise, and the code that travels with it.
BROKEN_MODEL = (
    *(AttributeError, EOFError, ImportError, LookupError, OSError, SyntaxError),
    *(TypeError, ValueError, zlib.error),
    *(Fail, InvalidArgument, InvalidGraph, InvalidProtobuf),
)
REQUIREMENTS = ("mlflow", "numpy", "onnxruntime", "pandas")


class PromotionPaused(PipelineError):
    """A rollback paused automatic promotion; a person has to allow it again."""


class Registry:
    """The versions of vehicle-price at one MLflow server or database."""

    def __init__(self, tracking_uri: str):
        # MLflow puts the address into its errors: it gets the login apart.
        self.tracking_uri, login = split_login(tracking_uri)
        if login:
            MLFLOW_TRACKING_USERNAME.set(login[0])
            MLFLOW_TRACKING_PASSWORD.set(login[1])
        _configure(self.tracking_uri)
        self.client = mlflow.MlflowClient(self.tracking_uri, self.tracking_uri)

    @contextmanager
    def named_errors(self, action: str) -> Iterator[None]:
        """Turn MLflow's errors into one that says where and what to do."""
        try:
            yield
        except (MlflowException, requests.RequestException) as error:
            answered = getattr(error, "error_code", "") in ANSWERED
            advice = (
                "MLflow answers: look there for what was deleted, or never made"
                if answered
                else "check that MLflow runs there, and MLFLOW_TRACKING_URI"
            )
            raise RegistryError(
                f"cannot {action} at {self.tracking_uri}: {_first_line(error)}; {advice}"
            ) from error

    def version(self, number: str) -> ModelVersion:
        """A registered version, with its tags."""
        with self.named_errors(f"find version {number} of {MODEL_NAME}"):
            return self.client.get_model_version(MODEL_NAME, str(number))

    def named(self, alias: str) -> ModelVersion | None:
        """The version that an alias names, or None."""
        with self.named_errors(f"look up the alias {alias}"):
            try:
                return self.client.get_model_version_by_alias(MODEL_NAME, alias)
            except MlflowException as error:
                if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    return None
                raise

    def of_run(self, run_id: str) -> ModelVersion | None:
        """The latest version registered from a run, with its tags, or None."""
        with self.named_errors("look up a run's versions"):
            found = self.client.search_model_versions(f"run_id = '{run_id}'")
        numbers = sorted(int(version.version) for version in found)
        return self.version(str(numbers[-1])) if numbers else None

    def load(self, version: ModelVersion):
        """The model of a version, ready to price: its `predict_records` is the interface."""
        with self.named_errors(f"load version {version.version}"):
            uri = f"models:/{MODEL_NAME}/{version.version}"
            try:
                return mlflow.pyfunc.load_model(uri).unwrap_python_model()
            except BROKEN_MODEL as error:
                raise RegistryError(
                    f"cannot load version {version.version}, its files are broken: "
                    f"{type(error).__name__}: {_first_line(error)}"
                ) from error

    def register(self, run_id: str, folder: Path, schema: dict, tags: dict[str, str]) -> str:
        """Log the model whose files stand in a folder, in its run, and register it: its version."""
        with self.named_errors("register the model"):
            with mlflow.start_run(run_id=run_id):
                info = _log_model(folder, schema)
            # MLflow prints that it did so to standard error, where Airflow sees errors.
            with redirect_stderr(io.StringIO()):
                made = mlflow.register_model(
                    *(info.model_uri, MODEL_NAME),
                    await_registration_for=0,
                    tags=tags | {"run_id": run_id},
                )
        log.info("registered version %s of %s", made.version, MODEL_NAME)
        return str(made.version)

    def challenge(self, number: str) -> None:
        """Name the version that the gate refused, unless a later one has that name."""
        current = self.named(CHALLENGER)
        if current and int(current.version) > int(number):
            return
        with self.named_errors("set the alias challenger"):
            self.client.set_registered_model_alias(MODEL_NAME, CHALLENGER, number)

    def put_into_production(self, number: str) -> None:
        """Move `production`; cut short anywhere, it names a whole model, old or new."""
        current = self.named(PRODUCTION)
        with self.named_errors("promote"):
            if current and str(current.version) != number:
                self.client.set_registered_model_alias(MODEL_NAME, PREVIOUS, current.version)
            self.client.set_registered_model_alias(MODEL_NAME, PRODUCTION, number)
            self.client.set_model_version_tag(MODEL_NAME, number, PROMOTED_AT, now())
            self._set_stage(number)

    def roll_back(self) -> tuple[str | None, str]:
        """Put the version before into production and pause promotion: version taken out, put back.

        None was taken out where the version in production has been deleted.
        """
        current, previous = self.named(PRODUCTION), self.named(PREVIOUS)
        out = str(current.version) if current else None
        back = str((previous or self._latest_before(out)).version)
        if out == back:
            return out, back
        with self.named_errors("roll back"):
            # The pause first: were the rest cut short, nothing would be promoted meanwhile.
            self.pause(f"rolled back from version {out or '(deleted)'} to {back} at {now()}")
            if out:
                self.client.set_model_version_tag(MODEL_NAME, out, ROLLED_BACK, now())
            self.client.set_registered_model_alias(MODEL_NAME, PREVIOUS, back)
            self.client.set_registered_model_alias(MODEL_NAME, PRODUCTION, back)
            self.client.set_model_version_tag(MODEL_NAME, back, PROMOTED_AT, now())
            self._set_stage(back)
        return out, back

    def _latest_before(self, current: str | None) -> ModelVersion:
        """Return the version put into production last, but for the current one and those taken out.

        Raise RegistryError where there is none.
        """
        with self.named_errors("look up the versions"):
            versions = self.client.search_model_versions(f"name = '{MODEL_NAME}'")
        others = [
            version
            for version in versions
            if PROMOTED_AT in version.tags and str(version.version) != current
        ]
        left = [version for version in others if ROLLED_BACK not in version.tags]
        if left:
            return max(left, key=lambda version: version.tags[PROMOTED_AT])
        if others:
            names = ", ".join(sorted((str(version.version) for version in others), key=int))
            raise RegistryError(
                "there is nothing to roll back to: the only other versions that have been in"
                f" production, {names}, were rolled back themselves; promote one by force,"
                " with a reason"
            )
        which = f"no other version than {current}" if current else "no version that is there"
        raise RegistryError(f"there is nothing to roll back to: {which} has been in production")

    def pause(self, reason: str) -> None:
        """Stop automatic promotion until `resume`."""
        with self.named_errors("pause promotion"):
            self.client.set_registered_model_tag(MODEL_NAME, PAUSED, reason)

    def paused(self) -> str:
        """Why promotion is paused, or an empty string."""
        with self.named_errors("look up the model"):
            return self.client.get_registered_model(MODEL_NAME).tags.get(PAUSED, "")

    def resume(self) -> None:
        """Allow automatic promotion again."""
        if self.paused():
            with self.named_errors("resume promotion"):
                self.client.delete_registered_model_tag(MODEL_NAME, PAUSED)

    def tag(self, number: str, name: str, value: str) -> None:
        """Tag a version."""
        with self.named_errors(f"tag version {number}"):
            self.client.set_model_version_tag(MODEL_NAME, number, name, value)

    def _set_stage(self, number: str) -> None:
        """MLflow's older word for the same; its UI still shows it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            self.client.transition_model_version_stage(
                MODEL_NAME, number, "Production", archive_existing_versions=True
            )


def signature(schema: dict) -> ModelSignature:
    """The model's inputs, all optional but in type, written out from the schema."""
    kinds = {"number": "double", "category": "string"}
    inputs = [
        ColSpec(kinds[feature["kind"]], feature["name"], required=False)
        for feature in schema["features"]
    ]
    outputs = [ColSpec("double", name) for name in ("price", "low", "high")]
    return ModelSignature(Schema(inputs), Schema(outputs))


def requirements() -> list[str]:
    """What the model needs to be loaded: the distributions installed here, pinned."""
    found = []
    for name in REQUIREMENTS:
        with suppress(metadata.PackageNotFoundError):
            found.append(f"{name}=={metadata.version(name)}")
    return found


def _configure(tracking_uri: str) -> None:
    """Errors that come soon, and nothing of MLflow's on standard output, which is the commands'."""
    MLFLOW_HTTP_REQUEST_MAX_RETRIES.set(2)
    MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR.set(1)
    MLFLOW_HTTP_REQUEST_TIMEOUT.set(REQUEST_TIMEOUT_SECONDS)
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT.set(True)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    mlflow.set_tracking_uri(tracking_uri)


def _log_model(folder: Path, schema: dict) -> ModelInfo:
    with warnings.catch_warnings():
        # The signature is written out from the schema: an example would add nothing.
        warnings.filterwarnings("ignore", ".*input example was not provided", UserWarning)
        return mlflow.pyfunc.log_model(
            name="model",
            python_model=serving_model.__file__,
            artifacts={key: str(folder / name) for key, name in ARTIFACTS.items()},
            signature=signature(schema),
            pip_requirements=requirements(),
        )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
