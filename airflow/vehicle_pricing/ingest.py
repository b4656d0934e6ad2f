"""Streams an archive through the preparation into Parquet files, in memory that does not grow."""

import csv
import io
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from vehicle_pricing import prepare, vehicles
from vehicle_pricing.archive import Progress, open_listings
from vehicle_pricing.errors import ArchiveError, DataSetError
from vehicle_pricing.schema import FEATURE_NAMES, NUMBERS

log = logging.getLogger(__name__)

BLOCK_BYTES = 1 << 20
CHUNK_ROWS = 50_000
MOST_REJECTED_SHARE = 0.6
FEWEST_KEPT_ROWS = 500
BROKEN_LINE = "broken line"
DELIMITERS = (",", ";", "\t", "|")
SEPARATOR_LINE = re.compile('"?sep=([,;|\t])"?[,;|\t ]*', re.IGNORECASE)
HEADER_MAX_CHARACTERS = 1 << 16
TEXT = pa.string()
COLUMN_TYPES = {"posting_date": pa.timestamp("us"), "price": pa.float64()}
COLUMN_TYPES |= {name: pa.float64() for name in NUMBERS}
LISTING_SCHEMA = pa.schema([(name, COLUMN_TYPES.get(name, TEXT)) for name in prepare.CLEAN_COLUMNS])
REJECTED_SCHEMA = pa.schema([(name, TEXT) for name in (*prepare.RAW_COLUMNS, "line", "reason")])


@dataclass(frozen=True)
class Layout:
    """How the CSV of an archive is written; `skipped_rows` are those before the first listing."""

    delimiter: str
    names: list[str]
    skipped_rows: int

    @property
    def missing(self) -> list[str]:
        """Return the columns of Kaggle's data set that there are not."""
        return [name for name in prepare.RAW_COLUMNS if name not in self.names]


@dataclass
class Summary:
    """What preparing an archive came to; `vins`, `keys`, ... hold one number a kept listing."""

    rows_read: int = 0
    rows_kept: int = 0
    rejected: Counter = field(default_factory=Counter)
    filled: Counter = field(default_factory=Counter)
    vins: list[np.ndarray] = field(default_factory=list)
    keys: list[np.ndarray] = field(default_factory=list)
    driven: list[np.ndarray] = field(default_factory=list)
    ids: list[np.ndarray] = field(default_factory=list)

    @property
    def blank_columns(self) -> list[str]:
        """Features of which no kept listing has a value."""
        return [name for name in FEATURE_NAMES if not self.filled[name]]

    def add(self, kept: pd.DataFrame, rejected: pd.DataFrame) -> None:
        """Count one chunk, and note what tells its vehicles apart."""
        self.rows_read += len(kept) + len(rejected)
        self.rows_kept += len(kept)
        self.rejected.update(rejected["reason"])
        self.filled.update({name: int(kept[name].notna().sum()) for name in FEATURE_NAMES})
        self.vins.append(vehicles.hashes(kept["vin"]))
        self.keys.append(vehicles.attribute_keys(kept))
        self.driven.append(vehicles.driven(kept).to_numpy())
        self.ids.append(vehicles.hashes(kept["listing_id"]))

    def vehicle_ids(self) -> np.ndarray:
        """The vehicle of each kept listing, in their order."""
        parts = (self.vins, self.keys, self.driven, self.ids)
        return vehicles.group(*(np.concatenate(part) for part in parts))


def run(
    archive: Path,
    listings: Path,
    rejected: Path,
    not_after: pd.Timestamp | None = None,
    each: Callable = map,
) -> Summary:
    """Write the clean and the rejected listings of the archive to two Parquet files.

    `each` cleans the chunks in their order, as `map` does here or a cluster elsewhere. Raises
    ArchiveError where the archive cannot be read as listings, DataSetError where too many of them
    are turned away.
    """
    layout = read_layout(archive)
    first = listings.with_name("without_vehicles.parquet")
    summary, broken = Summary(), []
    with named_parse_errors(), open_listings(archive) as stream:
        reader = _reader(stream, layout, broken)
        with (
            parquet.ParquetWriter(first, LISTING_SCHEMA) as kept_file,
            parquet.ParquetWriter(rejected, REJECTED_SCHEMA) as rejected_file,
        ):
            cleaned = each(partial(prepare.clean, not_after=not_after), _chunks(reader))
            _keep_chunks(cleaned, summary, (kept_file, rejected_file))
            _keep_broken(broken, summary, rejected_file)
    check_enough(summary)
    _add_vehicles(first, listings, summary.vehicle_ids())
    first.unlink()
    return summary


def read_layout(archive: Path) -> Layout:
    """Return how the CSV is written, by its header; raise ArchiveError naming what that lacks."""
    with named_parse_errors(), open_listings(archive) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        lines = [text.readline(HEADER_MAX_CHARACTERS) for _ in range(2)]
        text.detach()
    named = SEPARATOR_LINE.fullmatch(lines[0].rstrip("\r\n"))  # as Excel writes and reads it
    header, skipped = (lines[1], 2) if named else (lines[0], 1)
    layouts = [
        Layout(
            delimiter, canonical_names(next(csv.reader([header], delimiter=delimiter), [])), skipped
        )
        for delimiter in (named.group(1) if named else DELIMITERS)
    ]
    layout = min(layouts, key=lambda layout: len(layout.missing))
    if layout.missing:
        raise ArchiveError(
            f"the listings lack the columns {', '.join(layout.missing)}: the first line should name"
            " those of Kaggle's data set, in any order, with , ; | or a tab between them"
        )
    return layout


def canonical_names(header: list[str]) -> list[str]:
    """Return the columns' names as Kaggle writes them: whatever capitals and blanks they have.

    Other columns keep a name of their own. Raise ArchiveError where two have the same name.
    """
    known = {_plain(name): name for name in prepare.RAW_COLUMNS}
    names = [known.get(_plain(name), f"column {place}") for place, name in enumerate(header)]
    exact = [name for name in header if name in prepare.RAW_COLUMNS]
    for place, name in enumerate(header):
        if names[place] in exact and name != names[place]:
            names[place] = f"column {place}"
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        raise ArchiveError(f"the listings have two columns {', '.join(doubled)}: leave one of each")
    return names


def _plain(name: str) -> str:
    """Return a column's name without what may differ: capitals, blanks, hyphens, underscores."""
    return re.sub(r"[\s_-]+", "", name).casefold()


@contextmanager
def named_parse_errors() -> Iterator[None]:
    """Turn what the CSV reader raises into ArchiveError."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowKeyError, csv.Error, UnicodeDecodeError) as error:
        raise ArchiveError(
            f"the listings are no CSV in UTF-8 that can be read: {error}; save it as UTF-8"
            " and run download with that"
        ) from error


def check_enough(summary: Summary) -> None:
    """Raise DataSetError where too few listings are left to be the data set it should be."""
    turned_away = summary.rows_read - summary.rows_kept
    share = turned_away / max(summary.rows_read, 1)
    if share <= MOST_REJECTED_SHARE and summary.rows_kept >= FEWEST_KEPT_ROWS:
        return
    counts = ", ".join(f"{reason}: {count:,}" for reason, count in summary.rejected.most_common())
    raise DataSetError(
        f"{turned_away:,} of {summary.rows_read:,} listings were turned away ({counts or 'none'});"
        f" at least {FEWEST_KEPT_ROWS} must be left and at most {MOST_REJECTED_SHARE:.0%} turned"
        " away: is this the right archive?"
    )


def _reader(stream, layout: Layout, broken: list[str]) -> arrow_csv.CSVStreamingReader:
    def skip(row) -> str:
        broken.append(row.text or "")
        return "skip"

    return arrow_csv.open_csv(
        stream,
        read_options=arrow_csv.ReadOptions(
            block_size=BLOCK_BYTES, skip_rows=layout.skipped_rows, column_names=layout.names
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.delimiter, newlines_in_values=True, invalid_row_handler=skip
        ),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=list(prepare.RAW_COLUMNS),
            column_types=dict.fromkeys(prepare.RAW_COLUMNS, TEXT),
            null_values=["", "nan", "NaN"],
            strings_can_be_null=True,
        ),
    )


def _chunks(reader: arrow_csv.CSVStreamingReader) -> Iterator[pd.DataFrame]:
    """Each chunk is unpacked and parsed, which holds up nothing, while the last one is cleaned."""
    frames = _frames(reader)
    with ThreadPoolExecutor(1) as beside:
        coming = beside.submit(next, frames, None)
        while (frame := coming.result()) is not None:
            coming = beside.submit(next, frames, None)
            yield frame


def _frames(reader: arrow_csv.CSVStreamingReader) -> Iterator[pd.DataFrame]:
    batches: list[pa.RecordBatch] = []
    for batch in reader:
        batches.append(batch)
        if sum(part.num_rows for part in batches) >= CHUNK_ROWS:
            yield pa.Table.from_batches(batches).to_pandas()
            batches = []
    if batches:
        yield pa.Table.from_batches(batches).to_pandas()


def _keep_chunks(cleaned: Iterator[tuple], summary: Summary, files: tuple) -> None:
    kept_file, rejected_file = files
    progress = Progress("preparing", 0, "listings read")
    for kept, rejected in cleaned:
        summary.add(kept, rejected)
        kept_file.write_table(_table(kept, LISTING_SCHEMA))
        rejected_file.write_table(_table(rejected.assign(line=None), REJECTED_SCHEMA))
        progress.reached(summary.rows_read)


def _keep_broken(broken: list[str], summary: Summary, rejected_file) -> None:
    if not broken:
        return
    summary.rows_read += len(broken)
    summary.rejected[BROKEN_LINE] += len(broken)
    frame = pd.DataFrame({"line": broken, "reason": BROKEN_LINE}, dtype="str")
    rejected_file.write_table(_table(frame.reindex(columns=REJECTED_SCHEMA.names), REJECTED_SCHEMA))


def _table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)


def _add_vehicles(first: Path, listings: Path, vehicle_ids: np.ndarray) -> None:
    source, start = parquet.ParquetFile(first), 0
    schema = LISTING_SCHEMA.insert(1, pa.field("vehicle_id", TEXT))
    with source, parquet.ParquetWriter(listings, schema) as target:
        for number in range(source.num_row_groups):
            group = source.read_row_group(number)
            ids = pa.array(vehicle_ids[start : start + group.num_rows], TEXT)
            target.write_table(group.add_column(1, schema.field(1), ids))
            start += group.num_rows
