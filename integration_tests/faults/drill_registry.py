"""A real MLflow with fake models in it, which drills stop, start and damage."""

import os
import shutil
import signal
from importlib import import_module
from pathlib import Path
from typing import Any

from price_service.model import MODEL_NAME
from price_service.registry import ALIAS

from integration_tests.stack import start
from local.demo import Demo
from unit_tests.price_service.saved_model import save_model

EXPERIMENT = "0"


class DrillRegistry:
    """MLflow's server, its client, and the folder of its artifacts."""

    def __init__(self, demo: Demo, folder: Path):
        self._demo, self._folder = demo, folder
        self._artifacts = demo.environment.folder / "artifacts"
        self.url = start(demo, "MLFLOW")
        self._client: Any = import_module("mlflow").MlflowClient(self.url, self.url)
        self._client.create_registered_model(MODEL_NAME)

    def register(self, price_factor: float = 1.0, broken: str = "") -> str:
        """A version of the fake model, named by its number; `broken` is added to its code."""
        run_id = self._client.create_run(EXPERIMENT).info.run_id
        saved = self._folder / run_id
        save_model(saved, price_factor)
        if broken:
            (code,) = saved.glob("*.py")
            code.write_text(code.read_text(encoding="utf-8") + broken, encoding="utf-8")
        self._client.log_artifacts(run_id, str(saved), "model")
        source = f"{self._client.get_run(run_id).info.artifact_uri}/model"
        return str(self._client.create_model_version(MODEL_NAME, source, run_id).version)

    def retire(self) -> None:
        """Take whatever version is in production out of it."""
        self._client.delete_registered_model_alias(MODEL_NAME, ALIAS)

    def promote(self, version: str) -> None:
        """Put a version into production."""
        self._client.set_registered_model_alias(MODEL_NAME, ALIAS, version)

    def files(self, version: str) -> Path:
        """The folder of a version's model in the artifact store."""
        source = self._client.get_model_version(MODEL_NAME, version).source
        return self._artifacts / source.partition("mlflow-artifacts:/")[2]

    def lose_artifacts(self) -> None:
        """Take the artifact store away."""
        self._artifacts.rename(self._artifacts.with_name("lost"))

    def find_artifacts(self) -> None:
        """Have it back, if it is away."""
        lost = self._artifacts.with_name("lost")
        if lost.exists():
            shutil.rmtree(self._artifacts, ignore_errors=True)
            lost.rename(self._artifacts)

    def stop(self) -> None:
        """End the server at once."""
        process = self._demo.processes.parts.pop().process  # no longer one that is to run
        os.killpg(process.pid, signal.SIGKILL)  # it leads a session of its own
        process.wait(10)

    def start(self) -> None:
        """Have it back on the same port, if it is away."""
        if not self._demo.processes.parts:
            start(self._demo, "MLFLOW")
