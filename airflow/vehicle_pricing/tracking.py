"""The runs of the tracking server: what a training tried, found, and left for the next step."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import mlflow
from mlflow.entities import LifecycleStage, Metric, Param, Run, RunTag

from vehicle_pricing.candidate import write_json
from vehicle_pricing.errors import RegistryError
from vehicle_pricing.registry import Registry
from vehicle_pricing.resuming import WHOLE, find_cut_short, keep_trials
from vehicle_pricing.study import Tried
from vehicle_pricing.training import METRIC, Fit

log = logging.getLogger(__name__)

EXPERIMENT = "vehicle-price"
FITTED = "fitted"
MOST_METRICS_A_CALL = 1_000


class TrainingRun(NamedTuple):
    """A run of a training, and the trials that it has kept from before it was cut short."""

    run_id: str
    kept: list[Tried]


class Tracking:
    """Runs in one experiment of one MLflow server or database."""

    def __init__(self, registry: Registry):
        self.registry = registry
        self.client = registry.client

    @contextmanager
    def run(self, tags: dict[str, str]) -> Iterator[TrainingRun]:
        """A run as long as the block lasts: the newest of the tag `search` if that was cut short.

        A block that raises leaves a failed run.
        """
        with self.registry.named_errors("start a run"):
            experiment = mlflow.set_experiment(EXPERIMENT).experiment_id
            cut = find_cut_short(self.client, experiment, tags["search"])
            kept = keep_trials(self.client, experiment, cut) if cut else []
            name = f"train {tags['dataset_version']}"
            started = mlflow.start_run(run_id=cut, run_name=name, tags=tags)
        if cut:
            log.info("continues run %s: %d trials kept", cut, len(kept))
        with self.registry.named_errors("end the run"), started:
            yield TrainingRun(started.info.run_id, kept)

    def log_trial(self, parent: str, number: int, fit: Fit, pruned: bool) -> None:
        """A trial of the search as a run under its parent; it counts once it is ended."""
        with self.registry.named_errors("log a trial"):
            experiment = self.client.get_run(parent).info.experiment_id
            tags = {"trial": str(number), "pruned": str(pruned).lower()}
            tags |= {"mlflow.parentRunId": parent}
            made = self.client.create_run(experiment, tags=tags, run_name=f"trial {number}")
            self.log_fit(made.info.run_id, fit)
            self.client.set_terminated(made.info.run_id, "KILLED" if pruned else "FINISHED")

    def log_whole(self, run_id: str, fit: Fit, trials: int) -> None:
        """The fit that a run has come to, when all else is kept: the run is whole.

        Not before, since a run that is continued may come to another after more trials, and
        MLflow takes a parameter once.
        """
        self.log_fit(run_id, fit, {WHOLE: trials})

    def log_fit(self, run_id: str, fit: Fit, further: dict | None = None) -> None:
        """Parameters, error by round, rounds and seconds of a fit."""
        figures = {"rounds": fit.rounds, "fit_seconds": fit.seconds, "validation_mae": fit.best}
        with self.registry.named_errors("log a fit"):
            timestamp = self.client.get_run(run_id).info.start_time
            curve = [Metric(METRIC, value, timestamp, step) for step, value in enumerate(fit.curve)]
            rest = [Metric(name, value, timestamp, 0) for name, value in figures.items()]
            kept = curve[: MOST_METRICS_A_CALL - len(rest)] + rest
            parameters = _parameters(fit.parameters | (further or {}))
            self.client.log_batch(run_id, metrics=kept, params=parameters)

    def log(self, run_id: str, parameters: dict, figures: dict, tags: dict) -> None:
        """Parameters, metrics and tags of a run, in one call."""
        with self.registry.named_errors("log a run"):
            timestamp = self.client.get_run(run_id).info.start_time
            self.client.log_batch(
                run_id,
                metrics=[Metric(name, value, timestamp, 0) for name, value in figures.items()],
                params=_parameters(parameters),
                tags=[RunTag(name, value) for name, value in tags.items()],
            )

    def log_dict(self, run_id: str, content: dict, name: str) -> None:
        """Keep a dictionary as a JSON file of the run."""
        with self.registry.named_errors("log a file"):
            self.client.log_dict(run_id, content, name)

    def log_files(self, run_id: str, folder: Path) -> None:
        """Keep the files of a folder, and those of the folders in it, as files of the run."""
        with self.registry.named_errors("log files"):
            self.client.log_artifacts(run_id, str(folder))

    def fetch_file(self, run_id: str, name: str, folder: Path) -> Path:
        """A file at the top of the run's artifacts, downloaded into a folder."""
        with self.registry.named_errors(f"fetch {name} of run {run_id}"):
            names = [artifact.path for artifact in self.client.list_artifacts(run_id)]
            if name not in names:
                raise RegistryError(
                    f"run {run_id} holds no {name}: it was evaluated by older code;"
                    " train and evaluate again"
                )
            return Path(self.client.download_artifacts(run_id, name, str(folder)))

    def find(self, run_id: str) -> Run:
        """Return a run with its tags and parameters; raise RegistryError if it was deleted."""
        with self.registry.named_errors(f"find the run {run_id}"):
            run = self.client.get_run(run_id)
        if run.info.lifecycle_stage == LifecycleStage.DELETED:
            raise RegistryError(
                f"the run {run_id} was deleted in MLflow: restore it there, or run train again"
            )
        return run

    def keep_fitted(self, run_id: str, files: dict[str, bytes], documents: dict[str, dict]) -> None:
        """Leave files and documents (*.json) with the run, for the next step."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                (Path(folder) / name).write_bytes(content)
            for name, document in documents.items():
                write_json(document, Path(folder) / name)
            with self.registry.named_errors("keep the fitted model"):
                self.client.log_artifacts(run_id, folder, FITTED)

    def fetch_fitted(self, run_id: str, folder: Path) -> Path:
        """What `keep_fitted` left, downloaded into a folder."""
        with self.registry.named_errors(f"fetch the fitted model of run {run_id}"):
            if not self.client.list_artifacts(run_id, FITTED):
                raise RegistryError(f"run {run_id} holds no fitted model: run train again")
            return Path(self.client.download_artifacts(run_id, FITTED, str(folder)))


def _parameters(values: dict) -> list[Param]:
    return [Param(name, str(value)) for name, value in values.items()]
