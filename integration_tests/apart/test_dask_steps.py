"""The pipeline over two Dask workers makes what one process makes, also when a worker is killed."""

import os
import subprocess
import sys
from types import SimpleNamespace

import dask.config
import distributed
import numpy as np
import pandas as pd
import pytest

from vehicle_pricing import data_steps, ingest, storage
from vehicle_pricing.errors import ClusterError
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage, dataset_path
from vehicle_pricing.training import DEFAULTS, ONE_THREAD, dollar_huber, fit_price
from vehicle_pricing.training_data import training_data

from integration_tests.stack import ROOT

ROWS, PARTITION_ROWS, ROUNDS, SEED = 4_000, 1_000, 10, 1
PARAMETERS = DEFAULTS | ONE_THREAD | {"max_depth": 4, "learning_rate": 0.2}
TOLERANCE = 0.03  # of the error: subsampling draws other rows on two workers than in one process
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module", name="scheduler")
def local_cluster():
    """The address of a scheduler with two worker processes."""
    with dask.config.set({"distributed.scheduler.allowed-failures": 5}):
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster:
            yield cluster.scheduler_address


@pytest.fixture(scope="module", name="made")
def made_both_ways(scheduler, tmp_path_factory):
    """The settings of one process and of the cluster, and the data set that each has made."""
    folder, made = tmp_path_factory.mktemp("dask"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest, "CHUNK_ROWS", PARTITION_ROWS)
        patch.setattr(storage, "ROW_GROUP_ROWS", PARTITION_ROWS)
        for way, address in (("one", ""), ("cluster", scheduler)):
            settings = Settings(
                dataset="sample",
                sample_rows=ROWS,
                data_uri=str(folder / way),
                prediction_log_url=f"sqlite:///{folder}/none.db",
                dask_scheduler=address,
            )
            archive = data_steps.download(settings)
            version = data_steps.split(settings, data_steps.prepare(settings, archive))
            files = Storage.from_settings(settings)
            made[way] = SimpleNamespace(settings=settings, version=version, files=files)
    return made


def rows_of(way: SimpleNamespace, name: str) -> pd.DataFrame:
    """A file of the data set in the order of the listings."""
    frame = way.files.read_frame(dataset_path(way.version, f"{name}.parquet"))
    return frame.sort_values("listing_id").reset_index(drop=True)


def fitted(way: SimpleNamespace, loss=dollar_huber):
    """The encoding of the training split, and a fit."""
    card = way.files.dataset_card(way.version)
    with training_data(way.settings, way.version, card, None) as data:
        prepared = data.prepared()
        return prepared.encoding, fit_price(prepared, PARAMETERS, ROUNDS, SEED, loss=loss)


def deadly_loss(marker: str):
    """The loss, which ends its worker once, in the fifth round."""
    rounds = []

    def loss(predicted, matrix):
        rounds.append(1)
        if len(rounds) == 5 and not os.path.exists(marker):
            with open(marker, "wb"):
                os.kill(os.getpid(), 9)
        return dollar_huber(predicted, matrix)

    return loss


@pytest.mark.parametrize("name", ["listings", *SPLITS])
def test_the_cluster_makes_the_data_set_of_one_process_row_for_row(made, name):
    assert made["cluster"].version == made["one"].version
    pd.testing.assert_frame_equal(rows_of(made["cluster"], name), rows_of(made["one"], name))


def test_both_data_sets_have_the_same_card(made):
    one, other = (way.files.dataset_card(way.version) for way in made.values())
    assert one | {"created_at": ""} == other | {"created_at": ""}


def test_the_model_of_the_cluster_is_as_good_also_when_a_worker_is_killed_midway(made, tmp_path):
    encoding, one = fitted(made["one"])
    marker = str(tmp_path / "killed")
    same, other = fitted(made["cluster"], deadly_loss(marker))
    assert os.path.exists(marker), "no worker was killed"
    assert same == encoding
    assert other.rounds == one.rounds == ROUNDS
    np.testing.assert_allclose(other.best, one.best, rtol=TOLERANCE)


def test_a_scheduler_that_is_not_there_is_named(made):
    away = made["one"].settings.model_copy(update={"dask_scheduler": "tcp://127.0.0.1:9"})
    with pytest.raises(ClusterError, match="tcp://127.0.0.1:9.*check DASK_SCHEDULER"):
        with training_data(away, made["one"].version, {}, None):
            pass


def test_without_a_scheduler_dask_is_not_imported():
    code = (
        "import sys; from vehicle_pricing import data_steps, model_steps;"
        "sys.exit('distributed' in sys.modules or 'dask.dataframe' in sys.modules)"
    )
    variables = os.environ | {"PYTHONPATH": str(ROOT / "airflow")}
    assert subprocess.run([sys.executable, "-c", code], env=variables, check=False).returncode == 0
