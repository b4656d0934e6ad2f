"""Bodies in chunks, of which all that is not body has an end too."""

import io

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import InvalidChunkSize
from gunicorn.http.unreader import Unreader

MOST_FRAMING_BYTES = 64 * 1024


class BoundedChunks(ChunkedReader):
    """Gunicorn's reader keeps all of a chunk's first line, and of the trailers, however long they
    get, and looks through all of it whenever more comes."""

    def get_data(self, unreader: Unreader, buf: io.BytesIO) -> None:
        """See ChunkedReader.get_data: read on for the end of a line; raises InvalidChunkSize."""
        if buf.tell() > MOST_FRAMING_BYTES:
            raise InvalidChunkSize(buf.getvalue()[:20])
        super().get_data(unreader, buf)
