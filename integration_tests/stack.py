"""The pieces of which tests put real stacks together: settings, processes, waiting, a model."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from vehicle_pricing import data_steps, model_steps
from vehicle_pricing.settings import Settings

from local.demo import HEALTH, Demo
from local.environment import (
    Environment,
    make_env_file,
    part_variables,
    read_settings,
    stack_variables,
)
from local.http import is_up
from local.processes import Processes
from local.progress import Progress
from unit_tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("SERVICE", "FORM", "AIRFLOW", "MLFLOW", "MONITOR")


def poll(
    condition: Callable[[], bool],
    what: str,
    timeout_seconds: float = 60,
    every_seconds: float = 0.2,
) -> None:
    """Poll until the condition holds; fails the test with `what` when it does not in time."""
    pause, deadline = threading.Event(), time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_seconds} s: {what}"
        pause.wait(every_seconds)


def files_below(folder: Path, pattern: str = "*") -> list[Path]:
    """Return the files of a folder in which others write, and take folders away, meanwhile.

    `Path.rglob` raises FileNotFoundError where a folder goes between its listing and its reading.
    """
    return [
        path
        for parent, _, names in os.walk(folder)
        for path in (Path(parent, name) for name in names)
        if path.match(pattern)
    ]


@contextlib.contextmanager
def where_still_there() -> Iterator[None]:
    """Leave out a file or a process that went between its listing and the look at it."""
    with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):
        yield


def environment_in(folder: Path) -> Environment:
    """Settings of a stack in that folder, on free ports."""
    (folder / ".env.example").write_text((ROOT / ".env.example").read_text())
    make_env_file(folder)
    settings = read_settings(folder, {})
    ports = {f"{part}_PORT": str(free_port()) for part in PARTS}
    chosen = {"DATASET": "sample", "DRIFT_PERIOD": "2", "TRAIN_TRIALS": "1"}
    return Environment(ROOT, folder / ".local", settings | ports | chosen)


def variables_of(environment: Environment, **changes: str) -> dict[str, str]:
    """All variables of the stack."""
    return stack_variables(environment, dict(os.environ)) | changes


def launcher(environment: Environment, variables: dict[str, str]) -> Demo:
    """The launcher, with nothing started yet."""
    logs, procfile = environment.folder / "logs", ROOT / "local" / "Procfile"
    processes = Processes(ROOT, logs, variables, procfile, part_variables)
    return Demo(environment, processes, Progress())


def start(demo: Demo, part: str) -> str:
    """Start a part and wait until it is healthy; its address."""
    url = demo.environment.url(part)
    started = demo.processes.start(part.lower())

    def healthy() -> bool:
        started.require_running()
        return is_up(url + HEALTH[part])

    poll(healthy, f"{part} healthy", 90)
    return url


def settings_of(variables: dict[str, str]) -> Settings:
    """The pipeline's settings in the stack."""
    known = {
        name: variables[name.upper()] for name in Settings.model_fields if name.upper() in variables
    }
    return Settings(**{name: value for name, value in known.items() if value})


def make_dataset(settings: Settings) -> str:
    """A data set by the steps of `create_datasets`: its version."""
    archive = data_steps.download(settings)
    return data_steps.split(settings, data_steps.prepare(settings, archive))


def train_and_promote(settings: Settings, dataset_version: str) -> str:
    """A model by the steps of `train_model`: its version."""
    model_version = model_steps.evaluate(settings, model_steps.train(settings, dataset_version))
    model_steps.promote(settings, model_version)
    return model_version
