"""A CSV file of listings that has been read through once: its layout, its columns, its numbers."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TextIO

from price_service.csv_columns import ColumnMatcher, Match, unused_titles
from price_service.csv_numbers import SEPARATORS, NumberFormat, PointEvidence
from price_service.csv_reader import Layout, is_empty, layout_of, records_of, rows_of
from price_service.errors import FieldError, InputRefused
from price_service.validation import ListingValidator, shown

ADDED_COLUMNS = ("predicted_price", "low", "high", "error", "warnings")
MAX_COLUMNS = 1_000
SAMPLE_ROWS = 1_000
MAX_SAMPLE_CHARACTERS = 2**20
MAX_TITLES_SHOWN = 20


@dataclass(frozen=True)
class CsvTable:
    """A CSV file known to be readable to its end.

    `row_count` counts every row that an answer has, the `empty_count` that are empty among them.
    """

    text: TextIO
    layout: Layout
    header: list[str]
    match: Match
    formats: dict[str, NumberFormat]
    row_count: int
    empty_count: int

    def rows(self) -> Iterator[list[str]]:
        """Yield every row below the header; blank lines are none."""
        return rows_of(self.text, self.layout)

    @property
    def unused(self) -> list[str]:
        """The titles of the columns that hold no field."""
        return unused_titles(self.header, self.match.columns)

    def described(self) -> dict:
        """Return what POST /predict/csv/columns answers."""
        used = set(self.match.columns.values())
        return {
            "delimiter": self.layout.delimiter,
            "skipped_lines": self.layout.skipped_lines,
            "rows": self.row_count,
            "empty_rows": self.empty_count,
            "header": self.header,
            "columns": self.match.columns,
            "unused": [index for index in range(len(self.header)) if index not in used],
            "notes": self.match.notes,
            "thousands": {n: form.thousands for n, form in self.formats.items() if form.thousands},
            "units": {
                n: form.written_unit for n, form in self.formats.items() if form.written_unit
            },
            "encoding": "utf-8",
            "bom": self.layout.has_bom,
        }


def read_table(
    text: TextIO,
    validator: ListingValidator,
    matcher: ColumnMatcher,
    given: Mapping[str, Mapping[str, str]],
) -> CsvTable:
    """Read the text through once; raises InputRefused where it is no table.

    `given`: what is known beforehand of numbers, field → `thousands` or `written_unit`.
    """
    layout = layout_of(text, matcher.rate)
    reader = records_of(text, layout)
    try:
        header = next(reader, [])
        refuse_header(header)
        rows = (row for row in reader if row)
        sample = sample_of(rows)
        match = matcher.match(header, sample)
        evidence = evidence_of(match.columns, validator.number_formats)
        counts = count(chain(sample, rows), evidence.values())
    except csv.Error as error:
        raise InputRefused(
            f"Line {layout.skipped_lines + reader.line_num} is not CSV: {error}."
        ) from error
    formats = {
        name: replace(form, written_unit=match.units.get(name), thousands=grouping(evidence, name))
        for name, form in validator.number_formats.items()
    }
    formats |= {name: replace(formats[name], **hints) for name, hints in given.items()}
    return CsvTable(text, layout, header, match, formats, *counts)


def refuse_header(header: list[str]) -> None:
    """Raise InputRefused where the first record cannot be a header."""
    if not any(name.strip("\ufeff \t") for name in header):
        raise InputRefused("The file is empty.")
    if len(header) > MAX_COLUMNS:
        raise InputRefused(
            f"The header has {len(header):,} columns; at most {MAX_COLUMNS:,} are taken."
        )


def sample_of(rows: Iterator[list[str]]) -> list[list[str]]:
    """Return the first rows, of bounded length together."""
    sample: list[list[str]] = []
    left = MAX_SAMPLE_CHARACTERS
    for row in rows:
        sample.append(row)
        left -= sum(map(len, row)) + len(row)
        if left <= 0 or len(sample) == SAMPLE_ROWS:
            break
    return sample


Evidence = tuple[int, PointEvidence]


def evidence_of(
    columns: Mapping[str, int], formats: Mapping[str, NumberFormat]
) -> dict[str, Evidence]:
    """Return where to learn how each field's thousands are grouped; years have none."""
    return {
        name: (index, PointEvidence())
        for name, index in columns.items()
        if name in formats and formats[name].unit != "year"
    }


def grouping(evidence: Mapping[str, Evidence], name: str) -> str:
    """Return the point where it groups a field's thousands."""
    return "." if name in evidence and evidence[name][1].groups else ""


def count(rows: Iterable[list[str]], evidence: Iterable[Evidence]) -> tuple[int, int]:
    """Return how many rows there are and how many of them are empty, and gather the evidence."""
    row_count = empty_count = 0
    watched = [(index, one.add) for index, one in evidence]
    for row in rows:
        row_count += 1
        empty_count += is_empty(row)
        for index, add in watched:
            if index < len(row):
                add(row[index])
    return row_count, empty_count


def open_table(
    text: TextIO,
    validator: ListingValidator,
    matcher: ColumnMatcher,
    given: Mapping[str, Mapping[str, str]],
) -> CsvTable:
    """Read the text through once; raises InputRefused where no listing of it could be priced."""
    table = read_table(text, validator, matcher, given)
    titles = [name.strip() for name in table.header]
    errors = [
        FieldError(name, "is a required column and is missing; the first line must be a header")
        for name in validator.required
        if name not in table.match.columns
    ]
    came = f" {columns_that_came(table)}" if errors else ""
    errors += [FieldError(name, "is a column more than once") for name in table.match.twice]
    errors += [
        FieldError(name, "is a column that the answer adds; rename or remove it")
        for name in ADDED_COLUMNS
        if name in titles
    ]
    if errors:
        reasons = "; ".join(f"{error.field} {error.message}" for error in errors)
        raise InputRefused(f"The header is wrong: {reasons}.{came}", errors)
    if not table.row_count:
        raise InputRefused("The file has no rows below its header.")
    return table


def columns_that_came(table: CsvTable) -> str:
    """Return the sentences on the columns of a table that lacks a required one."""
    names = [f"“{shown(name.strip())}”" for name in table.header if name.strip()]
    more = f" and {len(names) - MAX_TITLES_SHOWN} more" if len(names) > MAX_TITLES_SHOWN else ""
    return " ".join(
        [f"The columns that came: {', '.join(names[:MAX_TITLES_SHOWN])}{more}.", *table.match.notes]
    )


def number_hints(
    query: Mapping[str, list[str]], validator: ListingValidator
) -> dict[str, dict[str, str]]:
    """Return what `?thousands=odometer:.&units=odometer:km` says of each number; raises
    InputRefused."""
    known = {"thousands": ("thousands", SEPARATORS), "units": ("written_unit", ("km", "miles"))}
    hints: dict[str, dict[str, str]] = {}
    for parameter, (key, allowed) in known.items():
        for given in query.get(parameter, []):
            name, _, value = given.partition(":")
            form = validator.number_formats.get(name)
            has_unit = form is not None and (parameter != "units" or form.unit in ("km", "miles"))
            if not has_unit or value not in allowed:
                example = f"field:{allowed[0]}, where the field is a number"
                error = FieldError(parameter, f"must be {example}")
                raise InputRefused(f"{parameter} must be {example}.", [error])
            hints.setdefault(name, {})[key] = value
    return hints
