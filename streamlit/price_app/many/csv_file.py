"""A visitor's CSV file: read as a stream, as often as needed, so that it is in memory once."""

import contextlib
import csv
import io
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from price_app.errors import CsvUnreadable, UnexpectedAnswer

# What the service adds to a table; one of before adds no warnings.
ADDED_COLUMNS = ("predicted_price", "low", "high", "error", "warnings")
PRICE, ERROR, WARNINGS = (
    ADDED_COLUMNS.index(name) for name in ("predicted_price", "error", "warnings")
)
# Without it Excel takes a table in UTF-8 for one in the machine's own characters.
BYTE_ORDER_MARK = "\ufeff"
FIRST_ROWS = 5


@dataclass(frozen=True)
class Layout:
    """How a table is to be read, as the service says: `POST /predict/csv/columns`.

    `columns` gives the column that holds a field by the field's name; `hints` what the whole
    column says of a number's writing, by parameter of the service and field.
    """

    delimiter: str = ","
    skipped_lines: int = 0
    columns: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    hints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, answer: Any) -> "Layout":
        """Return what the service answered; raises UnexpectedAnswer where it is not that."""
        try:
            return cls(
                delimiter=str(answer["delimiter"]),
                skipped_lines=int(answer["skipped_lines"]),
                columns={str(name): int(n) for name, n in answer["columns"].items()},
                notes=tuple(map(str, answer.get("notes", ()))),
                hints={name: dict(answer.get(name) or {}) for name in ("thousands", "units")},
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UnexpectedAnswer(f"a table's columns that lack or garble {error}") from error


@dataclass(frozen=True)
class CsvFile:
    """A table known to be readable to its end; `first` are its first rows.

    `rows` counts all of them, `empty_rows` those among them in which nothing stands.
    """

    content: bytes
    layout: Layout
    header: tuple[str, ...]
    rows: int
    empty_rows: int
    first: tuple[tuple[str, ...], ...]

    def pieces(self, start: int, rows_a_piece: int) -> Iterator[list[list[str]]]:
        """Yield the rows from number `start` (the first is 0) on, in lists of bounded length."""
        rows = itertools.islice(rows_of(self.content, self.layout), start + 1, None)
        while piece := list(itertools.islice(rows, rows_a_piece)):
            yield piece


def opened(content: bytes, layout: Layout = Layout()) -> CsvFile:
    """Read the table through once; raises CsvUnreadable for what is none."""
    rows = rows_of(content, layout)
    header = tuple(next(rows, []))
    if not any(header):
        raise CsvUnreadable("it has no header.")
    if taken := [name for name in ADDED_COLUMNS if name in header]:
        raise CsvUnreadable(f"it already has the column {taken[0]}: rename or remove it.")
    first = tuple(tuple(row) for row in itertools.islice(rows, FIRST_ROWS))
    if not first:
        raise CsvUnreadable("it has no rows under its header.")
    empty = [is_empty(row) for row in first]
    rest = [is_empty(row) for row in rows]
    return CsvFile(content, layout, header, len(empty) + len(rest), sum(empty) + sum(rest), first)


def rows_of(content: bytes, layout: Layout = Layout()) -> Iterator[list[str]]:
    """Yield header and rows, no blank lines; raises CsvUnreadable where they cannot be read."""
    text = _text_of(content)
    reader = csv.reader(text, delimiter=layout.delimiter, strict=True)
    with _refused_plainly():
        for _ in range(layout.skipped_lines):
            text.readline()
        try:
            yield from (row for row in reader if row)
        except csv.Error as error:
            line = layout.skipped_lines + reader.line_num
            raise CsvUnreadable(f"line {line}: {error}.") from error


def is_empty(row: list[str] | tuple[str, ...]) -> bool:
    """Whether nothing stands in the row but delimiters and blanks."""
    return not any(cell.strip() for cell in row)


def as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    """Return the rows as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def template(names: list[str]) -> bytes:
    """Return an empty table with the columns that the model knows, for Excel."""
    return (BYTE_ORDER_MARK + as_csv([names])).encode()


def _text_of(content: bytes) -> io.TextIOWrapper:
    # BytesIO shares the bytes with whoever else holds them.
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")


@contextlib.contextmanager
def _refused_plainly() -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as error:
        raise CsvUnreadable("it is not in UTF-8. Save it as “CSV UTF-8”.") from error
