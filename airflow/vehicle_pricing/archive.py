"""What an archive of listings must be: a whole zip with one CSV in it, of a plausible size."""

import codecs
import hashlib
import logging
import re
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from vehicle_pricing.errors import ArchiveError

log = logging.getLogger(__name__)

CSV_NAME = "vehicles.csv"
READ_BYTES = 1 << 20
MAX_UNPACKED_BYTES = 20 * 1024**3
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 50 * 1024**2
PROGRESS_SECONDS = 5.0
FETCH_AGAIN = "fetch it again; if it stays so, the source itself is broken"
UNPACK = "unpack it and give the CSV in it"
SAVE_AS_CSV = "open it and save it as CSV in UTF-8, then give that"
# What is given in place of listings: how its bytes begin (from a position on), what it is, and
# what to do.
OTHER_KINDS = (
    (0, b"\x1f\x8b", "packed by gzip, such as a .tar.gz", UNPACK),
    (257, b"ustar", "a tar archive", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (0, b"Rar!", "a RAR archive", UNPACK),
    (0, b"BZh", "packed by bzip2", UNPACK),
    (0, b"\xfd7zXZ", "packed by xz", UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "packed by zstandard", UNPACK),
    (
        0,
        b"PK\x03\x04",
        "a zip or an Excel workbook (.xlsx)",
        f"name a zip .zip; a workbook, {SAVE_AS_CSV}",
    ),
    (0, b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls)", SAVE_AS_CSV),
    (0, b"PAR1", "a Parquet file", "save it as CSV, then give that"),
    (0, b"%PDF", "a PDF", "get the listings as CSV"),
    (0, b"\xff\xfe\x00\x00", "text in UTF-32", SAVE_AS_CSV),
    (0, b"\x00\x00\xfe\xff", "text in UTF-32", SAVE_AS_CSV),
    (0, b"\xff\xfe", "text in UTF-16", SAVE_AS_CSV),
    (0, b"\xfe\xff", "text in UTF-16", SAVE_AS_CSV),
    (0, b'{"', "JSON", "save the listings as CSV, then give that"),
    (0, b"[{", "JSON", "save the listings as CSV, then give that"),
    (0, b"SQLite format 3", "a SQLite database", "export the table as CSV, then give that"),
)
WEB_PAGE = re.compile(rb"(?i)\s*(<!doctype html|<html|<\?xml|<!--|<head)")
BEGINNING_BYTES = 512
# Members that tell of a document which is a zip itself.
WORKBOOKS = ("[Content_Types].xml", "mimetype")
ARCHIVE_SUFFIXES = (".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".zst")
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)


class Progress:
    """Logs how far a long read is, at most every few seconds."""

    def __init__(self, what: str, total: int, unit: str):
        self._what, self._total, self._unit = what, total, unit
        self._due = time.monotonic() + PROGRESS_SECONDS

    def reached(self, done: int) -> None:
        """Note that so much is done."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + PROGRESS_SECONDS
            of_total = f" of {self._total:,}" if self._total else ""
            log.info("%s: %s%s %s", self._what, f"{done:,}", of_total, self._unit)


def new_member(name: str) -> zipfile.ZipInfo:
    """A member with a fixed date, so that the same content makes the same archive."""
    member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def open_listings(path: Path) -> Iterator[BinaryIO]:
    """The CSV inside the archive as a stream of bytes, unpacked while it is read."""
    with named_damage(path), zipfile.ZipFile(path) as archive:
        with archive.open(listings_member(archive)) as stream:
            yield stream


@contextmanager
def named_damage(path: Path) -> Iterator[None]:
    """Turn what a damaged zip raises into ArchiveError."""
    try:
        yield
    except DAMAGED as error:
        raise ArchiveError(
            f"{path.name} is damaged or cut short ({error}): {FETCH_AGAIN}"
        ) from error


def verify(path: Path) -> None:
    """Read the archive to its end once; raises ArchiveError unless it is whole and plausible."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            beginning = file.read(BEGINNING_BYTES)
        if not beginning.startswith(b"PK"):
            refuse_other_kinds(path.name, beginning)
        raise ArchiveError(
            f"{path.name} is no zip, or is cut short ({path.stat().st_size:,} bytes, beginning with"
            f" {beginning[:16]!r}): {FETCH_AGAIN}"
        )
    with open_listings(path) as stream:
        progress, done = Progress("checking the archive", 0, "bytes"), 0
        while block := stream.read(READ_BYTES):
            if not done:
                refuse_other_kinds(f"the CSV in {path.name}", block[:BEGINNING_BYTES])
            done += len(block)
            progress.reached(done)
    if not done:
        raise ArchiveError(f"the CSV in {path.name} is empty: {FETCH_AGAIN}")


def refuse_other_kinds(name: str, beginning: bytes) -> None:
    """Raise ArchiveError naming what it is where a text is something else by its first bytes."""
    for position, mark, kind, remedy in OTHER_KINDS:
        if beginning[position : position + len(mark)] == mark:
            raise ArchiveError(f"{name} is {kind}: {remedy}")
    if WEB_PAGE.match(beginning.removeprefix(codecs.BOM_UTF8)):
        raise ArchiveError(
            f"{name} is a web page, such as a login or a refusal ({beginning[:40]!r}): sign in"
            " there and download the file itself"
        )


def listings_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one CSV of the archive; vehicles.csv where there are several.

    A .tsv or .txt is taken where there is no .csv.
    """
    members = [member for member in archive.infolist() if _is_content(member.filename)]
    of_kind = [[each for each in members if _suffix(each) == kind] for kind in TEXT_SUFFIXES]
    texts = next(filter(None, of_kind), [])
    named = [member for member in texts if Path(member.filename).name.lower() == CSV_NAME]
    chosen = named or texts
    if len(chosen) != 1:
        listed = members or archive.infolist()
        raise ArchiveError(_what_it_holds([member.filename for member in listed]))
    _check_member(chosen[0])
    return chosen[0]


def _what_it_holds(names: list[str]) -> str:
    """Return what an archive without one CSV holds instead, and what to do."""
    if any(name in WORKBOOKS for name in names):
        return f"the archive is a workbook, such as an .xlsx: {SAVE_AS_CSV}"
    for name in names:
        if name.lower().endswith(ARCHIVE_SUFFIXES):
            return f"the archive holds another one, {name}: {UNPACK}"
    found = ", ".join(names[:5]) or "nothing"
    return f"the archive should hold one {CSV_NAME} and holds {found}"


def _is_content(name: str) -> bool:
    path = Path(name)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return not hidden and not name.endswith("/")


def _suffix(member: zipfile.ZipInfo) -> str:
    return Path(member.filename).suffix.lower()


def check_size(name: str, unpacked: int, packed: int) -> None:
    """Raise ArchiveError where a file unpacks to more than a data set of this kind could."""
    if unpacked > MAX_UNPACKED_BYTES:
        raise ArchiveError(f"{name} unpacks to {unpacked:,} bytes or more: not this data set")
    ratio = unpacked / max(packed, 1)
    if unpacked > RATIO_MATTERS_FROM_BYTES and ratio > MAX_RATIO:
        raise ArchiveError(f"{name} unpacks to {ratio:.0f} times its size: a bomb")


def _check_member(member: zipfile.ZipInfo) -> None:
    if member.flag_bits & 0x1:
        raise ArchiveError(f"{member.filename} in the archive is encrypted: take one that is not")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError(f"{member.filename} is packed by a method other than deflate: repack it")
    check_size(member.filename, member.file_size, member.compress_size)
