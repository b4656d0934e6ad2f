"""What a training that was cut short left in MLflow: its run, and the trials that ended in it."""

from mlflow import MlflowClient
from mlflow.entities import Run, RunStatus

from vehicle_pricing.study import Tried, parameters_of
from vehicle_pricing.training import METRIC

WHOLE = "trials"
MOST_RUNS_A_CALL = 50_000


def find_cut_short(client: MlflowClient, experiment: str, search: str) -> str | None:
    """The newest run with this tag `search`, if it has not come to its end.

    One that had, and was killed before it could say so, is ended: it would seem to run for ever.
    """
    query, newest = f"tags.search = '{search}'", ["attributes.start_time DESC"]
    for run in client.search_runs([experiment], query, max_results=1, order_by=newest):
        # One that still says RUNNING was killed: no two trainings are live at once, the DAG has
        # max_active_runs=1. One that is whole may have failed since, while it was judged.
        if run.info.status != "FINISHED" and WHOLE not in run.data.params:
            return run.info.run_id
        if run.info.status == "RUNNING":
            client.set_terminated(run.info.run_id)
    return None


def keep_trials(client: MlflowClient, experiment: str, parent: str) -> list[Tried]:
    """The trials that ended under a run, in their order, up to the first that is missing.

    One cut short in the middle is marked as failed: it would seem to run for ever, and its number
    is tried again.
    """
    query = f"tags.`mlflow.parentRunId` = '{parent}'"
    runs = client.search_runs([experiment], query, max_results=MOST_RUNS_A_CALL)
    for run in runs:
        if not RunStatus.is_terminated(RunStatus.from_string(run.info.status)):
            client.set_terminated(run.info.run_id, "FAILED")
    ended = sorted((run for run in runs if _has_ended(run)), key=_number)
    return [_tried(client, run) for place, run in enumerate(ended) if _number(run) == place]


def _has_ended(run: Run) -> bool:
    """Whether a trial's run came to the end that its tags speak of."""
    tags = run.data.tags
    return run.info.status == ("KILLED" if tags.get("pruned") == "true" else "FINISHED")


def _number(run: Run) -> int:
    return int(run.data.tags["trial"])


def _tried(client: MlflowClient, run: Run) -> Tried:
    history = client.get_metric_history(run.info.run_id, METRIC)
    curve = {metric.step: metric.value for metric in history}
    return Tried(
        number=_number(run),
        parameters=parameters_of(run.data.params),
        curve=[curve[step] for step in sorted(curve)],
        pruned=run.data.tags["pruned"] == "true",
    )
