"""The connection to a Dask cluster, and work on its workers in the order of what it is done on."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import dask.config
import distributed

from vehicle_pricing.addresses import without_credentials
from vehicle_pricing.errors import ClusterError
from vehicle_pricing.model_card import sources_revision

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10
CHECK = "check DASK_SCHEDULER, and that the scheduler and its workers run"
AHEAD = 2  # pieces of work that a worker has before it
CONFIG = {
    # Work travels with what it is done on, so that a worker's can be done again by another.
    "distributed.admin.large-graph-warning-threshold": "1 GB",
    "distributed.comm.timeouts.connect": f"{CONNECT_SECONDS}s",
    "dataframe.convert-string": False,
}


@contextmanager
def connected(scheduler: str) -> Iterator[distributed.Client]:
    """A client of the cluster, of which at least one worker is there and has this code.

    Raises ClusterError where it cannot be reached, or ends the work that it took.
    """
    with dask.config.set(CONFIG), _client(scheduler) as client:
        check_same_code(client)
        log.info(
            "work goes to %d Dask workers at %s",
            len(workers(client)),
            without_credentials(scheduler),
        )
        try:
            yield client
        except distributed.KilledWorker as error:
            advice = "give the workers more memory, or see their logs"
            raise ClusterError(
                f"work ended the workers that took it ({error}): {advice}"
            ) from error
        except (distributed.comm.CommClosedError, distributed.CancelledError) as error:
            raise ClusterError(f"the Dask cluster is lost ({error}): {CHECK}") from error


def _client(scheduler: str) -> distributed.Client:
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError(f"no Dask scheduler at {scheduler} ({error}): {CHECK}") from error
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError as error:
        client.close()
        raise ClusterError(f"the Dask scheduler at {scheduler} has no worker: {CHECK}") from error
    return client


def check_same_code(client: distributed.Client) -> None:
    """Raise ClusterError unless every worker has this package as it stands here."""
    own, advice = sources_revision(), "start them from the same image or checkout as this"
    try:
        found = client.run(sources_revision)
    except ImportError as error:
        raise ClusterError(f"Dask workers lack this pipeline's code ({error}): {advice}") from error
    others = [address for address, revision in found.items() if revision != own]
    if others:
        raise ClusterError(f"other code of the pipeline is on {', '.join(others)}: {advice}")


def workers(client: distributed.Client) -> set[str]:
    """The addresses of the workers that are there."""
    return set(client.scheduler_info(n_workers=-1)["workers"])


def each(client: distributed.Client, function: Callable, items: Iterable) -> Iterator:
    """As `map`, by the workers: only as many of the items are on their way as these can take."""
    waiting: deque[distributed.Future] = deque()
    for item in items:
        waiting.append(client.submit(function, item, pure=False))
        if len(waiting) > AHEAD * len(workers(client)):
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
