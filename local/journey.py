"""From healthy parts to the first prediction: the DAG runs, the model in production, a price."""

from collections.abc import Callable
from dataclasses import dataclass, field

from local.airflow_api import ENDED, AirflowApi
from local.http import NoAnswer, is_up, request_json
from local.progress import Progress

RUN_SECONDS, START_SECONDS, READY_SECONDS = 3600, 120, 60
MAKE, TRAIN = "create_datasets", "train_model"
DAGS = (MAKE, TRAIN, "watch_drift")
PIPELINE = "vehicle_pricing"
VISIBLE = ("running", "success", "failed", "skipped")
WISHED = {"manufacturer": "ford", "model": "f-150", "year": 2014, "odometer": 80_000}


class RunFailed(Exception):
    """A DAG run failed; the message ends with the log of the task that did."""


@dataclass
class Journey:
    """What drives the stack through Airflow; `watch` raises when a part has died."""

    airflow: AirflowApi
    service_url: str
    api_key: str
    progress: Progress
    watch: Callable[[], None] = lambda: None
    noted: dict[tuple[str, str], int] = field(default_factory=dict)

    def serves(self) -> bool:
        """Whether the service has a model."""
        return is_up(f"{self.service_url}/ready")

    def end_what_was_cut_short(self) -> None:
        """Fail the runs that an earlier launch left: their processes are gone, and they block."""
        for dag in (MAKE, TRAIN):
            for run_id in self.airflow.unfinished_runs(dag):
                self.progress.say(
                    f"{dag}: the run {run_id}, cut short earlier, is marked as failed"
                )
                self.airflow.fail(dag, run_id)

    def train(self, even_without_new_data: bool = False) -> None:
        """Run `create_datasets`, and the training that comes of it, or one by hand if none can."""
        known = set(self.airflow.run_ids(TRAIN))
        made = self.follow(MAKE, self.airflow.trigger(MAKE))
        if made["split"] == "success":
            self.follow(TRAIN, self._next_run(known))
        elif even_without_new_data or not self.serves():
            self.progress.say("no new data: training on what is there")
            self.follow(TRAIN, self.airflow.trigger(TRAIN))
        else:
            self.progress.say("no new data: the model in production stays")

    def follow(self, dag: str, run_id: str) -> dict[str, str]:
        """Show the run's tasks until it ends; their states. RunFailed with the log if it fails."""
        shown: dict[str, str] = {}
        state = ""

        def ended() -> bool:
            nonlocal state
            state = self.airflow.state(dag, run_id)
            self._show_changes(dag, run_id, shown)
            return state in ENDED

        self._wait(f"{dag} in Airflow", ended, RUN_SECONDS)
        if state == "failed":
            raise RunFailed(self._failure(dag, run_id, shown))
        return shown

    def first_prediction(self) -> str:
        """A price for a usual vehicle, in words."""
        self.progress.wait("a model in the service", self.serves, READY_SECONDS, self.watch)
        headers = {"X-API-Key": self.api_key} if self.api_key else {}
        schema = request_json("GET", f"{self.service_url}/schema", headers=headers)
        names = {feature["name"] for feature in schema["features"]}
        listing = {name: value for name, value in WISHED.items() if name in names}
        result = request_json("POST", f"{self.service_url}/predict", json=listing, headers=headers)
        vehicle = " ".join(str(value) for value in listing.values())
        return (
            f"{vehicle} miles: ${result['price']:,} (90% range ${result['low']:,} to "
            f"${result['high']:,}), by model version {result['model_version']}"
        )

    def _next_run(self, known: set[str]) -> str:
        """The id of the run that the new data set starts."""

        new: list[str] = []

        def started() -> bool:
            new.extend(run for run in self.airflow.run_ids(TRAIN) if run not in known)
            return bool(new)

        self._wait(f"{TRAIN} to start", started, START_SECONDS)
        return new[0]

    def _wait(self, what: str, condition: Callable[[], bool], timeout_seconds: float) -> None:
        """Wait on what Airflow says; when it says nothing, ask again."""

        told: set[str] = set()

        def holds() -> bool:
            try:
                return condition()
            except NoAnswer as error:
                if str(error) not in told:
                    self.progress.say(f"Airflow did not answer, asking again: {error}")
                told.add(str(error))
                return False

        self.progress.wait(what, holds, timeout_seconds, self.watch)

    def _show_changes(self, dag: str, run_id: str, shown: dict[str, str]) -> None:
        """Say which tasks have begun or ended since the last look, and what they have logged."""
        for task, state in self.airflow.task_states(dag, run_id).items():
            if state in VISIBLE and (state == "running" or shown.get(task) != state):
                self._show_notes(dag, run_id, task)
            if shown.get(task) != state and state in VISIBLE:
                self.progress.say(f"{dag}.{task}: {state}")
            shown[task] = state

    def _show_notes(self, dag: str, run_id: str, task: str) -> None:
        """Say what the pipeline has logged in a task since the last look."""
        notes = self.airflow.notes(dag, run_id, task, PIPELINE)
        known = self.noted.get((run_id, task), 0)
        for note in notes[known:]:
            self.progress.say(f"    {note}")
        self.noted[(run_id, task)] = max(known, len(notes))

    def _failure(self, dag: str, run_id: str, states: dict[str, str]) -> str:
        failed = [task for task, state in states.items() if state == "failed"]
        try:
            lines = self.airflow.log(dag, run_id, failed[0]) if failed else []
        except NoAnswer as error:
            lines = [str(error)]
        told = [line for line in lines if not line.startswith("::")]
        return "\n".join([f"{dag}: task {', '.join(failed)} failed. Its log ends:", *told[-12:]])
