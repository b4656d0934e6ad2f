"""Who does the heavy work: this process, or the Dask cluster that DASK_SCHEDULER names.

Dask is imported where a cluster is named and nowhere else: it costs time and memory.
"""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType


@contextmanager
def mapping(scheduler: str) -> Iterator[Callable]:
    """`map`, or the same over the cluster."""
    if not scheduler:
        yield map
        return
    dask = _loaded("dask_cluster")
    with dask.connected(scheduler) as client:
        yield partial(dask.each, client)


@contextmanager
def splitting(scheduler: str) -> Iterator[Callable | None]:
    """What writes the splits over the cluster; None where there is none."""
    if not scheduler:
        yield None
        return
    with _loaded("dask_cluster").connected(scheduler) as client:
        yield partial(_loaded("dask_split").write_splits, client)


@contextmanager
def training(scheduler: str) -> Iterator[Callable | None]:
    """What makes the data of a training over the cluster; None where there is none."""
    if not scheduler:
        yield None
        return
    with _loaded("dask_cluster").connected(scheduler) as client:
        yield partial(_loaded("dask_training").PartitionedData, client)


def _loaded(module: str) -> ModuleType:
    return importlib.import_module(f"vehicle_pricing.{module}")
