"""Where an uploaded file waits while it is priced, and what happens when that is full."""

import errno
import io
import resource
import tempfile
from collections.abc import Iterator

import pytest

from price_service import create_app
from price_service.settings import Settings

from unit_tests.price_service.fake_model import FakeModel
from unit_tests.price_service.test_bad_input import assert_problem

CSV = b"year\n2014\n" + b"\n" * 2**21
BOUNDARY = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n%s\r\n--b--\r\n'
)


def raw(client):
    """Send the CSV as the body."""
    return client.post("/predict/csv", data=CSV, content_type="text/csv")


def form(client):
    """Send the CSV in a form's field."""
    kind = "multipart/form-data; boundary=b"
    return client.post("/predict/csv", data=BOUNDARY % CSV, content_type=kind)


@pytest.fixture(name="little_room")
def files_of_one_mebibyte() -> Iterator[None]:
    """No file may grow past 1 MiB: writing more fails with EFBIG, as on a full disk with ENOSPC."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("send", [raw, form])
def test_a_file_that_finds_no_room_is_503_with_a_time_to_try_again(client, little_room, send):
    reply = send(client)
    assert_problem(reply, 503)
    assert int(reply.headers["Retry-After"]) > 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("send", [raw, form])
def test_so_is_a_spool_that_cannot_be_written_for_another_reason(client, monkeypatch, send, number):
    def fail(*_args, **_options):
        raise OSError(number, "the disk says no")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", fail)
    reply = send(client)
    assert_problem(reply, 503)
    assert "Retry-After" in reply.headers


@pytest.mark.parametrize("send", [raw, form])
def test_the_next_file_is_priced_when_there_is_room_again(client, settings, send):
    settings.spool_dir.parent.joinpath("spool").write_text("in the way", encoding="ascii")
    assert_problem(send(client), 503)
    settings.spool_dir.unlink()
    with send(client) as reply:
        assert reply.status_code == 200


@pytest.mark.parametrize("send", [raw, form])
def test_files_wait_in_the_services_own_folder_once_and_leave_nothing(
    client, settings, monkeypatch, send
):
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/folder")
    with send(client) as reply:
        assert reply.status_code == 200
        assert reply.get_data().startswith(b"year,predicted_price,")
    assert settings.spool_dir.is_dir() and not list(settings.spool_dir.iterdir())


class BrokenOff(io.RawIOBase):
    """A body whose client goes away."""

    def readable(self):
        """See RawIOBase."""
        return True

    def readinto(self, buffer):
        """See RawIOBase."""
        raise ConnectionResetError("the client is gone")


@pytest.mark.parametrize("kind", ["text/csv", "multipart/form-data; boundary=b"])
def test_a_client_that_breaks_off_is_still_told_so(client, kind):
    environ = {"CONTENT_LENGTH": "500", "wsgi.input": io.BufferedReader(BrokenOff())}
    reply = client.post("/predict/csv", content_type=kind, environ_overrides=environ)
    assert_problem(reply, 400)


def test_limits_are_read_by_their_former_names_too(monkeypatch):
    monkeypatch.setenv("MOST_BODY_BYTES", "1000")
    monkeypatch.setenv("MOST_CSV_BYTES", "2000")
    settings = Settings()
    assert (settings.max_body_bytes, settings.max_csv_bytes) == (1000, 2000)
    monkeypatch.setenv("MAX_BODY_BYTES", "3000")
    assert Settings().max_body_bytes == 3000


def test_an_application_makes_no_folder_before_a_file_comes(settings):
    create_app(settings, FakeModel())
    assert not settings.spool_dir.exists()
