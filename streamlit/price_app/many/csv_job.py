"""The pricing of a visitor's table in pieces, which goes on where it was cut short."""

import csv
import io
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from price_app.errors import ServiceError, UnexpectedAnswer
from price_app.many.csv_file import ADDED_COLUMNS, CsvFile, as_csv
from price_app.many.priced_rows import PricedRows

# A piece is small enough for a bar that moves and for the service's limits, and large enough that
# the way there and back does not count.
FEWEST_ROWS_A_PIECE, MOST_ROWS_A_PIECE, PIECES = 500, 5000, 50
MOST_ERRORS = 1000

PricePiece = Callable[[bytes], str]


@dataclass(frozen=True)
class RowError:
    """A row that got no price: its number (the first under the header is 1) and why."""

    row: int
    message: str


class PricingJob:
    """One table on its way through the service; `columns` says which column holds which field.

    Only the columns that hold a field are sent, under its name; the visitor's own come back as
    they were. `errors` are the first MOST_ERRORS, `error_count` counts them all.
    """

    def __init__(self, table: CsvFile, columns: Mapping[str, int]):
        self.table, self.columns = table, dict(columns)
        self.rows = PricedRows(table.header, table.delimiter)
        self.errors: list[RowError] = []
        self.error_count = 0
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

    def _priced(self, piece: list[list[str]], price_piece: PricePiece) -> list[list[str]]:
        """The added cells of each row; a row of another length than the header is not sent."""
        width = len(self.table.header)
        sent = [
            [row[number] for number in self.columns.values()] for row in piece if len(row) == width
        ]
        answer = iter(_added_cells(price_piece, [[*self.columns], *sent]) if sent else ())
        return [next(answer) if len(row) == width else _ragged(row, width) for row in piece]

    def _note_errors(self, added: list[list[str]]) -> None:
        found = [
            RowError(self.done + number, cells[-1])
            for number, cells in enumerate(added, start=1)
            if cells[-1]
        ]
        self.error_count += len(found)
        self.errors += found[: MOST_ERRORS - len(self.errors)]


def rows_a_piece(rows: int) -> int:
    """More in a long table than in a short one."""
    return min(max(rows // PIECES, FEWEST_ROWS_A_PIECE), MOST_ROWS_A_PIECE)


def _added_cells(price_piece: PricePiece, table: list[list[str]]) -> list[list[str]]:
    """What the service adds to each row; raises UnexpectedAnswer where it is not that."""
    text = price_piece(as_csv(table).encode())
    header, *rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row] or [[]]
    if tuple(header[-len(ADDED_COLUMNS) :]) != ADDED_COLUMNS:
        raise UnexpectedAnswer("a table without the price columns")
    if len(rows) != len(table) - 1:
        raise UnexpectedAnswer(f"{len(rows)} rows for {len(table) - 1}")
    return [row[-len(ADDED_COLUMNS) :] for row in rows]


def _ragged(row: list[str], width: int) -> list[str]:
    return ["", "", "", f"the row has {len(row)} cells, the header has {width}"]


def _fitted(row: list[str], width: int) -> list[str]:
    """The row with as many cells as the header."""
    return (row + [""] * (width - len(row)))[:width]
