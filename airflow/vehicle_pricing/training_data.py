"""What one training is fitted on: splits in this process's memory, or partitions on a cluster."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pandas as pd

from vehicle_pricing import cluster
from vehicle_pricing import schema as schemas
from vehicle_pricing.features import common_spellings
from vehicle_pricing.final_fit import Known, known_rows
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage, dataset_path
from vehicle_pricing.training import Prepared, prepare_matrices


class TrainingData:
    """The training and the validation split in memory; `PartitionedData` is the same elsewhere."""

    def __init__(self, train: pd.DataFrame, validation: pd.DataFrame, schema: dict):
        self.schema, self.train_rows = schema, len(train)
        self._train, self._validation = train, validation

    def prepared(self, rows: int | None = None) -> Prepared:
        """Both splits encoded, of training's the most recent rows alone where `rows` says so."""
        train = latest(self._train, rows) if rows else self._train
        return prepare_matrices(train, self._validation, self.schema)

    def known(self) -> tuple[dict, Known]:
        """The encoding of both splits' rows together, and these encoded."""
        return known_rows(self._train, self._validation, self.schema)


@contextmanager
def training_data(
    settings: Settings, version: str, card: dict, rows: int | None
) -> Iterator[TrainingData]:
    """A data set's, of training's split at most so many of the most recent rows."""
    storage = Storage.from_settings(settings)
    with ExitStack() as stack:
        over_partitions = stack.enter_context(cluster.training(settings.dask_scheduler))
        data = in_memory(storage, version, card, rows)
        if over_partitions:
            data = over_partitions(storage, version, data.schema, rows)
        yield data


def in_memory(storage: Storage, version: str, card: dict, rows: int | None) -> TrainingData:
    """The splits read whole, with the schema of what they hold."""
    train, validation = (
        storage.read_frame(dataset_path(version, f"{split}.parquet"))
        for split in ("train", "validation")
    )
    train = latest(train, rows) if rows else train
    spelled = common_spellings(pd.concat([train, validation], ignore_index=True))
    return TrainingData(train, validation, schemas.build(spelled, card))


def latest(train: pd.DataFrame, rows: int) -> pd.DataFrame:
    """The most recent of the rows."""
    return train.sort_values("posting_date", kind="stable").tail(rows)
