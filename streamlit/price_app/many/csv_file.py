"""A visitor's CSV file: read as a stream, as often as needed, so that it is in memory once."""

import contextlib
import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from price_app.errors import CsvUnreadable

# What the service adds to a table.
ADDED_COLUMNS = ("predicted_price", "low", "high", "error")
OTHER_DELIMITERS = (";", "\t")
FIRST_ROWS = 5
MOST_CHARACTERS_OF_HEADER = 2**16


@dataclass(frozen=True)
class CsvFile:
    """A table known to be readable to its end; `first` are its first rows."""

    content: bytes
    delimiter: str
    header: tuple[str, ...]
    rows: int
    first: tuple[tuple[str, ...], ...]

    def pieces(self, start: int, rows_a_piece: int) -> Iterator[list[list[str]]]:
        """The rows from number `start` (the first is 0) on, in lists of bounded length."""
        rows = itertools.islice(rows_of(self.content, self.delimiter), start + 1, None)
        while piece := list(itertools.islice(rows, rows_a_piece)):
            yield piece


def opened(content: bytes) -> CsvFile:
    """Read the table through once; raises CsvUnreadable for what is none."""
    delimiter = delimiter_of(content)
    rows = rows_of(content, delimiter)
    header = tuple(next(rows, []))
    if not any(header):
        raise CsvUnreadable("it has no header.")
    if taken := [name for name in ADDED_COLUMNS if name in header]:
        raise CsvUnreadable(f"it already has the column {taken[0]}: rename or remove it.")
    first = tuple(tuple(row) for row in itertools.islice(rows, FIRST_ROWS))
    if not first:
        raise CsvUnreadable("it has no rows under its header.")
    return CsvFile(content, delimiter, header, len(first) + sum(1 for _ in rows), first)


def rows_of(content: bytes, delimiter: str) -> Iterator[list[str]]:
    """Header and rows, without blank lines; raises CsvUnreadable where they cannot be read."""
    reader = csv.reader(_text_of(content), delimiter=delimiter, strict=True)
    with _told_plainly():
        try:
            yield from (row for row in reader if row)
        except csv.Error as error:
            raise CsvUnreadable(f"line {reader.line_num}: {error}.") from error


def delimiter_of(content: bytes) -> str:
    """A comma, unless the first line has none and has another usual delimiter."""
    with _told_plainly():
        line = _text_of(content).readline(MOST_CHARACTERS_OF_HEADER)
    if "," in line:
        return ","
    return next((found for found in OTHER_DELIMITERS if found in line), ",")


def as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    """The rows as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def template(names: list[str]) -> str:
    """An empty table with the columns that the model knows."""
    return as_csv([names])


def _text_of(content: bytes) -> io.TextIOWrapper:
    # BytesIO shares the bytes with whoever else holds them.
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")


@contextlib.contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise CsvUnreadable("it is not in UTF-8. Save it as “CSV UTF-8”.") from error
