"""Train, validation and test by time, with no vehicle in two of them."""

import hashlib
from functools import lru_cache

import numpy as np
import pandas as pd

from vehicle_pricing.errors import DataSetError
from vehicle_pricing.other_names import model_words

SPLITS = ("train", "validation", "test")
SHARES = (0.70, 0.15, 0.15)
PARAMETERS = {
    "shares": list(SHARES),
    "by": "posting_date",
    "one_row_a_vehicle": "latest",
    "feedback_share_of": ["split", "model"],
}


def by_time(listings: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The earliest listings for training, then validation, then test; one row a vehicle in each.

    A vehicle that an earlier split has is left out of the later ones. Needs listing_id,
    vehicle_id and posting_date; raises DataSetError where a split would be empty.
    """
    order = listings.sort_values(["posting_date", "listing_id"]).index
    number = np.searchsorted(cuts(len(order)), np.arange(len(order)), side="right")
    frames = apart(listings, pd.Series(number, index=order))
    check_filled({name: len(frame) for name, frame in frames.items()}, len(listings))
    return frames


def apart(listings: pd.DataFrame, number: pd.Series) -> dict[str, pd.DataFrame]:
    """The splits by the number (0, 1, 2) of each row: the latest row of a vehicle, in its first."""
    order = listings[["vehicle_id", "posting_date", "listing_id"]].assign(split=number)
    order = order.sort_values(["posting_date", "listing_id"])
    first = order.groupby("vehicle_id")["split"].transform("min")
    chosen = order[order["split"] == first].drop_duplicates("vehicle_id", keep="last")
    return {
        name: listings.loc[chosen.index[chosen["split"] == index]].reset_index(drop=True)
        for index, name in enumerate(SPLITS)
    }


def place_feedback(
    splits: dict[str, pd.DataFrame], feedback: pd.DataFrame, most_share: float
) -> dict[str, pd.DataFrame]:
    """The splits with labelled feedback added, marked in the column `feedback`.

    A vehicle that a split has already goes there and takes the old row's place; the others go
    by a hash of the vehicle, 70/15/15. At most `most_share` of a split is feedback, and of the
    rows of any one model in it: the latest. So a crowd of listings of one model cannot outweigh
    what the archive knows of it.
    """
    latest = latest_of(feedback)
    home = homes({name: frame["vehicle_id"] for name, frame in splits.items()}, latest)
    return {
        name: _joined(frame, latest[(home == name).to_numpy()], most_share)
        for name, frame in splits.items()
    }


def latest_of(feedback: pd.DataFrame) -> pd.DataFrame:
    """The latest row of each vehicle."""
    latest = feedback.sort_values(["posting_date", "listing_id"])
    return latest.drop_duplicates("vehicle_id", keep="last")


def split_of(vehicle_id: str) -> str:
    """The split of a vehicle by the hash of its id."""
    number = int(hashlib.sha256(vehicle_id.encode()).hexdigest()[:8], 16) / 16**8
    return SPLITS[int(np.searchsorted(np.cumsum(SHARES)[:-1], number, side="right"))]


def cuts(count: int) -> np.ndarray:
    """The places, of so many listings in the order of time, where the next split begins."""
    return np.round(np.cumsum(SHARES)[:-1] * count).astype(int)


def check_filled(sizes: dict[str, int], count: int) -> None:
    """Raise DataSetError where a split is empty."""
    empty = [name for name, size in sizes.items() if not size]
    if empty:
        raise DataSetError(
            f"of {count:,} listings none is left for {' and '.join(empty)}: each split needs at"
            " least one vehicle that no earlier one has, so at least 7 listings of different"
            " vehicles, and new ones among the latest"
        )


def homes(standing: dict[str, pd.Series], feedback: pd.DataFrame) -> pd.Series:
    """The split that each row of feedback goes to; `standing`: the vehicles of each."""
    vehicle_ids = feedback["vehicle_id"]
    home = vehicle_ids.map(split_of).astype(object)
    for name, own in standing.items():
        home = home.mask(vehicle_ids.isin(own), name)
    return home


def _joined(frame: pd.DataFrame, feedback: pd.DataFrame, most_share: float) -> pd.DataFrame:
    added = within_share(kinds(frame).value_counts(), feedback, most_share)
    stays = beside(frame, added)
    if added.empty:
        return stays
    return pd.concat([stays, added[frame.columns].assign(feedback=True)], ignore_index=True)


def beside(frame: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """A split's own rows but those in whose place feedback comes."""
    stays = frame[~frame["vehicle_id"].isin(added["vehicle_id"])]
    return stays.assign(feedback=False).reset_index(drop=True)


def within_share(own: pd.Series, feedback: pd.DataFrame, most_share: float) -> pd.DataFrame:
    """The latest of the feedback for which there is room beside a split's own rows of each kind."""
    if most_share >= 1:
        return feedback
    rooms = _rooms(own, feedback, most_share / (1 - most_share))
    newer = feedback.groupby(rooms["kind"]).cumcount(ascending=False)
    kept = feedback[(newer < rooms["room"]).to_numpy()]
    room = int(own.sum() * most_share / (1 - most_share))
    return kept.tail(room) if room else kept.head(0)


def _rooms(by_model: pd.Series, feedback: pd.DataFrame, ratio: float) -> pd.DataFrame:
    """The kind of each row of feedback, a model, and how many rows of that kind there may be.

    The models of a make that the split does not know are one kind, as large as the make.
    """
    asked = kinds(feedback)
    make = asked.str.split("|").str[0]
    by_make = by_model.groupby(by_model.index.str.split("|").str[0]).sum()
    known = asked.isin(by_model.index)
    rows = asked.map(by_model).where(known, make.map(by_make)).fillna(0)
    return pd.DataFrame({"kind": asked.where(known, make), "room": np.ceil(rows * ratio)})


def kinds(listings: pd.DataFrame) -> pd.Series:
    """`make|model`, the model without its trim: the first word of it."""
    makes, models = (listings[name].astype(object) for name in ("manufacturer", "model"))
    pairs = zip(makes.where(makes.notna(), ""), models.where(models.notna(), ""))
    named = [f"{make}|{first_word(model, make)}" for make, model in pairs]
    return pd.Series(named, index=listings.index, dtype="str")


@lru_cache(maxsize=65_536)
def first_word(model: str, make: str) -> str:
    """Return the first of a model's words; empty where it has none."""
    return "".join(model_words(model, make)[:1])
