"""The DAG that asks the monitor about drift and starts `create_datasets` when that can help."""

import logging
from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import CronTriggerTimetable, chain, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from vehicle_pricing import dag_run

log = logging.getLogger(__name__)


@dag(
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC", run_immediately=False),
    catchup=False,
    max_active_runs=1,
    tags=["vehicle-price"],
    doc_md="""
### Ask the monitor → start `create_datasets`

Every five minutes. When the input has drifted past its threshold, outside the cool-down, and
enough listings with a known actual price have come since the last data set, `create_datasets` is
started; its new version starts the training. Otherwise the task says why not (it shows as
skipped): without new labels a training would only make the same model again.
""",
)
def watch_drift():
    """Wire the question and the trigger."""

    @task(retries=2, retry_delay=timedelta(seconds=30))
    def ask_monitor() -> str:
        """The reason to retrain; skips the trigger when there is none."""

        from vehicle_pricing import retraining
        from vehicle_pricing.settings import Settings

        dag_run.check_parameters()
        decision = retraining.decide(Settings())
        log.info("%s", decision.reason)  # Airflow does not show why a task skips
        if not decision.retrain:
            raise AirflowSkipException(decision.reason)
        return decision.reason

    start = TriggerDagRunOperator(task_id="start_create_datasets", trigger_dag_id="create_datasets")
    chain(ask_monitor(), start)


watch_drift()
