"""Fetches the archive of listings: from Kaggle, from a file or S3, or makes the sample."""

import contextlib
import errno
import gzip
import importlib
import io
import logging
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import requests

from vehicle_pricing import archive, sample
from vehicle_pricing.addresses import without_credentials
from vehicle_pricing.errors import ArchiveError, DownloadError
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import (
    Storage,
    archive_card_path,
    archive_path,
    refuse_keys,
    s3_filesystem,
)

log = logging.getLogger(__name__)

KAGGLE_DATASET = "austinreese/craigslist-carstrucks-data"
COPY_BYTES = 1 << 20
KEY_ADVICE = (
    "set KAGGLE_USERNAME and KAGGLE_KEY (or KAGGLE_API_TOKEN) to those of your Kaggle account,"
    " or use DATASET=sample"
)
STATUS_ADVICE = {
    401: f"Kaggle does not accept the key: {KEY_ADVICE}",
    403: f"Kaggle refuses this account: {KEY_ADVICE}, and accept the data set's terms on its page",
    404: f"Kaggle has no data set {KAGGLE_DATASET} (404): use DATASET=<path of an archive>",
    429: "Kaggle asks to wait (429): run this again later",
}


def fetch(settings: Settings, storage: Storage) -> str:
    """Fetch the archive of the settings, check it, keep it; its SHA-256.

    Raises DownloadError or ArchiveError, and then leaves nothing behind.
    """
    with storage.scratch("archives") as folder, named_disk_errors():
        path = _fetched(settings, folder)
        archive.verify(path)
        sha256 = archive.sha256_of(path)
        if not storage.exists(archive_path(sha256)):
            size = path.stat().st_size
            storage.adopt(path, archive_path(sha256))
            log.info("kept the archive of %s bytes as %s", f"{size:,}", archive_path(sha256))
    _keep_card(settings, storage, sha256)
    return sha256


def _keep_card(settings: Settings, storage: Storage, sha256: str) -> None:
    if storage.exists(archive_card_path(sha256)):
        return
    with storage.reading(archive_path(sha256)) as path:
        size = path.stat().st_size
    source = without_credentials(settings.dataset)
    card = {"sha256": sha256, "source": source, "bytes": size}
    storage.write_json(
        card | {"synthetic": settings.dataset == "sample"}, archive_card_path(sha256)
    )


def _fetched(settings: Settings, folder: Path) -> Path:
    path = folder / "archive.zip"
    if settings.dataset == "kaggle":
        return from_kaggle(folder)
    if settings.dataset == "sample":
        sample.write_archive(path, settings.sample_rows)
    elif settings.dataset.startswith("s3://"):
        refuse_keys(settings.dataset, "DATASET")
        copy = folder / Path(urlsplit(settings.dataset).path).name
        _copy_from_s3(settings, copy)
        return packed(copy, path)
    elif "://" in settings.dataset:
        raise DownloadError(
            f"DATASET={settings.dataset}: only s3:// is fetched from elsewhere; download the file"
            " and give its path"
        )
    else:
        return _from_file(Path(settings.dataset).expanduser(), path)
    return path


def _from_file(source: Path, path: Path) -> Path:
    if not source.is_file():
        found = "that is a folder" if source.is_dir() else "there is no such file"
        raise DownloadError(
            f"DATASET={source}: {found}; use kaggle, sample, or the path or s3:// URI of an archive"
        )
    if _is_packed(source):
        _refuse_other_kinds(source)
        with source.open("rb") as original, path.open("wb") as target:
            copy_stream(original, target, f"copying {source.name}", source.stat().st_size)
        return path
    return packed(source, path)


def _is_packed(source: Path) -> bool:
    return not source.name.lower().removesuffix(".gz").endswith(archive.TEXT_SUFFIXES)


def _refuse_other_kinds(source: Path) -> None:
    """Raise ArchiveError naming what it is where a file is neither a zip nor a text."""
    with source.open("rb") as file:
        beginning = file.read(archive.BEGINNING_BYTES)
    if not beginning.startswith(b"PK"):
        archive.refuse_other_kinds(source.name, beginning)


def packed(source: Path, path: Path) -> Path:
    """A zip of the source: itself, or `path` made of it where it is a .csv or .csv.gz."""
    if _is_packed(source):
        _refuse_other_kinds(source)
        return source
    log.info("packing %s as a zip", source.name)
    opened = gzip.open if source.suffix.lower() == ".gz" else open
    size = source.stat().st_size
    with zipfile.ZipFile(path, "w", compresslevel=1) as target:
        with target.open(archive.new_member(archive.CSV_NAME), "w", force_zip64=True) as member:
            try:
                with opened(source, "rb") as original:
                    archive.refuse_other_kinds(source.name, _beginning(original))
                    copy_stream(
                        *(original, member, f"packing {source.name}"),
                        check=lambda done: archive.check_size(source.name, done, size),
                    )
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise ArchiveError(
                    f"{source.name} is damaged or cut short ({error}): {archive.FETCH_AGAIN}"
                ) from error
    return path


def _beginning(stream) -> bytes:
    """Return the first bytes of a stream, and go back to its start."""
    beginning = stream.read(archive.BEGINNING_BYTES)
    stream.seek(0)
    return beginning


def copy_stream(
    source, target, what: str, total: int = 0, check: Callable[[int], None] = lambda done: None
) -> None:
    """Copy one binary stream into another, logging how far it is; `check` may refuse to go on."""
    progress, done = archive.Progress(what, total, "bytes"), 0
    while block := source.read(COPY_BYTES):
        done += len(block)
        check(done)
        target.write(block)
        progress.reached(done)


def _copy_from_s3(settings: Settings, copy: Path) -> None:
    name = settings.dataset.removeprefix("s3://")
    try:
        with s3_filesystem(settings).open_input_stream(name) as source, copy.open("wb") as target:
            copy_stream(source, target, f"fetching {without_credentials(settings.dataset)}")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise DownloadError(
            f"cannot fetch {settings.dataset}: {error}; check the URI, S3_ENDPOINT_URL and the keys"
        ) from error


@contextlib.contextmanager
def named_disk_errors() -> Iterator[None]:
    """Turn an error of the local disk into DownloadError."""
    try:
        yield
    except OSError as error:
        full = error.errno == errno.ENOSPC
        advice = "the disk is full: free some space and run this again" if full else "check it"
        raise DownloadError(f"cannot write the archive: {error}; {advice}") from error


def from_kaggle(folder: Path) -> Path:
    """Kaggle's zip of the data set in the folder; the keys come from the environment."""
    # Kaggle's package prints to standard output, which holds the step's result.
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            _download_from_kaggle(folder)
        except SystemExit as refused:
            raise DownloadError(f"Kaggle's package found no account: {KEY_ADVICE}") from refused
        finally:
            log.debug("Kaggle's package said: %s", said.getvalue())
    found = sorted(folder.glob("*.zip"))
    if not found:
        raise DownloadError("Kaggle's answer holds no file: run this again later")
    return found[0]


def _download_from_kaggle(folder: Path) -> None:
    # Importing the package looks for an account, over the network where a token is set.
    kaggle = importlib.import_module("kaggle.api.kaggle_api_extended")
    log.info("downloading %s from Kaggle", KAGGLE_DATASET)
    try:
        api = kaggle.KaggleApi()
        api.authenticate()
        with _watched(folder):
            api.dataset_download_files(KAGGLE_DATASET, path=str(folder), unzip=False, force=True)
    except requests.HTTPError as error:
        raise DownloadError(_advice(error)) from error
    except (requests.RequestException, ValueError) as error:
        raise DownloadError(
            f"the connection to Kaggle failed ({error}): check the network and run this again"
        ) from error


def _advice(error) -> str:
    status = error.response.status_code if error.response is not None else 0
    return STATUS_ADVICE.get(status, f"Kaggle answers {error}: run this again later")


@contextlib.contextmanager
def _watched(folder: Path) -> Iterator[None]:
    """Log the size of what is being downloaded, every few seconds, from a thread."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(archive.PROGRESS_SECONDS):
            size = sum(file.stat().st_size for file in folder.iterdir())
            log.info("downloading from Kaggle: %s bytes", f"{size:,}")

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
