"""Reading of CSV files as programs save them: what the file is, its delimiter, its header.

The delimiter and the header are those lines of the first ones in which most names are known: lines
above them (a company's name, a report's title, `sep=;`) are skipped. What is no CSV at all is
refused with what it is and how to save it.
"""

import codecs
import csv
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO

from price_service.errors import BodyUnreadable, InputRefused
from price_service.validation import shown

DELIMITERS = (",", ";", "\t", "|")
MAX_LINES_ABOVE = 20
MAX_HEADER_LINES = 60
MAX_SNIFFED_CHARACTERS = 2**20
SNIFFED_BYTES = 4096
HOW_TO_SAVE = "save it as CSV in UTF-8 (in Excel: Save As, “CSV UTF-8 (Comma delimited)”)"
UTF_16 = "text in UTF-16 (Excel's “Unicode Text”)"
UTF_32 = "text in UTF-32"
# The first bytes of what people name .csv, and what it is; UTF-32's begin like UTF-16's.
SIGNATURES = {
    codecs.BOM_UTF32_LE: UTF_32,
    codecs.BOM_UTF32_BE: UTF_32,
    codecs.BOM_UTF16_LE: UTF_16,
    codecs.BOM_UTF16_BE: UTF_16,
    b"PK\x03\x04": "a zip archive, as Excel's .xlsx is",
    b"\xd0\xcf\x11\xe0": "an Excel workbook (.xls)",
    b"\x1f\x8b": "gzip-compressed",
    b"BZh": "bzip2-compressed",
    b"\xfd7zXZ": "xz-compressed",
    b"\x28\xb5\x2f\xfd": "zstandard-compressed",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
}
MARKUP = {
    b"<!doctype html": "an HTML page",
    b"<html": "an HTML page",
    b"<table": "an HTML page",
    b"<?xml": "an XML document",
    b"<workbook": "an XML document",
    b'{"': "JSON",
    b"[{": "JSON",
}
ODF_SPREADSHEET = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True)
class Layout:
    """How a CSV file is written: the lines above its header are no part of the table."""

    delimiter: str
    skipped_lines: int
    has_bom: bool


def refuse_other_formats(text: TextIO) -> bool:
    """Raise BodyUnreadable where the file is no CSV; return whether it has a byte order mark."""
    text.seek(0)
    head = text.buffer.read(SNIFFED_BYTES)
    if (kind := kind_of(head)) is not None:
        raise BodyUnreadable(f"The file is {kind}, not CSV: {HOW_TO_SAVE}.")
    return head.startswith(codecs.BOM_UTF8)


def not_utf8(head: bytes) -> str:
    """Return what is said of a file with these first bytes that is not UTF-8."""
    kind = kind_of(head)
    if kind is None and is_binary(head):
        kind = "binary"
    if kind is not None:
        return f"The file is {kind}, not UTF-8 text: {HOW_TO_SAVE}."
    return (
        "The file is not UTF-8, but text in an older encoding such as Windows-1252 (Latin-1): "
        f"{HOW_TO_SAVE}."
    )


def kind_of(head: bytes) -> str | None:
    """Return what a file with these first bytes is, None where it may be CSV."""
    if ODF_SPREADSHEET in head[:100]:
        return "an OpenDocument spreadsheet (.ods)"
    if head.startswith(b"PK\x03\x04") and (b"[Content_Types]" in head or b"xl/" in head):
        return "an Excel workbook (.xlsx)"
    for signature, kind in SIGNATURES.items():
        if head.startswith(signature):
            return kind
    if 3 * head.count(0) > len(head) > 0:
        return UTF_16 if 5 * head.count(0) > 2 * len(head) else "binary"
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:20].lower()
    return next((kind for sign, kind in MARKUP.items() if start.startswith(sign)), None)


def is_binary(head: bytes) -> bool:
    """Return whether control characters stand in the bytes that no text has."""
    return any(byte < 9 or 13 < byte < 27 for byte in head)


def layout_of(text: TextIO, known_names: Callable[[list[str]], int]) -> Layout:
    """Return how the file is written.

    `known_names` rates a row by how many of its cells are names of fields. Where no row has one,
    the first line that is not blank counts as the header.
    """
    has_bom = refuse_other_formats(text)
    lines = first_lines(text)
    above = 1 if lines and (given := separator_line(lines[0])) else 0
    delimiters = (given,) if above else DELIMITERS
    best, layout = 0, None
    for delimiter, number in itertools.product(delimiters, range(above, len(lines))):
        if number > MAX_LINES_ABOVE:
            continue
        rating = known_names(record_at(lines, number, delimiter))
        if rating > best:
            best, layout = rating, Layout(delimiter, number, has_bom)
    if layout is None:
        blank = itertools.takewhile(lambda line: not line.strip(), lines[above:])
        layout = Layout(given if above else most_frequent(lines), above + len(list(blank)), has_bom)
    return layout


def first_lines(text: TextIO) -> list[str]:
    """Return the first lines with their ends, of bounded length together."""
    text.seek(0)
    lines: list[str] = []
    left = MAX_SNIFFED_CHARACTERS
    while left > 0 and len(lines) < MAX_HEADER_LINES and (line := text.readline(left)):
        lines.append(line)
        left -= len(line)
    return lines


def separator_line(line: str) -> str:
    """Return the delimiter that Excel's line `sep=;` names, "" for another line."""
    stripped = line.strip(' "\r\n\ufeff')
    if stripped[:4].casefold() != "sep=" or len(stripped) > 5:
        return ""
    delimiter = stripped[4:] or ","
    if delimiter not in DELIMITERS:
        raise InputRefused(f"The delimiter {shown(delimiter)!r} is not read: use , ; | or a tab.")
    return delimiter


def record_at(lines: list[str], number: int, delimiter: str) -> list[str]:
    """Return the cells of the record that begins in a line, as far as they can be read."""
    reader = csv.reader(itertools.islice(lines, number, None), delimiter=delimiter)
    try:
        return next(reader, [])
    except csv.Error:
        return []


def most_frequent(lines: list[str]) -> str:
    """Return the delimiter that stands most often in the first line that is not blank."""
    line = next((line for line in lines if line.strip()), "")
    return max(DELIMITERS, key=line.count)


def records_of(text: TextIO, layout: Layout):
    """Return a CSV reader that begins with the header."""
    text.seek(0)
    for _ in range(layout.skipped_lines):
        text.readline()
    return csv.reader(text, delimiter=layout.delimiter, strict=True)


def is_empty(row: list[str]) -> bool:
    """Return whether no cell of a row has a text."""
    return not "".join(row).strip()


def fitted(row: list[str], width: int) -> list[str]:
    """Return the row with as many cells as the header has."""
    return row if len(row) == width else (row + [""] * (width - len(row)))[:width]


def rows_of(text: TextIO, layout: Layout) -> Iterator[list[str]]:
    """Yield every row below the header; blank lines are none."""
    reader = records_of(text, layout)
    next(reader)
    return (row for row in reader if row)
