"""The download from Kaggle with Kaggle's own package, against a stand-in for its server."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from kagglesdk import kaggle_env

from vehicle_pricing import data_steps, sample
from vehicle_pricing.archive import sha256_of
from vehicle_pricing.errors import ArchiveError, DownloadError
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage, archive_card_path

DOWNLOAD = "/v1/datasets.DatasetApiService/DownloadDataset"
ENDPOINTS = vars(kaggle_env)["_env_to_endpoint"]
ARCHIVE = "/storage/archive.zip"
INTROSPECT = "/v1/security.OAuthService/IntrospectToken"


class Kaggle:
    """What the stand-in answers: a status, a body, and after how many bytes it hangs up."""

    def __init__(self):
        self.status, self.body = 200, b""
        self.cuts: list[int] = []
        self.token_is_active = True
        self.requests: list[str] = []


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's `kaggle` says: like Kaggle, it sends one on to where files are."""

    def do_POST(self):
        kaggle = self.server.kaggle
        kaggle.requests.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == INTROSPECT:
            active = b'{"active": true, "username": "ada"}'
            self.answer(200, active if kaggle.token_is_active else b'{"active": false}')
        elif self.path == DOWNLOAD and kaggle.status == 200:
            self.send_response(302)
            self.send_header("Location", ARCHIVE)
            self.end_headers()
        else:
            self.answer(kaggle.status, kaggle.body)

    def do_GET(self):
        kaggle = self.server.kaggle
        kaggle.requests.append(self.path)
        self.answer(200, kaggle.body, kaggle.cuts.pop(0) if kaggle.cuts else None)

    def answer(self, status, body, cut=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])

    def log_message(self, *_):
        """Keep the tests' output clean."""


@pytest.fixture
def kaggle(monkeypatch, tmp_path):
    """A stand-in for Kaggle that its package talks to, with an account in the environment."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.kaggle = Kaggle()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setitem(ENDPOINTS, kaggle_env.KaggleEnv.PROD, url)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KAGGLE_API_TOKEN", raising=False)
    monkeypatch.setenv("KAGGLE_USERNAME", "ada")
    monkeypatch.setenv("KAGGLE_KEY", "key")
    # Kaggle's package waits for a minute in all between its tries.
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    yield server.kaggle
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(kaggle, tmp_path):
    """Settings that name Kaggle by its keys alone."""
    return Settings(data_uri=str(tmp_path / "data"))


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "kaggle.zip"
    sample.write_archive(path, 1500)
    return path


def files_left(tmp_path):
    return [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_with_keys_the_archive_comes_from_kaggle(kaggle, settings, archive):
    kaggle.body = archive.read_bytes()
    sha256 = data_steps.download(settings)
    assert sha256 == sha256_of(archive)
    card = Storage.from_settings(settings).read_json(archive_card_path(sha256))
    assert (card["source"], card["synthetic"]) == ("kaggle", False)
    assert data_steps.prepare(settings, sha256)


def test_a_token_is_enough(kaggle, settings, archive, monkeypatch):
    monkeypatch.delenv("KAGGLE_USERNAME")
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
    kaggle.body = archive.read_bytes()
    assert data_steps.download(settings) == sha256_of(archive)
    assert INTROSPECT in kaggle.requests


def test_nothing_is_printed(kaggle, settings, archive, capsys):
    kaggle.body = archive.read_bytes()
    data_steps.download(settings)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "status, advice",
    [
        (401, "Kaggle does not accept the key: set KAGGLE_USERNAME and KAGGLE_KEY"),
        (403, "accept the data set's terms"),
        (404, "Kaggle has no data set austinreese/craigslist-carstrucks-data"),
        (500, "Kaggle answers 500"),
    ],
)
def test_a_refusal_says_what_to_do_and_leaves_nothing(kaggle, settings, tmp_path, status, advice):
    kaggle.status, kaggle.body = status, b'{"message": "no"}'
    with pytest.raises(DownloadError, match=advice):
        data_steps.download(settings)
    assert not files_left(tmp_path)


def test_without_an_account_it_says_which_variables_to_set(kaggle, settings, tmp_path, monkeypatch):
    monkeypatch.delenv("KAGGLE_KEY")
    with pytest.raises(DownloadError, match="no account: set KAGGLE_USERNAME"):
        data_steps.download(settings)
    assert not files_left(tmp_path)


def test_a_token_that_ran_out_says_which_variables_to_set(kaggle, settings, monkeypatch):
    monkeypatch.delenv("KAGGLE_KEY")
    monkeypatch.setenv("KAGGLE_API_TOKEN", "old")
    kaggle.token_is_active = False
    with pytest.raises(DownloadError, match="no account: set KAGGLE_USERNAME"):
        data_steps.download(settings)


def test_a_connection_cut_midway_is_tried_again(kaggle, settings, archive):
    kaggle.body = archive.read_bytes()
    kaggle.cuts = [len(kaggle.body) // 2]
    assert data_steps.download(settings) == sha256_of(archive)
    assert kaggle.requests.count(ARCHIVE) == 2


def test_a_connection_that_is_always_cut_midway_fails_and_leaves_nothing(
    kaggle, settings, archive, tmp_path
):
    kaggle.body = archive.read_bytes()
    kaggle.cuts = [len(kaggle.body) // 2] * 20
    with pytest.raises(DownloadError, match="check the network and run this again"):
        data_steps.download(settings)
    assert not files_left(tmp_path)


def test_an_answer_that_is_no_zip_fails_and_leaves_nothing(kaggle, settings, tmp_path):
    kaggle.body = b"<html>maintenance</html>"
    with pytest.raises(ArchiveError, match="is a web page.*download the file itself"):
        data_steps.download(settings)
    assert not files_left(tmp_path)


def test_a_server_that_is_not_there_fails_and_leaves_nothing(
    kaggle, settings, tmp_path, monkeypatch
):
    dead = "http://127.0.0.1:9"
    monkeypatch.setitem(ENDPOINTS, kaggle_env.KaggleEnv.PROD, dead)
    with pytest.raises(DownloadError, match="check the network"):
        data_steps.download(settings)
    assert not files_left(tmp_path)
