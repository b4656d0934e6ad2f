"""The rows that have been priced, in a temporary file, with their prices at hand to sort by."""

import contextlib
import csv
import io
import os
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Sequence

import pandas as pd

from price_app.many.csv_file import ADDED_COLUMNS, BYTE_ORDER_MARK, as_csv

NO_PRICE = float("nan")
WAYS_TO_SORT = ("As in the file", "Highest price first", "Lowest price first")


class PricedRows:
    """A growing CSV on disk. In memory are 16 bytes a row, however long the rows are.

    The file has no name: it is gone with the object, or with the process.
    """

    def __init__(self, header: Sequence[str], delimiter: str = ","):
        self.header = [*header, *ADDED_COLUMNS]
        self.delimiter = delimiter
        closing = contextlib.ExitStack()
        self._file = closing.enter_context(tempfile.TemporaryFile())
        weakref.finalize(self, closing.close)
        self._starts, self._prices = array("q"), array("d")
        self._end = self._write(BYTE_ORDER_MARK + as_csv([self.header], delimiter))

    def __len__(self) -> int:
        return len(self._starts)

    def append(self, rows: Iterable[list[str]]) -> None:
        """Add rows that have the added cells at their end."""
        lines = []
        for row in rows:
            lines.append(as_csv([row], self.delimiter))
            self._starts.append(self._end)
            self._prices.append(_number(row[-len(ADDED_COLUMNS)]))
            self._end += len(lines[-1].encode())
        self._write("".join(lines))

    @property
    def prices(self) -> pd.Series:
        """The predicted price of each row, NaN where there is none."""
        return pd.Series(self._prices, dtype="float64")

    def content(self) -> bytes:
        """Return the whole table in UTF-8, with the mark by which Excel knows it."""
        return self._read(0, self._end)

    def first(self, count: int, way: str) -> list[list[str]]:
        """As many rows as wanted, by one of WAYS_TO_SORT; those without a price are last."""
        order: Sequence[int] = range(len(self))
        if way != WAYS_TO_SORT[0]:
            dearest_first = way == WAYS_TO_SORT[1]
            order = list(self.prices.sort_values(ascending=not dearest_first, kind="stable").index)
        return [self._row(number) for number in order[:count]]

    def _row(self, number: int) -> list[str]:
        end = self._starts[number + 1] if number + 1 < len(self) else self._end
        line = self._read(self._starts[number], end).decode()
        return next(csv.reader(io.StringIO(line, newline=""), delimiter=self.delimiter))

    def _write(self, text: str) -> int:
        """Write at the file's end, and give the bytes written."""
        content = text.encode()
        self._file.write(content)
        self._file.flush()
        return len(content)

    def _read(self, start: int, end: int) -> bytes:
        # Not by seeking: the place at which the next row is written stays.
        return os.pread(self._file.fileno(), end - start, start)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return NO_PRICE
