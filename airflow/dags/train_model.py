"""The DAG that trains a model on a data set, judges it, and promotes it if it may."""

from airflow.sdk import Asset, Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from vehicle_pricing import dag_run

DATASET = Asset(name="vehicle_price_dataset", uri="vehicle-price://dataset")
PARAMETERS = {
    "trials": Param(
        None,
        type=["null", "integer"],
        minimum=1,
        maximum=500,
        title="Trials",
        description="Parameter sets to try in the search. Empty: TRAIN_TRIALS of the settings.",
    ),
    "rows": Param(
        None,
        type=["null", "integer"],
        minimum=500,
        title="Rows",
        description="Train on this many of the most recent rows at most. Empty: all.",
    ),
    "dataset_version": Param(
        None,
        type=["null", "string"],
        pattern="^[0-9a-f]{12}$",
        title="Data set version",
        description="Twelve hexadecimal digits. Empty: the one just made, else the latest.",
    ),
    "dry_run": Param(
        False, type="boolean", title="Dry run", description="Train and judge, promote nothing."
    ),
    "force": Param(
        False,
        type="boolean",
        title="Force",
        description="Promote even what the gate refuses. Needs a reason.",
    ),
    # A string without null and an empty default would keep the Trigger button disabled.
    "reason": Param(
        None,
        type=["null", "string"],
        maxLength=500,
        title="Reason",
        description="Kept with a forced promotion.",
    ),
}


@dag(
    schedule=[DATASET],
    catchup=False,
    max_active_runs=1,
    params=PARAMETERS,
    tags=["vehicle-price"],
    doc_md="""
### Train → evaluate → promote

Searches parameters, fits the model, registers it as a version of `vehicle-price` in MLflow and
lets the **gate** compare it with the baselines and with the model in production, on listings that
neither has seen. Accepted: the alias `production` moves, the service follows within seconds.
Refused: this run fails with the reasons, production stays as it was.

It starts by itself when `create_datasets` made a new version; **Trigger** starts it by hand. An
asset event that names no version, as one made by hand, trains on the latest data set.
A `train` that was killed, or failed, continues its MLflow run when it is cleared or retried: the
trials that had ended are not tried again.
Going back: `make rollback`.
""",
)
def train_model():
    """Wire the three steps."""

    @task
    def train() -> str:
        """Search and fit; the id of the MLflow run."""
        from vehicle_pricing import model_steps
        from vehicle_pricing.settings import Settings

        context = get_current_context()
        params, events = context["params"], context["triggering_asset_events"].get(DATASET) or []
        dag_run.check_parameters()
        dag_run.check_reason(params["force"], params["reason"])
        version, note = dag_run.announced_version(event.extra for event in events)
        if params["dataset_version"]:
            version, note = params["dataset_version"], ""
        chosen = {"trials": params["trials"], "rows": params["rows"]}
        return model_steps.train(Settings(), version, **chosen, note=note)

    @task
    def evaluate(training: str) -> str:
        """Measure the model, register it, let the gate judge; the model's version."""
        from vehicle_pricing import model_steps
        from vehicle_pricing.settings import Settings

        return model_steps.evaluate(Settings(), dag_run.required(training, "train"))

    @task
    def promote(model_version: str) -> str:
        """Move the alias production, or fail with the gate's reasons."""
        from vehicle_pricing import model_steps
        from vehicle_pricing.errors import PipelineError
        from vehicle_pricing.settings import Settings

        params = get_current_context()["params"]
        version = dag_run.required(model_version, "evaluate")
        choice = {name: params[name] for name in ("dry_run", "force")}
        reason = params["reason"] or ""
        try:
            return model_steps.promote(Settings(), version, **choice, reason=reason)
        except PipelineError as refusal:
            raise AirflowFailException(str(refusal)) from refusal

    promote(evaluate(train()))


train_model()
