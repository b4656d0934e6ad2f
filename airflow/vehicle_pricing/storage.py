"""Every read and write of archives and data sets, on a local folder or on S3 alike."""

from __future__ import annotations  # `list` is a method here

import errno
import fcntl
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
from pyarrow import fs, parquet

from vehicle_pricing.errors import DataSetError, MissingObjectError, StorageError
from vehicle_pricing.settings import Settings

log = logging.getLogger(__name__)

PART_PREFIX = ".part-"
LOCK_NAME = ".lock"
ABANDONED_AFTER_SECONDS = 60
ROW_GROUP_ROWS = 25_000
S3_TIMEOUT_SECONDS = 20
REMEDIES = (
    (("NO_SUCH_BUCKET", "NoSuchBucket", "bucket does not exist"), "create the bucket"),
    (
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ACCESS_DENIED", "Access Denied", "403"),
        "check S3_ACCESS_KEY and S3_SECRET_KEY and what they may do",
    ),
    (
        ("NETWORK_CONNECTION", "Couldn't connect", "curlCode", "resolve host"),
        "check S3_ENDPOINT_URL, and that the server runs",
    ),
)


def s3_filesystem(settings: Settings) -> fs.S3FileSystem:
    """The S3 of the settings; without keys, those that AWS finds by itself."""
    options = {
        "access_key": settings.s3_access_key or None,
        "secret_key": settings.s3_secret_key.get_secret_value() or None,
        "endpoint_override": settings.s3_endpoint_url or None,
        "region": settings.aws_region or ("us-east-1" if settings.s3_endpoint_url else None),
    }
    return fs.S3FileSystem(
        **options,
        connect_timeout=S3_TIMEOUT_SECONDS,
        request_timeout=S3_TIMEOUT_SECONDS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=3),
    )


def archive_path(sha256: str) -> str:
    """Where the archive of that hash stands."""
    return f"archives/{sha256}.zip"


def archive_card_path(sha256: str) -> str:
    """Where it is told what that archive is."""
    return f"archives/{sha256}.json"


def dataset_path(version: str, name: str) -> str:
    """Where a file of that data set stands, such as `train.parquet`."""
    return f"datasets/{version}/{name}"


def refuse_keys(uri: str, setting: str) -> None:
    """Raise StorageError where an s3:// URI holds keys, which are settings of their own."""
    if "@" in urlsplit(uri).netloc:
        raise StorageError(
            f"{setting} holds keys ({uri}): give them as S3_ACCESS_KEY and S3_SECRET_KEY"
        )


class Storage:
    """Files under one root, each written whole or not at all. Names are relative, with slashes."""

    def __init__(self, filesystem: fs.FileSystem, root: str):
        self._filesystem = filesystem
        self._root = root.rstrip("/")
        self.is_local = isinstance(filesystem, fs.LocalFileSystem)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Storage":
        """The storage that DATA_URI names: a folder or s3://bucket/prefix."""
        if settings.data_uri.startswith("s3://"):
            refuse_keys(settings.data_uri, "DATA_URI")
            return cls(s3_filesystem(settings), settings.data_uri.removeprefix("s3://"))
        folder = settings.data_uri.removeprefix("file://")
        return cls(fs.LocalFileSystem(), os.path.abspath(os.path.expanduser(folder)))

    def exists(self, name: str) -> bool:
        """Whether that file is there."""
        with self._named_errors("look for", name):
            info = self._filesystem.get_file_info(self._full(name))
        return info.type == fs.FileType.File

    def list(self, folder: str) -> list[str]:
        """Names of all files under a folder, sorted; a folder that is not there holds none."""
        selector = fs.FileSelector(self._full(folder), recursive=True, allow_not_found=True)
        with self._named_errors("list", folder):
            infos = self._filesystem.get_file_info(selector)
        paths = [info.path for info in infos if info.type == fs.FileType.File]
        names = [path.removeprefix(self._root + "/") for path in paths]
        return sorted(name for name in names if f"/{PART_PREFIX}" not in f"/{name}")

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """A local path to write to; it becomes the file when the block ends well."""
        with self._named_errors("write", name), self.scratch(os.path.dirname(name)) as folder:
            part = folder / os.path.basename(name)
            yield part
            self.adopt(part, name)

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """A local path to read the file from; for S3 a copy that is gone afterwards."""
        if not self.exists(name):
            raise MissingObjectError(f"there is no {name} in {self._root}")
        if self.is_local:
            yield Path(self._full(name))
            return
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / os.path.basename(name)
            with self._named_errors("read", name):
                with self._filesystem.open_input_stream(self._full(name)) as source:
                    with copy.open("wb") as target:
                        shutil.copyfileobj(source, target, 1 << 20)
            yield copy

    @contextmanager
    def scratch(self, beside: str) -> Iterator[Path]:
        """An empty local folder for unfinished files, gone afterwards.

        On a local root it stands in the folder `beside`, so that a rename finishes a file.
        """
        place = self._full(beside) if self.is_local else None
        if place:
            with self._named_errors("make the folder", beside):
                os.makedirs(place, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=PART_PREFIX, dir=place) as folder:
            # The lock ends with the process: a folder without it was left by one that was killed.
            with open(os.path.join(folder, LOCK_NAME), "wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield Path(folder)

    def adopt(self, path: Path, name: str) -> None:
        """Keep a finished local file of a scratch folder under that name, in one step."""
        with self._named_errors("write", name):
            if self.is_local:
                os.makedirs(os.path.dirname(self._full(name)), exist_ok=True)
                os.replace(path, self._full(name))
                return
            with path.open("rb") as source:
                with self._filesystem.open_output_stream(self._full(name)) as target:
                    shutil.copyfileobj(source, target, 1 << 20)

    def put_file(self, path: Path | str, name: str) -> None:
        """Keep a copy of a local file under that name."""
        with self.writing(name) as part:
            shutil.copyfile(path, part)

    def get_file(self, name: str, path: Path | str) -> None:
        """Copy a file to a local path."""
        with self.reading(name) as source, self._named_errors("read", name):
            shutil.copyfile(source, path)

    def write_frame(self, frame: pd.DataFrame, name: str) -> None:
        """Keep a frame as Parquet."""
        with self.writing(name) as part:
            frame.to_parquet(part, index=False, row_group_size=ROW_GROUP_ROWS)

    def read_frame(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """A frame kept as Parquet, or some of its columns."""
        with self.reading(name) as path, self._named_errors("read", name):
            return pd.read_parquet(path, columns=columns)

    def row_groups(self, name: str) -> list[int]:
        """Rows of each row group of a Parquet file."""
        with self._opened(name) as file:
            groups = range(file.num_row_groups)
            return [file.metadata.row_group(number).num_rows for number in groups]

    def read_row_group(
        self, name: str, number: int, columns: list[str] | None = None
    ) -> pd.DataFrame:
        """One row group of a frame kept as Parquet: nothing else of the file is fetched."""
        with self._opened(name) as file:
            return file.read_row_group(number, columns).to_pandas()

    @contextmanager
    def _opened(self, name: str) -> Iterator[parquet.ParquetFile]:
        with self._named_errors("read", name):
            with self._filesystem.open_input_file(self._full(name)) as source:
                yield parquet.ParquetFile(source)

    def write_json(self, content: dict, name: str) -> None:
        """Keep a dictionary as JSON."""
        with self.writing(name) as part:
            part.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")

    def read_json(self, name: str) -> dict:
        """A dictionary kept as JSON."""
        with self.reading(name) as path:
            return json.loads(path.read_text(encoding="utf-8"))

    def dataset_card(self, version: str) -> dict:
        """The card of a data set; a data set without one does not exist."""
        try:
            return self.read_json(dataset_path(version, "card.json"))
        except MissingObjectError as missing:
            advice = "run create_datasets, or name one that is there"
            raise DataSetError(f"there is no data set {version!r}: {advice}") from missing

    def latest_dataset(self) -> str | None:
        """The version of the data set that was made last; None when there is none."""
        names = [name for name in self.list("datasets") if name.endswith("/card.json")]
        cards = [self.read_json(name) for name in names]
        latest = max(cards, key=lambda card: (card["created_at"], card["version"]), default=None)
        return latest and latest["version"]

    def remove_abandoned_parts(self) -> int:
        """Remove what writers that were killed left behind; how many there were."""
        if not self.is_local:
            return 0
        # Other writers take their own parts away meanwhile: os.walk passes over those, rglob fails.
        folders = (Path(parent, name) for parent, names, _ in os.walk(self._root) for name in names)
        parts = [path for path in folders if path.name.startswith(PART_PREFIX)]
        abandoned = [path for path in parts if _is_abandoned(path)]
        for path in abandoned:
            log.info("removing %s, left behind by a writer that was killed", path)
            shutil.rmtree(path, ignore_errors=True)
        return len(abandoned)

    def _full(self, name: str) -> str:
        return f"{self._root}/{name}".rstrip("/")

    @contextmanager
    def _named_errors(self, action: str, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            advice = remedy(error, self.is_local)
            raise StorageError(
                f"cannot {action} {name} in {self._root}: {error}; {advice}"
            ) from error


def remedy(error: OSError, is_local: bool) -> str:
    """What a person can do about an error of the storage."""
    if error.errno == errno.ENOSPC:
        return "the disk is full: free some space and run this again"
    if is_local:
        return "check the folder that DATA_URI names and who may write to it"
    for signs, advice in REMEDIES:
        if any(sign in str(error) for sign in signs):
            return advice
    return "check DATA_URI, S3_ENDPOINT_URL and the keys"


def _is_abandoned(folder: Path) -> bool:
    """Whether a scratch folder is old and without a writer; one that has just gone is not."""
    try:
        old = folder.stat().st_mtime < time.time() - ABANDONED_AFTER_SECONDS
        return old and _is_free(folder)
    except FileNotFoundError:
        return False


def _is_free(folder: Path) -> bool:
    """Whether no living process holds the lock of a scratch folder."""
    with open(folder / LOCK_NAME, "ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
