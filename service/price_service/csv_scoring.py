"""Scoring of CSV files: read from disk and answered in chunks, so that memory stays as it is."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from price_service.errors import FieldError, InputRefused, OutboxUnwritable
from price_service.pricing import Pricing
from price_service.validation import ListingValidator, shown

CHUNK_ROWS = 2_000
ADDED_COLUMNS = ("predicted_price", "low", "high", "error")
OTHER_DELIMITERS = (";", "\t")


@dataclass(frozen=True)
class CsvTable:
    """A CSV file known to be readable to its end."""

    text: TextIO
    columns: list[str]
    names: list[str]
    delimiter: str

    def rows(self) -> Iterator[list[str]]:
        """Every row below the header; blank lines are none."""
        reader = reader_of(self.text, self.delimiter)
        next(reader)
        return (row for row in reader if row)


def open_table(text: TextIO, validator: ListingValidator) -> CsvTable:
    """Read the text through once; raises InputRefused where it is no table of listings."""
    delimiter = delimiter_of(text)
    reader = reader_of(text, delimiter)
    try:
        columns = next(reader, [])
        rows = sum(1 for row in reader if row)
    except csv.Error as error:
        raise InputRefused(f"Line {reader.line_num} is not CSV: {error}.") from error
    table = CsvTable(text, columns, [column.strip() for column in columns], delimiter)
    refuse_columns(table.names, validator)
    if not rows:
        raise InputRefused("The file has no rows below its header.")
    return table


def refuse_columns(names: list[str], validator: ListingValidator) -> None:
    """Raise InputRefused unless the header can be one of listings."""
    if not any(names):
        raise InputRefused("The file is empty.")
    errors = [
        FieldError(name, "is a required column and is missing; the first line must be a header")
        for name in validator.required
        if name not in names
    ]
    known = validator.names | set(ADDED_COLUMNS)
    twice = {name for name in names if name in known and names.count(name) > 1}
    errors += [FieldError(shown(name), "is a column more than once") for name in sorted(twice)]
    errors += [
        FieldError(name, "is a column that the answer adds; rename or remove it")
        for name in ADDED_COLUMNS
        if name in names
    ]
    if errors:
        told = "; ".join(f"{error.field} {error.message}" for error in errors)
        raise InputRefused(f"The header is wrong: {told}.", errors)


def delimiter_of(text: TextIO) -> str:
    """A comma, unless the first line has none and has another usual delimiter."""
    text.seek(0)
    line = text.readline(2**16)
    if "," in line:
        return ","
    return next((found for found in OTHER_DELIMITERS if found in line), ",")


def reader_of(text: TextIO, delimiter: str):
    """A CSV reader from the file's start."""
    text.seek(0)
    return csv.reader(text, delimiter=delimiter, strict=True)


@dataclass(frozen=True)
class CsvScoring:
    """A table's rows with prices beside them."""

    table: CsvTable
    pricing: Pricing

    def chunks(self) -> Iterator[bytes]:
        """The answer, piece by piece; the first piece raises OutboxUnwritable where none can be."""
        head = [[*self.table.columns, *ADDED_COLUMNS]]
        for rows in chunks_of(self.table.rows()):
            yield self._text(head + self._scored(rows, begun=not head))
            head = []

    def _scored(self, rows: list[list[str]], begun: bool) -> list[list]:
        """The rows with the added cells."""
        checked = [self._checked(row) for row in rows]
        good = [listing for listing, error in checked if not error]
        results = iter(self._priced(good, begun))
        lines = []
        for row, (_, error) in zip(rows, checked, strict=True):
            added = ("", "", "", error) if error else next(results)
            lines.append([*self._fitted(row), *added])
        return lines

    def _checked(self, row: list[str]) -> tuple[dict, str]:
        """A row's listing, and what is wrong with it."""
        names = self.table.names
        if len(row) != len(names):
            return {}, f"the row has {len(row)} cells, the header has {len(names)}"
        listing, errors = self.pricing.served.validator.check_cells(dict(zip(names, row)))
        return listing, "; ".join(f"{error.field} {error.message}" for error in errors)

    def _priced(self, listings: list[dict], begun: bool) -> list[tuple]:
        """The added cells of each listing."""
        if not listings:
            return []
        try:
            results = self.pricing.price(listings)
        except OutboxUnwritable as error:
            if not begun:
                raise
            return [("", "", "", str(error))] * len(listings)
        return [(result["price"], result["low"], result["high"], "") for result in results]

    def _fitted(self, row: list[str]) -> list[str]:
        """The row with as many cells as the header."""
        width = len(self.table.columns)
        return (row + [""] * (width - len(row)))[:width]

    def _text(self, lines: list[list]) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self.table.delimiter, lineterminator="\n").writerows(lines)
        return text.getvalue().encode()


def chunks_of(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    """The rows in lists of bounded length."""
    chunk: list[list[str]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
