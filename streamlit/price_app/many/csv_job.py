"""The pricing of a visitor's table in pieces, which goes on where it was cut short."""

import csv
import io
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from price_app.errors import ServiceError, UnexpectedAnswer
from price_app.many.csv_file import ADDED_COLUMNS, ERROR, WARNINGS, CsvFile, as_csv, is_empty
from price_app.many.priced_rows import PricedRows

# A piece is small enough for a bar that moves and for the service's limits, and large enough that
# the way there and back does not count.
FEWEST_ROWS_A_PIECE, MOST_ROWS_A_PIECE, PIECES = 500, 5000, 50
MOST_ERRORS = 1000

# What the service says of numbers for whole columns, by its parameter's name.
Hints = Mapping[str, Mapping[str, str]]
PricePiece = Callable[[bytes, Hints], str]
NOTHING_ADDED = [""] * len(ADDED_COLUMNS)


@dataclass(frozen=True)
class RowError:
    """A row that got no price: its number (the first under the header is 1) and why."""

    row: int
    message: str


class PricingJob:
    """One table on its way through the service; `columns` says which column holds which field.

    Only the columns that hold a field are sent, under its name; the visitor's own come back as
    they were. `errors` are the first MOST_ERRORS, `error_count` counts them all; a row in which
    nothing stands is not sent and is no error.
    """

    def __init__(self, table: CsvFile, columns: Mapping[str, int]):
        self.table, self.columns = table, dict(columns)
        self.rows = PricedRows(table.header, table.layout.delimiter)
        self.errors: list[RowError] = []
        self.error_count = self.warning_count = 0
        self.failure: ServiceError | None = None
        self._at_work = threading.Lock()

    @property
    def done(self) -> int:
        """How many rows are priced, or told why not."""
        return len(self.rows)

    @property
    def is_finished(self) -> bool:
        """Whether all rows are."""
        return self.done == self.table.rows

    def go_on(self, price_piece: PricePiece, tell: Callable[[int], None]) -> None:
        """Send what is left; `tell` hears how many rows are done; a failure is kept."""
        # A page that the visitor left at a click may still wait for the answer to its last piece.
        with self._at_work:
            self.failure = None
            try:
                self._send_rest(price_piece, tell)
            except ServiceError as error:
                self.failure = error

    def _send_rest(self, price_piece: PricePiece, tell: Callable[[int], None]) -> None:
        for piece in self.table.pieces(self.done, rows_a_piece(self.table.rows)):
            added = self._priced(piece, price_piece)
            self._note_errors(added)
            width = len(self.table.header)
            self.rows.append([*_fitted(row, width), *cells] for row, cells in zip(piece, added))
            tell(self.done)

    @property
    def hints(self) -> Hints:
        """What holds for the columns as the service matched them, and not for others."""
        layout = self.table.layout
        kept = {name for name, n in self.columns.items() if layout.columns.get(name) == n}
        return {
            parameter: {name: value for name, value in by_field.items() if name in kept}
            for parameter, by_field in layout.hints.items()
        }

    def _priced(self, piece: list[list[str]], price_piece: PricePiece) -> list[list[str]]:
        """Return the added cells of each row; an empty row, or one too long, is not sent."""
        width = len(self.table.header)
        rows = [_fitted(row, width) for row in piece]
        is_sent = [not is_empty(row) and is_empty(row[width:]) for row in piece]
        sent = [
            [row[number] for number in self.columns.values()]
            for row, good in zip(rows, is_sent)
            if good
        ]
        answer = iter(
            _added_cells(price_piece, [[*self.columns], *sent], self.hints) if sent else ()
        )
        return [
            next(answer) if good else _not_sent(row, width) for row, good in zip(piece, is_sent)
        ]

    def _note_errors(self, added: list[list[str]]) -> None:
        errors = [
            RowError(self.done + number, cells[ERROR])
            for number, cells in enumerate(added, start=1)
            if cells[ERROR]
        ]
        self.error_count += len(errors)
        self.errors += errors[: MOST_ERRORS - len(self.errors)]
        self.warning_count += sum(bool(cells[WARNINGS]) for cells in added)


def rows_a_piece(rows: int) -> int:
    """More in a long table than in a short one."""
    return min(max(rows // PIECES, FEWEST_ROWS_A_PIECE), MOST_ROWS_A_PIECE)


def _added_cells(price_piece: PricePiece, table: list[list[str]], hints: Hints) -> list[list[str]]:
    """Return what the service adds to each row; raises UnexpectedAnswer where it is not that."""
    text = price_piece(as_csv(table).encode(), hints)
    header, *rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row] or [[]]
    added = header[len(table[0]) :]
    # A service of before adds no warnings.
    if tuple(added) not in (ADDED_COLUMNS, ADDED_COLUMNS[:WARNINGS]):
        raise UnexpectedAnswer("a table without the price columns")
    if len(rows) != len(table) - 1:
        raise UnexpectedAnswer(f"{len(rows)} rows for {len(table) - 1}")
    return [_fitted(row[len(table[0]) :], len(ADDED_COLUMNS)) for row in rows]


def _not_sent(row: list[str], width: int) -> list[str]:
    if is_empty(row):
        return list(NOTHING_ADDED)
    cells = list(NOTHING_ADDED)
    cells[ERROR] = f"the row has {len(row)} cells, the header has {width}"
    return cells


def _fitted(row: list[str], width: int) -> list[str]:
    """The row with as many cells as the header."""
    return (row + [""] * (width - len(row)))[:width]
