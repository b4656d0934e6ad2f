"""The DAG that turns an archive of listings into a versioned, split data set."""

import logging

from airflow.sdk import Asset, Metadata, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from vehicle_pricing import dag_run

log = logging.getLogger(__name__)

DATASET = Asset(name="vehicle_price_dataset", uri="vehicle-price://dataset")


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["vehicle-price"],
    doc_md="""
### Download → prepare → split

Makes a data set from the archive that `DATASET` names (`kaggle`, `sample`, or the path of an
archive) and from the labelled feedback of the prediction log. Its version is a hash of the three
things it depends on, so the same input makes the same version: then the run ends well with
**no new data**, its later tasks are skipped and nothing is trained.

A new version updates the asset `vehicle_price_dataset`, which starts `train_model`.
""",
)
def create_datasets():
    """Wire the three steps."""

    @task
    def download() -> str:
        """Fetch the archive and check it; its SHA-256."""
        from vehicle_pricing import data_steps
        from vehicle_pricing.settings import Settings

        dag_run.check_parameters()
        return data_steps.download(Settings())

    @task
    def prepare(archive: str) -> str:
        """Clean the listings; the data set's version. Skips the rest when that version is there."""

        from vehicle_pricing import data_steps
        from vehicle_pricing.errors import NoNewData
        from vehicle_pricing.settings import Settings

        try:
            return data_steps.prepare(Settings(), dag_run.required(archive, "download"))
        except NoNewData as nothing:
            log.info("%s", nothing)  # Airflow does not show why a task skips
            raise AirflowSkipException(str(nothing)) from nothing

    @task(outlets=[DATASET])
    def split(version: str):
        """Split without leakage and announce the new version."""
        from vehicle_pricing import data_steps
        from vehicle_pricing.settings import Settings

        made = data_steps.split(Settings(), dag_run.required(version, "prepare"))
        yield Metadata(DATASET, extra={"version": made})

    split(prepare(download()))


create_datasets()
