"""Request bodies: their type, their size, and JSON read strictly."""

import codecs
import contextlib
import io
import json
import tempfile
from typing import IO, Any, TextIO

from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from price_service.errors import (
    BodyBroken,
    BodyTooLarge,
    BodyUnreadable,
    FieldError,
    MediaTypeRefused,
)
from price_service.validation import shown

PIECE_BYTES = 2**20


def read_json(request: Request, most_bytes: int) -> Any:
    """The body as a JSON value, refused for anything that RFC 8259 does not allow."""
    refuse_encodings(request)
    if request.mimetype != "application/json":
        raise MediaTypeRefused("Send the body as application/json.")
    try:
        text = read_whole(request, most_bytes).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BodyUnreadable(f"The body is not UTF-8 at byte {error.start}.") from error
    return parse_json(text)


def parse_json(text: str) -> Any:
    """A JSON value; neither NaN, nor a name given twice, nor endless nesting."""
    if not text.strip():
        raise BodyUnreadable("The body is empty.")
    try:
        return json.loads(text, parse_constant=refuse_constant, object_pairs_hook=unique_names)
    except RecursionError as error:
        raise BodyUnreadable("The body is nested too deeply.") from error
    except ValueError as error:
        raise BodyUnreadable(f"The body is not JSON: {str(error)[:200]}") from error


def refuse_constant(name: str) -> None:
    """NaN and the infinities are no JSON."""
    raise ValueError(f"{name} is not a JSON number")


def unique_names(pairs: list[tuple[str, Any]]) -> dict:
    """An object; a name given twice would leave one of its values out silently."""
    named = dict(pairs)
    if len(named) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        error = FieldError(shown(twice), "is given more than once")
        raise BodyUnreadable(f"The field {shown(twice)} is given more than once.", [error])
    return named


def read_whole(request: Request, most_bytes: int) -> bytes:
    """The body's bytes, at most so many."""
    allow_one_byte_more(request, most_bytes)
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise too_large(most_bytes) from error
    except (OSError, ClientDisconnected) as error:
        raise BodyBroken("The body broke off or is framed wrongly.") from error
    if len(body) > most_bytes:
        raise too_large(most_bytes)
    refuse_cut_off(request, len(body))
    return body


def refuse_cut_off(request: Request, received_bytes: int) -> None:
    """Gunicorn ends a body where its client does, whatever its length was said to be."""
    if received_bytes < (request.content_length or 0):
        raise BodyBroken(
            f"The body broke off after {received_bytes} of {request.content_length} bytes."
        )


def allow_one_byte_more(request: Request, most_bytes: int) -> None:
    """Werkzeug cuts a chunked body at its limit without a word; a byte more tells it from a whole
    one."""
    request.max_content_length = most_bytes + 1


def spool_csv(request: Request, most_bytes: int) -> TextIO:
    """The CSV of a raw body or of the form field `file` as a temporary file, known to be UTF-8;
    a byte order mark is no part of it."""
    refuse_encodings(request)
    allow_one_byte_more(request, most_bytes)
    with contextlib.ExitStack() as until_handed_over:
        spooled = until_handed_over.enter_context(tempfile.TemporaryFile())
        try:
            copy_as_utf8(csv_stream(request), spooled, most_bytes)
        except RequestEntityTooLarge as error:
            raise too_large(most_bytes) from error
        except (OSError, ClientDisconnected) as error:
            raise BodyBroken("The body broke off or is framed wrongly.") from error
        except UnicodeDecodeError as error:
            raise BodyUnreadable("The file is not UTF-8.") from error
        if request.mimetype == "text/csv":  # a form ends with its boundary, or is none
            refuse_cut_off(request, spooled.tell())
        spooled.seek(0)
        until_handed_over.pop_all()
        return io.TextIOWrapper(spooled, encoding="utf-8-sig", newline="")


def csv_stream(request: Request) -> IO[bytes]:
    """Where the CSV is read from."""
    if request.mimetype == "text/csv":
        charset = request.mimetype_params.get("charset", "utf-8").lower()
        if charset not in ("utf-8", "utf8", "us-ascii"):
            raise MediaTypeRefused("Send the CSV in UTF-8.")
        return request.stream
    if request.mimetype != "multipart/form-data":
        raise MediaTypeRefused("Send text/csv, or multipart/form-data with the field `file`.")
    if "file" not in request.files:
        missing = FieldError("file", "is required")
        raise BodyUnreadable("The form has no file in its field `file`.", [missing])
    return request.files["file"].stream


def copy_as_utf8(source: IO[bytes], target: IO[bytes], most_bytes: int) -> None:
    """Copy piece by piece, decoding along the way to find what is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    copied_bytes = 0
    while piece := source.read(PIECE_BYTES):
        copied_bytes += len(piece)
        if copied_bytes > most_bytes:
            raise too_large(most_bytes)
        decoder.decode(piece)
        target.write(piece)
    decoder.decode(b"", final=True)


def refuse_encodings(request: Request) -> None:
    """Compressed bodies are not unpacked: a few bytes could become gigabytes."""
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding != "identity":
        raise MediaTypeRefused(f"Content-Encoding {encoding[:40]} is not taken; send it plain.")


def too_large(most_bytes: int) -> BodyTooLarge:
    """The refusal of a body past its limit."""
    return BodyTooLarge(f"The body is larger than the limit of {most_bytes / 2**20:g} MiB.")
