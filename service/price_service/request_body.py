"""Request bodies: their type, their size, and JSON read strictly."""

import codecs
import contextlib
import errno
import io
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, TextIO

from flask import Request, current_app
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from price_service.csv_reader import SNIFFED_BYTES, not_utf8
from price_service.errors import (
    BodyBroken,
    BodyTooLarge,
    BodyUnreadable,
    FieldError,
    MediaTypeRefused,
    SpoolUnwritable,
)
from price_service.validation import shown

PIECE_BYTES = 2**20
MAX_JSON_VALUES = 300_000  # of 10,000 listings of 20 fields 220,000
MAX_JSON_NAMES = 1_000
SMALL_FILE_BYTES = 2**19
# A disk that is full, past its quota, read-only or not there, and a file past the process's limit.
DISK_ERRORS = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS),
    *(errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EIO),
)


def read_json(request: Request, max_bytes: int) -> Any:
    """The body as a JSON value, refused for anything that RFC 8259 does not allow."""
    refuse_encodings(request)
    if request.mimetype != "application/json":
        raise MediaTypeRefused("Send the body as application/json.")
    try:
        text = read_whole(request, max_bytes).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BodyUnreadable(f"The body is not UTF-8 at byte {error.start}.") from error
    return parse_json(text)


def parse_json(text: str) -> Any:
    """A JSON value; neither NaN, nor a name given twice, nor endless nesting."""
    if not text.strip():
        raise BodyUnreadable("The body is empty.")
    refuse_many_values(text)
    try:
        return json.loads(text, parse_constant=refuse_constant, object_pairs_hook=unique_names)
    except RecursionError as error:
        raise BodyUnreadable("The body is nested too deeply.") from error
    except ValueError as error:
        raise BodyUnreadable(f"The body is not JSON: {str(error)[:200]}") from error


def refuse_many_values(text: str) -> None:
    """Raise BodyUnreadable where the text may hold more values than any list of listings: an empty
    list of three characters takes 80 bytes of memory, a name 230. Each value but the first follows
    one of these signs; those within texts are counted too."""
    if sum(map(text.count, ",[{")) > MAX_JSON_VALUES:
        raise BodyUnreadable(f"The body holds more than {MAX_JSON_VALUES:,} values.")


def refuse_constant(name: str) -> None:
    """NaN and the infinities are no JSON."""
    raise ValueError(f"{name} is not a JSON number")


def unique_names(pairs: list[tuple[str, Any]]) -> dict:
    """An object; a name given twice would leave one of its values out silently."""
    if len(pairs) > MAX_JSON_NAMES:
        raise BodyUnreadable(f"An object holds more than {MAX_JSON_NAMES:,} names.")
    named = dict(pairs)
    if len(named) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        error = FieldError(shown(twice), "is given more than once")
        raise BodyUnreadable(f"The field {shown(twice)} is given more than once.", [error])
    return named


def read_whole(request: Request, max_bytes: int) -> bytes:
    """The body's bytes, at most so many."""
    allow_one_byte_more(request, max_bytes)
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise too_large(max_bytes) from error
    except (OSError, ClientDisconnected) as error:
        raise BodyBroken("The body broke off or is framed wrongly.") from error
    if len(body) > max_bytes:
        raise too_large(max_bytes)
    refuse_cut_off(request, len(body))
    return body


def refuse_cut_off(request: Request, received_bytes: int) -> None:
    """Gunicorn ends a body where its client does, whatever its length was said to be."""
    if received_bytes < (request.content_length or 0):
        raise BodyBroken(
            f"The body broke off after {received_bytes} of {request.content_length} bytes."
        )


def allow_one_byte_more(request: Request, max_bytes: int) -> None:
    """Werkzeug cuts a chunked body at its limit without a word; a byte more tells it from a whole
    one."""
    request.max_content_length = max_bytes + 1


class SpoolingRequest(Request):
    """A request whose uploaded files wait in the service's own folder: `/tmp` may be memory."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._spooled: list[IO[bytes]] = []

    def _get_file_stream(self, *_args, **_options) -> IO[bytes]:
        """See Werkzeug's Request._get_file_stream."""
        folder = made(current_app.extensions["price_service"].settings.spool_dir)
        # Closed with the request.
        # pylint: disable-next=consider-using-with
        self._spooled.append(tempfile.SpooledTemporaryFile(SMALL_FILE_BYTES, dir=folder))
        return self._spooled[-1]

    def close(self) -> None:
        """Close the files, those of a form that could not be read to its end too."""
        for spooled in self._spooled:
            with contextlib.suppress(OSError):  # what is written last may find no room either
                spooled.close()


def spool_csv(request: Request, max_bytes: int, folder: Path) -> TextIO:
    """The CSV of a raw body or of the form field `file` as a temporary file, known to be UTF-8;
    a byte order mark is no part of it."""
    refuse_encodings(request)
    allow_one_byte_more(request, max_bytes)
    with body_errors(max_bytes), contextlib.ExitStack() as until_handed_over:
        spooled = until_handed_over.enter_context(spool_of(request, folder))
        try:
            if request.mimetype == "text/csv":
                copy_as_utf8(request.stream, spooled, max_bytes)
            else:  # Werkzeug has written it
                copy_as_utf8(spooled, None, max_bytes)
        except UnicodeDecodeError as error:
            spooled.seek(0)
            raise BodyUnreadable(not_utf8(spooled.read(SNIFFED_BYTES))) from error
        if request.mimetype == "text/csv":  # a form ends with its boundary, or is none
            refuse_cut_off(request, spooled.tell())
        spooled.seek(0)
        until_handed_over.pop_all()
        return io.TextIOWrapper(spooled, encoding="utf-8-sig", newline="")


@contextlib.contextmanager
def body_errors(max_bytes: int) -> Iterator[None]:
    """Translate what can go wrong while a body is read, and written to the spool."""
    try:
        yield
    except RequestEntityTooLarge as error:
        raise too_large(max_bytes) from error
    except (OSError, ClientDisconnected) as error:
        if getattr(error, "errno", None) in DISK_ERRORS:
            raise SpoolUnwritable("The service has no room for the file now.") from error
        raise BodyBroken("The body broke off or is framed wrongly.") from error


def made(folder: Path) -> Path:
    """Return the folder, which is there."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def spool_of(request: Request, folder: Path) -> IO[bytes]:
    """Return the file on disk that a raw body goes to, or that a form's file is in."""
    if request.mimetype == "text/csv":
        charset = request.mimetype_params.get("charset", "utf-8").lower()
        if charset not in ("utf-8", "utf8", "us-ascii"):
            raise MediaTypeRefused("Send the CSV in UTF-8.")
        return tempfile.TemporaryFile(dir=made(folder))
    if request.mimetype != "multipart/form-data":
        raise MediaTypeRefused("Send text/csv, or multipart/form-data with the field `file`.")
    if "file" not in request.files:
        missing = FieldError("file", "is required")
        raise BodyUnreadable("The form has no file in its field `file`.", [missing])
    # A handle of its own: Flask closes the request's before the answer is streamed.
    spooled = os.fdopen(os.dup(request.files["file"].stream.fileno()), "rb")
    spooled.seek(0)
    return spooled


def copy_as_utf8(source: IO[bytes], target: IO[bytes] | None, max_bytes: int) -> None:
    """Read piece by piece, decoding along the way to find what is not UTF-8, and copy it where a
    target is given."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    read_bytes = 0
    while piece := source.read(PIECE_BYTES):
        read_bytes += len(piece)
        if read_bytes > max_bytes:
            raise too_large(max_bytes)
        if target is not None:
            target.write(piece)
        decoder.decode(piece)
    decoder.decode(b"", final=True)


def refuse_encodings(request: Request) -> None:
    """Compressed bodies are not unpacked: a few bytes could become gigabytes."""
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding != "identity":
        raise MediaTypeRefused(f"Content-Encoding {encoding[:40]} is not taken; send it plain.")


def too_large(max_bytes: int) -> BodyTooLarge:
    """The refusal of a body past its limit."""
    return BodyTooLarge(f"The body is larger than the limit of {max_bytes / 2**20:g} MiB.")
