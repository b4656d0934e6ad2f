"""Encoded rows on the workers of a Dask cluster, and boosters that `xgboost.dask` fits on them."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock

import dask.array
import distributed
import numpy as np
import xgboost
from xgboost import collective
from xgboost import dask as xgboost_on_dask

from vehicle_pricing.dask_cluster import CONNECT_SECONDS, workers
from vehicle_pricing.dask_rows import (
    Part,
    PartitionedRows,
    encoded_as_served,
    encoded_fold,
    packed,
)
from vehicle_pricing.questions import asked_rows
from vehicle_pricing.serving_model import Encoder
from vehicle_pricing.storage import Storage, dataset_path
from vehicle_pricing.training import METRIC, Prepared, boost, check_enough, weights_of

log = logging.getLogger(__name__)

ATTEMPTS = 3
# What is raised depends on the moment in which a worker ends.
LOST = (
    *(xgboost.core.XGBoostError, ValueError, RuntimeError, AssertionError),
    distributed.CancelledError,
)


@dataclass(frozen=True)
class Block:
    """Encoded rows on a worker, all of one fold; their log prices and weights are here too."""

    rows: distributed.Future
    log_price: np.ndarray
    weight: np.ndarray
    fold: int = 0


class PartitionedKnown:
    """Known rows on a cluster; the methods are those of `final_fit.Known`."""

    def __init__(self, client: distributed.Client, blocks: list[Block], columns: int):
        self.client, self.blocks, self.columns = client, blocks, columns
        self.log_price = np.concatenate([block.log_price for block in blocks])
        self.weight = np.concatenate([block.weight for block in blocks])
        sizes = [len(block.log_price) for block in blocks]
        self.folds = np.repeat([block.fold for block in blocks], sizes)

    def without(self, fold: int) -> "PartitionedKnown":
        """All but a fold."""
        return self._of([block for block in self.blocks if block.fold != fold])

    def only(self, fold: int) -> "PartitionedKnown":
        """A fold."""
        return self._of([block for block in self.blocks if block.fold == fold])

    def matrix(self, ref: "PartitionedMatrix | None" = None) -> "PartitionedMatrix":
        """As `boost` takes it."""
        return PartitionedMatrix(self, ref)

    def predict(self, booster: xgboost.Booster) -> np.ndarray:
        """What the booster says of each row."""
        there = self.client.submit(_same, booster, pure=False)
        found = [
            self.client.submit(_predicted, there, block.rows, pure=False) for block in self.blocks
        ]
        return np.concatenate(self.client.gather(found))

    def around(self, log_prices: np.ndarray) -> "PartitionedKnown":
        """The rows with a predicted log price each, and how far the known one is from it."""
        blocks, start = [], 0
        for block in self.blocks:
            own = log_prices[start : start + len(block.log_price)]
            start += len(own)
            rows = self.client.submit(_beside, block.rows, own, pure=False)
            blocks.append(replace(block, rows=rows, log_price=block.log_price - own))
        return PartitionedKnown(self.client, blocks, self.columns + 1)

    def _of(self, blocks: list[Block]) -> "PartitionedKnown":
        return PartitionedKnown(self.client, blocks, self.columns)


@dataclass(frozen=True)
class PartitionedMatrix:
    """Known rows as XGBoost is to take them on the workers, once for each fit."""

    known: PartitionedKnown
    ref: "PartitionedMatrix | None" = None

    def get_label(self) -> np.ndarray:
        """The log prices."""
        return self.known.log_price.astype(np.float32)

    def get_weight(self) -> np.ndarray:
        """What each row counts in a fit."""
        return self.known.weight.astype(np.float32)

    def num_row(self) -> int:
        """How many rows there are."""
        return len(self.known.log_price)

    def on_workers(self, ref=None) -> xgboost_on_dask.DaskQuantileDMatrix:
        """The matrix of now: what a worker took with it when it ended is encoded again."""
        client, columns = self.known.client, self.known.columns
        sizes = [len(block.log_price) for block in self.known.blocks]
        rows = [
            dask.array.from_delayed(block.rows, (size, columns), np.float32)
            for block, size in zip(self.known.blocks, sizes)
        ]
        label, weight = (
            dask.array.from_array(column, chunks=(tuple(sizes),))
            for column in (self.get_label(), self.get_weight())
        )
        return xgboost_on_dask.DaskQuantileDMatrix(
            client, dask.array.concatenate(rows), label, weight=weight, ref=ref
        )


@boost.register
def boost_on_workers(
    matrix: PartitionedMatrix, parameters: dict, rounds: int, *, evals_result=None, **options
) -> xgboost.Booster:
    """`xgboost.dask.train`, begun again where a worker ends: XGBoost itself cannot go on then.

    Each worker uses the threads it has.
    """
    client, history = matrix.known.client, {} if evals_result is None else evals_result
    parameters = {name: value for name, value in parameters.items() if name != "nthread"}
    for attempt in range(1, ATTEMPTS + 1):
        before = workers(client)
        try:
            found = _trained(client, matrix, parameters, rounds, **options)
            break
        except LOST as error:
            if attempt == ATTEMPTS or not _lost_one(client, before):
                raise
            log.warning("a Dask worker was lost in a fit, which is begun again: %r", error)
    history.update(found["history"])
    return found["booster"]


def _trained(client, matrix: PartitionedMatrix, parameters: dict, rounds: int, **options) -> dict:
    """One attempt of a fit. Of the callbacks the early stop goes along: others live here."""
    train = matrix.on_workers()
    evals = [(held_out.on_workers(ref=train), name) for held_out, name in options.get("evals", ())]
    stops = [
        callback
        for callback in options.get("callbacks", ())
        if isinstance(callback, xgboost.callback.EarlyStopping)
    ]
    metric = options.get("custom_metric")
    return xgboost_on_dask.train(
        client,
        parameters,
        train,
        rounds,
        evals=evals,
        obj=options.get("obj"),
        custom_metric=metric and partial(over_all, metric),
        callbacks=stops,
        verbose_eval=False,
    )


def over_all(metric: Callable, predicted: np.ndarray, matrix: xgboost.DMatrix) -> tuple[str, float]:
    """The metric of the rows of all workers: XGBoost's own is the mean of the workers' means."""
    weight = float(weights_of(matrix).sum())
    name, value = metric(predicted, matrix) if weight else (METRIC, 0.0)
    sums = np.array([value * weight, weight], dtype=np.float64)
    total, count = collective.allreduce(sums, collective.Op.SUM)
    return name, float(total / count)


def _lost_one(client: distributed.Client, before: set[str]) -> bool:
    """Whether a worker ended; waits then until there is one."""
    if before <= workers(client):
        return False
    client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    return True


class PartitionedData:
    """The training and the validation split as row groups of their files, read by the workers.

    The methods are those of `training_data.TrainingData`.
    """

    def __init__(
        self,
        client: distributed.Client,
        storage: Storage,
        version: str,
        schema: dict,
        rows: int | None,
    ):
        self.client, self.schema, self._lock = client, schema, Lock()
        self._groups = {
            name: _Groups(storage, dataset_path(version, f"{name}.parquet"))
            for name in ("train", "validation")
        }
        self.train_rows = min(rows or self._groups["train"].rows, self._groups["train"].rows)

    def prepared(self, rows: int | None = None) -> Prepared:
        """Both splits encoded on the workers, of training's the most recent rows alone."""
        validation = self._groups["validation"]
        check_enough(rows or self.train_rows, validation.rows)
        with self._lock:  # the encoders of two of them would be in each other's place
            encoding, train = self._encoded(self._groups["train"].latest(rows or self.train_rows))
            held_out = self._as_served(validation.latest(), encoding)
            distributed.wait([block.rows for block in (*train.blocks, *held_out.blocks)])
        matrix, names = train.matrix(), Encoder(encoding).names
        return Prepared(encoding, names, matrix, held_out.matrix(ref=matrix))

    def known(self) -> tuple[dict, PartitionedKnown]:
        """The encoding of both splits' rows together, and these encoded."""
        train = self._groups["train"].latest(self.train_rows)
        return self._encoded(train + self._groups["validation"].latest())

    def _encoded(self, parts: list[Part]) -> tuple[dict, PartitionedKnown]:
        rows = PartitionedRows(self.client, parts, self.schema)
        encodings, blocks = rows.encodings(), []
        whole = next(encodings)
        for fold, encoding in enumerate(encodings):
            there = self._there(encoding)
            for part, looked in zip(parts, rows.looked):
                inside = looked.asked.of(looked.folds) == fold
                if inside.any():
                    one = self.client.submit(
                        encoded_fold, part, fold, self.schema, there, pure=False
                    )
                    asked = looked.asked
                    told = asked.of(looked.log_price), asked.weight
                    blocks.append(Block(one, *(column[inside] for column in told), fold))
        return whole, PartitionedKnown(self.client, blocks, len(Encoder(whole).names))

    def _as_served(self, parts: list[Part], encoding: dict) -> PartitionedKnown:
        there, blocks = self._there(encoding), []
        asked = self.client.map(_asked, parts, [self.schema] * len(parts), pure=False)
        for part, columns in zip(parts, self.client.gather(asked)):
            one = self.client.submit(encoded_as_served, part, self.schema, there, pure=False)
            blocks.append(Block(one, *columns))
        return PartitionedKnown(self.client, blocks, len(Encoder(encoding).names))

    def _there(self, encoding: dict) -> distributed.Future:
        return self.client.submit(_same, packed(encoding), pure=False)


class _Groups:
    """The row groups of a split's file."""

    def __init__(self, storage: Storage, path: str):
        self._storage, self._path = storage, path
        self._sizes = storage.row_groups(path)
        self.rows = sum(self._sizes)

    def latest(self, rows: int | None = None) -> list[Part]:
        """The parts with the most recent rows; with all, where it is not said how many."""
        chosen = np.ones(self.rows, bool)
        if rows and rows < self.rows:
            posted = self._storage.read_frame(self._path, ["posting_date"])["posting_date"]
            chosen[posted.argsort(kind="stable")[: self.rows - rows]] = False
        pieces = np.split(chosen, np.cumsum(self._sizes)[:-1])
        return [
            Part(self._storage, self._path, group, piece)
            for group, piece in enumerate(pieces)
            if piece.any()
        ]


def _asked(part: Part, schema: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return log price and weight of each of the part's rows as people ask."""
    frame = part.read()
    asked = asked_rows(frame, schema)
    return asked.of(np.log(frame["price"].to_numpy(float))), asked.weight


def _predicted(booster: xgboost.Booster, rows: np.ndarray) -> np.ndarray:
    return booster.inplace_predict(rows)


def _beside(rows: np.ndarray, log_prices: np.ndarray) -> np.ndarray:
    return np.column_stack([rows, log_prices]).astype(np.float32)


def _same(value):
    """What was sent to the workers, so that it can be sent again."""
    return value
