"""What an archive of listings must be: a whole zip with one CSV in it, of a plausible size."""

import hashlib
import logging
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
MOST_UNPACKED_BYTES = 20 * 1024**3
MOST_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 50 * 1024**2
PROGRESS_SECONDS = 5.0
FETCH_AGAIN = "fetch it again; if it stays so, the source itself is broken"
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
        raise ArchiveError(
            f"{path.name} is no zip, or is cut short ({_beginning(path)}): {FETCH_AGAIN}"
        )
    with open_listings(path) as stream:
        progress, done = Progress("checking the archive", 0, "bytes"), 0
        while block := stream.read(READ_BYTES):
            done += len(block)
            progress.reached(done)
    if not done:
        raise ArchiveError(f"the CSV in {path.name} is empty: {FETCH_AGAIN}")


def listings_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one CSV of the archive; vehicles.csv where there are several."""
    members = [member for member in archive.infolist() if _is_csv(member.filename)]
    named = [member for member in members if Path(member.filename).name == CSV_NAME]
    chosen = named or members
    if len(chosen) != 1:
        found = ", ".join(name for name in archive.namelist()[:5]) or "nothing"
        raise ArchiveError(f"the archive should hold one {CSV_NAME} and holds {found}")
    _check_plausible(chosen[0])
    return chosen[0]


def _is_csv(name: str) -> bool:
    path = Path(name)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    is_folder = name.endswith("/")
    return path.suffix.lower() == ".csv" and not hidden and not is_folder


def _check_plausible(member: zipfile.ZipInfo) -> None:
    size, packed = member.file_size, max(member.compress_size, 1)
    if member.flag_bits & 0x1:
        raise ArchiveError(f"{member.filename} in the archive is encrypted: take one that is not")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError(f"{member.filename} is packed by a method other than deflate: repack it")
    if size > MOST_UNPACKED_BYTES:
        raise ArchiveError(
            f"{member.filename} says it unpacks to {size:,} bytes: not this data set"
        )
    if size > RATIO_MATTERS_FROM_BYTES and size / packed > MOST_RATIO:
        raise ArchiveError(
            f"{member.filename} unpacks to {size / packed:.0f} times its size: a bomb"
        )


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        return f"{path.stat().st_size:,} bytes, beginning with {file.read(16)!r}"
