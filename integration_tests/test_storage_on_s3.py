"""The data sets on S3: the same steps and the same files as on a folder, on moto's server."""

from uuid import uuid4

import pandas as pd
import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs

from vehicle_pricing import data_steps, sample
from vehicle_pricing.errors import DownloadError, MissingObjectError, NoNewData, StorageError
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage, dataset_path


@pytest.fixture(scope="module")
def endpoint():
    """The address of moto's S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def settings(endpoint, tmp_path):
    """Settings of an empty bucket of its own."""
    made = Settings(
        dataset="sample",
        sample_rows=3000,
        data_uri=f"s3://bucket-{uuid4().hex}/vehicle-price",
        s3_endpoint_url=endpoint,
        s3_access_key="key",
        s3_secret_key="secret",
        prediction_log_url=f"sqlite:///{tmp_path / 'log.db'}",
    )
    client(made).create_dir(made.data_uri.split("/")[2])
    return made


def client(settings):
    """A file system that may make buckets."""
    return fs.S3FileSystem(
        access_key="key",
        secret_key="secret",
        endpoint_override=settings.s3_endpoint_url,
        region="us-east-1",
        allow_bucket_creation=True,
    )


def test_the_steps_make_the_same_data_set_as_on_a_folder(settings, tmp_path):
    local = settings.model_copy(update={"data_uri": str(tmp_path / "data")})
    versions, frames = [], []
    for place in (settings, local):
        archive = data_steps.download(place)
        versions.append(data_steps.split(place, data_steps.prepare(place, archive)))
        storage = Storage.from_settings(place)
        frames.append(storage.read_frame(dataset_path(versions[-1], "test.parquet")))
        assert storage.latest_dataset() == versions[-1]
    assert versions[0] == versions[1]
    pd.testing.assert_frame_equal(*frames)
    names = [Storage.from_settings(place).list("") for place in (settings, local)]
    assert names[0] == names[1]


def test_a_second_run_is_no_new_data(settings):
    archive = data_steps.download(settings)
    version = data_steps.split(settings, data_steps.prepare(settings, archive))
    with pytest.raises(NoNewData, match=version):
        data_steps.prepare(settings, data_steps.download(settings))


def test_an_archive_on_s3_is_a_data_set_too(settings, tmp_path):
    sample.write_archive(tmp_path / "a.zip", 1500)
    storage = Storage.from_settings(settings)
    storage.put_file(tmp_path / "a.zip", "incoming/a.zip")
    there = settings.model_copy(update={"dataset": f"{settings.data_uri}/incoming/a.zip"})
    sha256 = data_steps.download(there)
    assert storage.read_json(f"archives/{sha256}.json")["synthetic"] is False


def test_an_archive_that_is_not_on_s3_is_named(settings):
    there = settings.model_copy(update={"dataset": f"{settings.data_uri}/nowhere.zip"})
    with pytest.raises(DownloadError, match="nowhere.zip"):
        data_steps.download(there)


def test_files_and_json_come_back_as_they_were(settings, tmp_path):
    storage = Storage.from_settings(settings)
    storage.write_json({"make": "škoda"}, "a/b.json")
    assert storage.read_json("a/b.json") == {"make": "škoda"}
    storage.get_file("a/b.json", tmp_path / "b.json")
    assert "škoda" in (tmp_path / "b.json").read_text(encoding="utf-8")
    assert storage.exists("a/b.json") and not storage.exists("a/c.json")
    with pytest.raises(MissingObjectError, match="a/c.json"):
        storage.read_json("a/c.json")


def test_a_write_that_fails_leaves_the_old_object(settings):
    storage = Storage.from_settings(settings)
    storage.write_json({"whole": True}, "a/b.json")
    with pytest.raises(ZeroDivisionError):
        with storage.writing("a/b.json") as part:
            part.write_text("half")
            raise ZeroDivisionError
    assert storage.read_json("a/b.json") == {"whole": True}
    assert storage.list("a") == ["a/b.json"]


def test_a_bucket_that_is_not_there_is_a_clear_error(settings):
    nowhere = settings.model_copy(update={"data_uri": "s3://no-such-bucket/data"})
    storage = Storage.from_settings(nowhere)
    with pytest.raises(StorageError, match="create the bucket"):
        storage.write_json({}, "a.json")


def test_a_server_that_is_not_there_is_a_clear_error(settings):
    dead = settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"})
    with pytest.raises(StorageError, match="S3_ENDPOINT_URL"):
        Storage.from_settings(dead).write_json({}, "a.json")
