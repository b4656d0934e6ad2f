"""The splits of a data set made over a Dask cluster: the rows of `split`, a partition at a time."""

from collections.abc import Callable, Iterator
from functools import partial

import dask
import dask.dataframe
import distributed
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from vehicle_pricing import split as splitting
from vehicle_pricing import vehicles
from vehicle_pricing.dask_cluster import each
from vehicle_pricing.split import SPLITS
from vehicle_pricing.storage import Storage, dataset_path

Border = tuple[pd.Timestamp, str]


def write_splits(client: distributed.Client, storage: Storage, version: str, share: float) -> dict:
    """Write the splits; the dates of the listings, and how many vehicles they show."""
    pieces = _row_groups(storage, dataset_path(version, "listings.parquet"))
    feedback = storage.read_frame(dataset_path(version, "feedback.parquet"))
    dates, known = _overview(client, *pieces, vehicles.attribute_keys(feedback))
    feedback = splitting.latest_of(vehicles.with_vehicles(feedback, known))
    frames = _by_vehicle(client, *pieces, _borders(client, *pieces, dates))
    own, standing = _kinds(client, frames, feedback["vehicle_id"])
    splitting.check_filled({name: kinds.sum() for name, kinds in own.items()}, dates.sum())
    home = splitting.homes(standing, feedback)
    for name in SPLITS:
        asked = feedback[(home == name).to_numpy()]
        rows = _rows(client, frames, name, splitting.within_share(own[name], asked, share))
        _write(storage, dataset_path(version, f"{name}.parquet"), rows)
    return _posted(dates) | {"vehicles": int(sum(kinds.sum() for kinds in own.values()))}


def _posted(dates: pd.Series) -> dict[str, str]:
    """The first and the last day of postings."""
    ends = {"from": dates.index.min(), "to": dates.index.max()}
    return {end: time.date().isoformat() for end, time in ends.items()}


def _row_groups(storage: Storage, path: str) -> tuple[Callable, range]:
    """What reads one of a file's row groups, and their numbers."""
    return partial(storage.read_row_group, path), range(len(storage.row_groups(path)))


def _kinds(client, frames: list, wanted: pd.Series) -> tuple[dict, dict]:
    """Split → its rows of each kind; split → those of the vehicles in question."""
    counts = client.gather(client.map(partial(_counted, wanted=wanted), frames, pure=False))
    own = {name: _sum(part[name]["kinds"] for part in counts) for name in SPLITS}
    return own, {name: pd.concat([part[name]["standing"] for part in counts]) for name in SPLITS}


def _overview(
    client, read: Callable, groups: range, keys: np.ndarray
) -> tuple[pd.Series, pd.Series]:
    """Listings of each time of posting, and the vehicles of the attribute keys in question."""

    def look(group: int) -> tuple[pd.Series, pd.Series]:
        listings = read(group)
        known = vehicles.by_attributes(listings)
        return listings["posting_date"].value_counts(), known[known.index.isin(keys)]

    dates, known = zip(*client.gather(client.map(look, groups, pure=False)))
    known = pd.concat(known)
    return _sum(dates), known[~known.index.duplicated()]


def _borders(client, read: Callable, groups: range, dates: pd.Series) -> list[Border]:
    """The first listing, by time and id, of the second and of the third split."""
    ends = dates.cumsum()
    places = splitting.cuts(dates.sum())
    times = [dates.index[ends.searchsorted(place, side="right")] for place in places]

    def ids(group: int) -> pd.DataFrame:
        listings = read(group, columns=["posting_date", "listing_id"])
        return listings[listings["posting_date"].isin(times)]

    found = pd.concat(client.gather(client.map(ids, groups, pure=False)))
    borders = []
    for place, time in zip(places, times):
        same = found.loc[found["posting_date"] == time, "listing_id"].sort_values()
        borders.append((time, same.iloc[place - (ends[time] - dates[time])]))
    return borders


def _by_vehicle(client, read: Callable, groups: range, borders: list[Border]) -> list:
    """Futures of the splits, each of some of the vehicles: all listings of one are together."""

    def numbered(group: int) -> pd.DataFrame:
        listings = read(group)
        posted, ids = listings["posting_date"], listings["listing_id"]
        after = [(posted > time) | ((posted == time) & (ids >= first)) for time, first in borders]
        return listings.assign(split=sum(part.astype("int64") for part in after))

    frame = dask.dataframe.from_map(numbered, list(groups), meta=numbered(0).head(0))
    parts = frame.shuffle("vehicle_id", npartitions=len(groups)).to_delayed()
    return client.compute([dask.delayed(_apart)(part) for part in parts])


def _apart(listings: pd.DataFrame) -> dict[str, pd.DataFrame]:
    listings = listings.reset_index(drop=True)
    return splitting.apart(listings.drop(columns="split"), listings["split"])


def _counted(frames: dict[str, pd.DataFrame], wanted: pd.Series) -> dict[str, dict]:
    """What placing the feedback needs to know of each split."""
    return {
        name: {
            "kinds": splitting.kinds(frame).value_counts(),
            "standing": frame.loc[frame["vehicle_id"].isin(wanted), "vehicle_id"],
        }
        for name, frame in frames.items()
    }


def _sum(counts) -> pd.Series:
    """Counts of the same things added up, in the order of the things."""
    return pd.concat(list(counts)).groupby(level=0).sum()


def _rows(client, frames: list, name: str, added: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """A split's own rows, then the feedback in it."""

    def own(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
        return splitting.beside(parts[name], added)

    columns = None
    for rows in each(client, own, frames):
        columns = rows.columns
        yield rows
    if not added.empty:
        yield added.assign(feedback=True)[columns]


def _write(storage: Storage, path: str, parts: Iterator[pd.DataFrame]) -> None:
    """Keep the parts as the row groups of one Parquet file."""
    first = next(parts)
    schema = pa.Schema.from_pandas(first, preserve_index=False)
    with storage.writing(path) as file, parquet.ParquetWriter(file, schema) as writer:
        writer.write_table(pa.Table.from_pandas(first, schema, preserve_index=False))
        for part in parts:
            writer.write_table(pa.Table.from_pandas(part, schema, preserve_index=False))
