"""Model versions kept in a folder or on S3: one file each, and a file that names the last.

<version>.<its SHA-256>.tar    appears whole on S3; in a folder, half of one fails its hash
current                        the name of the file that was kept last, written after it

Whoever may write there may run code in the service, as whoever may write to the registry.
"""

import contextlib
import hashlib
import io
import re
import shutil
import tarfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from price_service.registry import Version
from price_service.settings import S3_SCHEME, Settings

POINTER, SUFFIX = "current", ".tar"
KEPT_NAME = re.compile(r"(\w+-\d+)\.([0-9a-f]{64})\.tar")
MOST_POINTER_BYTES = 1000
PIECE_BYTES = 2**20
CONNECT_SECONDS, ANSWER_SECONDS, ATTEMPTS = 3, 10, 2


class FallbackFailed(Exception):
    """The place does not answer, refuses, or holds something that is no kept model."""


class FallbackStore:
    """The folder or prefix that MODEL_FALLBACK_URI names; every method raises FallbackFailed."""

    def __init__(self, filesystem: Any, root: str):
        self._filesystem = filesystem
        self._root = root.rstrip("/")

    def current(self) -> str | None:
        """The name of the file that was kept last, if it is there."""
        with named_errors("look"):
            if self._size(POINTER) is None:
                return None
            with self._filesystem.open_input_stream(self._full(POINTER)) as pointer:
                name = pointer.read(MOST_POINTER_BYTES).decode("utf-8", "replace")
            return name if version_of(name) and self._size(name) is not None else None

    def keep(self, tar: Path, name: str, most: int) -> None:
        """Upload the file unless it is there whole, name it as the last, drop all but `most`."""
        with named_errors("keep"):
            if self._size(name) != tar.stat().st_size:
                with tar.open("rb") as source:
                    self._write(name, source)
            self._write(POINTER, io.BytesIO(name.encode()))
            self._drop_oldest(name, most)

    def fetch(self, name: str, path: Path) -> None:
        """Download a file, whole or not at all."""
        with named_errors("fetch"):
            with self._filesystem.open_input_stream(self._full(name)) as source:
                with path.open("wb") as target:
                    shutil.copyfileobj(source, target, PIECE_BYTES)
            if sha256_of(path) != name.split(".")[1]:
                raise ValueError(f"{name} is not what was kept: its hash is another")

    def _write(self, name: str, source: Any) -> None:
        with self._filesystem.open_output_stream(self._full(name)) as target:
            shutil.copyfileobj(source, target, PIECE_BYTES)

    def _drop_oldest(self, kept: str, most: int) -> None:
        selector = import_module("pyarrow.fs").FileSelector(self._root)
        infos = self._filesystem.get_file_info(selector)
        others = [each for each in infos if each.path.endswith(SUFFIX) and each.base_name != kept]
        others.sort(key=lambda info: info.mtime_ns, reverse=True)
        for info in others[most - 1 :]:
            self._filesystem.delete_file(info.path)

    def _size(self, name: str) -> int | None:
        """None for a file that is not there."""
        return self._filesystem.get_file_info(self._full(name)).size

    def _full(self, name: str) -> str:
        return f"{self._root}/{name}"


def store_of(settings: Settings) -> FallbackStore:
    """The store that MODEL_FALLBACK_URI names; without keys to S3, those that AWS finds."""
    files = import_module("pyarrow.fs")  # 60 MB and a third of a second, for who wants a fallback
    uri = settings.model_fallback_uri
    with named_errors("open"):
        if not uri.startswith(S3_SCHEME):
            folder = Path(uri).expanduser().absolute()
            folder.mkdir(parents=True, exist_ok=True)
            return FallbackStore(files.LocalFileSystem(), str(folder))
        filesystem = files.S3FileSystem(
            access_key=settings.s3_access_key or None,
            secret_key=settings.s3_secret_key.get_secret_value() or None,
            endpoint_override=settings.s3_endpoint_url or None,
            region=settings.aws_region or ("us-east-1" if settings.s3_endpoint_url else None),
            connect_timeout=CONNECT_SECONDS,
            request_timeout=ANSWER_SECONDS,
            retry_strategy=files.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
        )
    return FallbackStore(filesystem, uri.removeprefix(S3_SCHEME))


def packed(version: Version, model: Path, folder: Path) -> Path:
    """The model as one file in a folder: the same bytes, and name, from every machine."""
    with named_errors("pack"):
        aside = folder / "model.tar"
        with tarfile.open(aside, "w") as tar:
            tar.add(model, arcname=".", filter=without_machine)
        return aside.rename(folder / f"{version.key}.{sha256_of(aside)}{SUFFIX}")


def unpack(tar: Path, folder: Path) -> None:
    """The model's files into a folder, and nothing outside it."""
    with named_errors("unpack"), tarfile.open(tar) as opened:
        opened.extractall(folder, filter="data")


def without_machine(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """A member without its time and its owner; none for what Python compiled beside it."""
    if Path(member.name).name == "__pycache__":
        return None
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() else 0o644
    return member


def version_of(name: str) -> Version | None:
    """The version that a file is named for; None where it is not the name of a kept model."""
    found = KEPT_NAME.fullmatch(name)
    return Version.of_key(found[1]) if found else None


def sha256_of(path: Path) -> str:
    """The hash of a file's content."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextlib.contextmanager
def named_errors(action: str) -> Iterator[None]:
    """Whatever the disk, S3 or a broken file says, as FallbackFailed."""
    try:
        yield
    except (OSError, ValueError, tarfile.TarError) as error:
        raise FallbackFailed(f"cannot {action}: {str(error)[:300]}") from error
