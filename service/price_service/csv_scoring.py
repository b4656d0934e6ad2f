"""Scoring of CSV files: read from disk and answered in chunks, so that memory stays as it is."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from price_service.csv_reader import fitted, is_empty
from price_service.csv_table import ADDED_COLUMNS, CsvTable
from price_service.errors import OutboxUnwritable
from price_service.pricing import Pricing

CHUNK_ROWS = 2_000
BYTE_ORDER_MARK = "\ufeff"
NOTHING_ADDED = ("",) * len(ADDED_COLUMNS)
MAX_UNUSED_CHARACTERS = 2_000
PLAIN_IN_HEADER = " !#$&'()*+-./:;<=>?@[]^_`{|}~"


@dataclass(frozen=True)
class CsvScoring:
    """A table's rows with prices beside them.

    Every row comes back in its place: an empty one with empty cells and without an error.
    """

    table: CsvTable
    pricing: Pricing

    def chunks(self) -> Iterator[bytes]:
        """Yield the answer piece by piece; the first raises OutboxUnwritable where none can be."""
        head = [[*self.table.header, *ADDED_COLUMNS]]
        mark = BYTE_ORDER_MARK if self.table.layout.has_bom else ""
        for rows in chunks_of(self.table.rows()):
            yield (mark + self._text(head + self._scored(rows, begun=not head))).encode()
            head, mark = [], ""

    def _scored(self, rows: list[list[str]], begun: bool) -> list[list]:
        """Return the rows with the added cells."""
        width = len(self.table.header)
        checked = [self._checked(row) for row in rows]
        good = [
            (listing, warnings) for listing, error, warnings in checked if listing and not error
        ]
        results = iter(self._priced(good, begun))
        lines = []
        for row, (listing, error, _) in zip(rows, checked, strict=True):
            if error:
                added = ("", "", "", error, "")
            else:
                added = next(results) if listing else NOTHING_ADDED
            lines.append([*fitted(row, width), *added])
        return lines

    def _checked(self, row: list[str]) -> tuple[dict, str, list[dict]]:
        """Return a row's listing, none of an empty row, what is wrong with it, and warnings."""
        if is_empty(row):
            return {}, "", []
        width = len(self.table.header)
        if len(row) > width and not is_empty(row[width:]):
            return {}, f"the row has {len(row)} cells, the header has {width}", []
        cells = {
            name: row[index] for name, index in self.table.match.columns.items() if index < len(row)
        }
        check_cells = self.pricing.served.validator.check_cells
        listing, errors, warnings = check_cells(cells, self.table.formats)
        return listing, "; ".join(f"{error.field} {error.message}" for error in errors), warnings

    def _priced(self, listings: list[tuple[dict, list[dict]]], begun: bool) -> list[tuple]:
        """Return the added cells of each listing."""
        if not listings:
            return []
        try:
            results = self.pricing.price(*map(list, zip(*listings, strict=True)))
        except OutboxUnwritable as error:
            if not begun:
                raise
            return [("", "", "", str(error), "")] * len(listings)
        return [
            (result["price"], result["low"], result["high"], "", in_words(result["warnings"]))
            for result in results
        ]

    def _text(self, lines: list[list]) -> str:
        text = io.StringIO()
        delimiter = self.table.layout.delimiter
        csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(lines)
        return text.getvalue()


def in_words(warnings: list[dict]) -> str:
    """Return the messages of warnings as one cell."""
    return "; ".join(warning["message"] for warning in warnings) if warnings else ""


def unused_header(titles: list[str]) -> str:
    """Return the titles for the header X-Unused-Columns, of bounded length: commas, control
    characters and what is not ASCII percent-encoded; `...` at the end where some are left out."""
    parts: list[str] = []
    length = 0
    for title in titles:
        part = quote(title[:200], safe=PLAIN_IN_HEADER, errors="replace").strip()
        length += len(part) + 1
        if length > MAX_UNUSED_CHARACTERS:
            return ",".join([*parts, "..."])
        parts.append(part)
    return ",".join(parts)


def chunks_of(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    """Yield the rows in lists of bounded length."""
    chunk: list[list[str]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK_ROWS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
