"""An archive of listings repeated with small changes: for the size alone, not for accuracy."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from common import pipeline

CHUNK_ROWS = 50_000
MILEAGE_STEP = 0.003
PRICE_SPREAD = 0.02
ID_STEP = 10**12


def repeat(archive: Path, target: Path, times: int) -> None:
    """Write every listing of an archive `times` times: as it is, and as other vehicles like it."""
    rng = np.random.default_rng(0)
    with (
        pipeline("archive").open_listings(archive) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("vehicles.csv", "w", force_zip64=True) as raw,
        io.TextIOWrapper(raw, encoding="utf-8", newline="") as text,
    ):
        for number, chunk in enumerate(pd.read_csv(source, dtype="str", chunksize=CHUNK_ROWS)):
            for copy in range(times):
                changed = another(chunk, copy, rng) if copy else chunk
                changed.to_csv(text, index=False, header=not (number or copy))


def another(listings: pd.DataFrame, copy: int, rng: np.random.Generator) -> pd.DataFrame:
    """The listings as vehicles of their own, for which the preparation takes them.

    Each has another id, its VIN turned by some places, a mileage larger by some thousandths and
    a price drawn within 2%. Without a mileage above nought it still counts as the first's repost.
    """
    miles = pd.to_numeric(listings["odometer"], errors="coerce")
    price = pd.to_numeric(listings["price"], errors="coerce")
    drawn = price * (1 + PRICE_SPREAD * rng.uniform(-1, 1, len(price)))
    ids = pd.to_numeric(listings["id"], errors="coerce") + copy * ID_STEP
    vins = listings["VIN"]
    return listings.assign(
        id=_whole(ids).fillna(listings["id"]),
        VIN=vins.str[copy:] + vins.str[:copy],
        odometer=_whole(np.ceil(miles * (1 + copy * MILEAGE_STEP))),
        price=_whole(drawn.round()),
    )


def _whole(numbers: pd.Series) -> pd.Series:
    return numbers.astype("Int64").astype("str")
