"""Credentials that stand in an address are in no message and no log of the pipeline."""

import logging
import threading
import traceback
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from vehicle_pricing import data_steps, download, feedback, model_steps
from vehicle_pricing.addresses import split_login, without_credentials
from vehicle_pricing.errors import PipelineError
from vehicle_pricing.registry import Registry
from vehicle_pricing.retraining import ask_monitor
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage

SECRET = "S3cret/P@w:d"
QUOTED = "S3cret%2FP%40w%3Ad"


@pytest.fixture
def refusing():
    """A server that answers 401 and keeps what it was sent: its port, the sign-ins."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers.get("Authorization", ""))
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, seen
    server.shutdown()
    thread.join()
    server.server_close()


def settings(tmp_path, **changes):
    return Settings(data_uri=str(tmp_path / "data"), dataset="sample", **changes)


def fetch(chosen):
    return download.fetch(chosen, Storage.from_settings(chosen))


def mlflow_with_login(tmp_path, port):
    uri = f"http://admin:{QUOTED}@127.0.0.1:{port}"
    return model_steps.rollback(settings(tmp_path, mlflow_tracking_uri=uri))


def mlflow_database(tmp_path, _):
    uri = f"postgresql+psycopg2://mlflow:{QUOTED}@127.0.0.1:9/mlflow?password={QUOTED}"
    registry = Registry(f"sqlite:///{tmp_path / 'mlflow.db'}")
    registry.tracking_uri = uri  # MLflow itself would try for minutes
    return registry.version("1")


def monitor(_, port):
    return ask_monitor(f"http://watch:{QUOTED}@127.0.0.1:{port}")


def monitor_down(*_):
    return ask_monitor(f"http://watch:{QUOTED}@127.0.0.1:9")


def log_down(tmp_path, _):
    url = f"postgresql+psycopg2://reader:{QUOTED}@127.0.0.1:9/predictions"
    return feedback.labelled(settings(tmp_path, prediction_log_url=url))


def log_of_no_kind(tmp_path, _):
    url = f"postgres://reader:{SECRET}@127.0.0.1:9/predictions"
    return feedback.labelled(settings(tmp_path, prediction_log_url=url))


def log_of_no_port(tmp_path, _):
    url = f"postgresql://reader@127.0.0.1:{SECRET}/predictions"
    return feedback.labelled(settings(tmp_path, prediction_log_url=url))


def archive_on_s3(tmp_path, _):
    chosen = settings(tmp_path, s3_endpoint_url="http://127.0.0.1:9")
    return fetch(chosen.model_copy(update={"dataset": f"s3://key:{QUOTED}@bucket/v.zip"}))


def data_on_s3(tmp_path, _):
    chosen = settings(tmp_path, s3_endpoint_url="http://127.0.0.1:9")
    chosen = chosen.model_copy(update={"data_uri": f"s3://key:{QUOTED}@bucket/data"})
    return Storage.from_settings(chosen).latest_dataset()


def archive_elsewhere(tmp_path, _):
    return fetch(
        settings(tmp_path).model_copy(update={"dataset": f"https://me:{QUOTED}@host/v.zip"})
    )


def dask(tmp_path, _):
    chosen = settings(tmp_path, dask_scheduler=f"nothing://me:{QUOTED}@127.0.0.1:9")
    archive = data_steps.download(settings(tmp_path))
    return data_steps.prepare(chosen, archive)


WAYS = (
    *(mlflow_with_login, mlflow_database, monitor, monitor_down, log_down, log_of_no_kind),
    *(log_of_no_port, data_on_s3, archive_on_s3, archive_elsewhere, dask),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_message_and_no_log_shows_credentials(way, tmp_path, refusing, monkeypatch, caplog):
    for part in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{part}", raising=False)
    caplog.set_level(logging.INFO)
    with pytest.raises(PipelineError) as raised:
        way(tmp_path, refusing[0])
    shown = "".join([str(raised.value), caplog.text])
    assert "S3cret" not in shown


@pytest.mark.parametrize(
    "way", [mlflow_with_login, monitor, monitor_down, log_down, log_of_no_kind]
)
def test_what_airflow_shows_of_a_failure_has_no_credentials(way, tmp_path, refusing, monkeypatch):
    for part in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{part}", raising=False)
    with pytest.raises(PipelineError) as raised:
        way(tmp_path, refusing[0])
    assert "S3cret" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("way", [mlflow_with_login, monitor])
def test_the_login_in_an_address_is_used(way, tmp_path, refusing, monkeypatch):
    for part in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{part}", raising=False)
    with pytest.raises(PipelineError):
        way(tmp_path, refusing[0])
    kind, code = refusing[1][0].split()
    assert kind == "Basic" and b64decode(code).decode().endswith(f":{SECRET}")


@pytest.mark.parametrize(
    "text, shown",
    [
        ("http://a:b@host:1/x", "http://host:1/x"),
        ("at 'postgresql://a:b/c@d@host/x'; check", "at 'postgresql://host/x'; check"),
        (
            "postgresql://host/x?user=a&password=b&c=d",
            "postgresql://host/x?user=a&password=***&c=d",
        ),
        ("http://host:1/x and me@example.org", "http://host:1/x and me@example.org"),
        ("nothing", "nothing"),
    ],
)
def test_only_credentials_are_taken_out(text, shown):
    assert without_credentials(text) == shown


def test_an_address_without_a_login_stays_as_it_is():
    assert split_login("sqlite:////tmp/a@b.db") == ("sqlite:////tmp/a@b.db", None)
    assert split_login("http://host:5000") == ("http://host:5000", None)
