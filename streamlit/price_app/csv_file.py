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
OTHER_DELIMITERS = (";", "\t")
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
    delimiter: str
    rows: int
    errors: tuple[RowError, ...]


def pieces_of(text: str, rows_a_piece: int = ROWS_A_PIECE) -> Iterator[list[list[str]]]:
    """The table in runs of rows, each with the header before it; CsvUnreadable for what is none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
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
    rows = sum(len(piece) - 1 for piece in pieces_of(decoded(content)))
    if not rows:
        raise CsvUnreadable("it has no rows under its header.")
    return rows


def priced(
    content: bytes, price_piece: Callable[[bytes], str], tell: Callable[[int], None]
) -> PricedTable:
    """Send the table piece by piece; `tell` hears how many rows are done after each."""
    source, result, errors, done = decoded(content), io.StringIO(), [], 0
    delimiter = delimiter_of(source)
    for piece in pieces_of(source):
        answer = _rows_of(price_piece(_as_csv(piece, delimiter).encode()), delimiter)
        if len(answer) != len(piece):
            raise UnexpectedAnswer(f"{len(answer) - 1} rows for {len(piece) - 1}")
        errors += _errors(answer, done)
        result.write(_as_csv(answer if not done else answer[1:], delimiter))
        done += len(piece) - 1
        tell(done)
    return PricedTable(result.getvalue(), delimiter, done, tuple(errors))


def delimiter_of(text: str) -> str:
    """A comma, unless the first line has none and has another usual delimiter."""
    line = text.partition("\n")[0]
    if "," in line:
        return ","
    return next((found for found in OTHER_DELIMITERS if found in line), ",")


def template(names: list[str]) -> str:
    """An empty table with the columns that the model knows."""
    return _as_csv([names])


def decoded(content: bytes) -> str:
    """The file's text; CsvUnreadable where it is not in UTF-8."""
    try:
        return content.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError as error:
        raise CsvUnreadable("it is not in UTF-8. Save it as “CSV UTF-8”.") from error


def _errors(answer: list[list[str]], rows_before: int) -> list[RowError]:
    header, rows = answer[0], answer[1:]
    if tuple(header[-len(ADDED_COLUMNS) :]) != ADDED_COLUMNS:
        raise UnexpectedAnswer("a table without the price columns")
    return [
        RowError(rows_before + number, row[-1])
        for number, row in enumerate(rows, start=1)
        if row[-1]
    ]


def _rows_of(text: str, delimiter: str) -> list[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [row for row in rows if row]


def _as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()
