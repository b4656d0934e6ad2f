"""A visitor's CSV, sent in pieces and put together again with its prices."""

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from price_app.errors import CsvUnreadable, UnexpectedAnswer

# Small enough for a bar that moves and for the service's limit on bodies.
ROWS_A_PIECE = 500
ADDED_COLUMNS = ("predicted_price", "low", "high", "error")
BOM = "\ufeff"


@dataclass(frozen=True)
class RowError:
    """A row that got no price: its number (the first under the header is 1) and why."""

    row: int
    message: str


@dataclass(frozen=True)
class PricedTable:
    """The visitor's table with the price columns, and what went wrong by row."""

    text: str
    rows: int
    errors: tuple[RowError, ...]


def pieces_of(content: bytes, rows_a_piece: int = ROWS_A_PIECE) -> Iterator[list[list[str]]]:
    """The table in runs of rows, each with the header before it; CsvUnreadable for what is none."""
    reader = csv.reader(io.StringIO(_decoded(content), newline=""))
    try:
        header = next(reader, [])
        if not any(header):
            raise CsvUnreadable("it has no header.")
        rows = (row for row in reader if row)
        while piece := list(itertools.islice(rows, rows_a_piece)):
            yield [header, *piece]
    except csv.Error as error:
        raise CsvUnreadable(f"line {reader.line_num}: {error}.") from error


def count_rows(content: bytes) -> int:
    """Rows under the header; CsvUnreadable where there are none."""
    rows = sum(len(piece) - 1 for piece in pieces_of(content))
    if not rows:
        raise CsvUnreadable("it has no rows under its header.")
    return rows


def priced(
    content: bytes, price_piece: Callable[[bytes], str], tell: Callable[[int], None]
) -> PricedTable:
    """Send the table piece by piece; `tell` hears how many rows are done after each."""
    text, errors, done = io.StringIO(), [], 0
    for piece in pieces_of(content):
        answer = _rows_of(price_piece(_as_csv(piece).encode()))
        if len(answer) != len(piece):
            raise UnexpectedAnswer(f"{len(answer) - 1} rows for {len(piece) - 1}")
        errors += _errors(answer, done)
        text.write(_as_csv(answer if not done else answer[1:]))
        done += len(piece) - 1
        tell(done)
    return PricedTable(text.getvalue(), done, tuple(errors))


def template(names: list[str]) -> str:
    """An empty table with the columns that the model knows."""
    return _as_csv([names])


def _errors(answer: list[list[str]], rows_before: int) -> list[RowError]:
    header, rows = answer[0], answer[1:]
    if "error" not in header:
        raise UnexpectedAnswer("a table without the column 'error'")
    # The last one: a visitor's own column may carry the name too.
    place = len(header) - 1 - header[::-1].index("error")
    return [
        RowError(rows_before + number, row[place])
        for number, row in enumerate(rows, start=1)
        if len(row) > place and row[place]
    ]


def _rows_of(text: str) -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(text, newline="")) if row]


def _as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError as error:
        raise CsvUnreadable("it is not in UTF-8. Save it as “CSV UTF-8”.") from error
