import errno
import gzip
import io
import tarfile
import zipfile

import pytest

from vehicle_pricing import archive, download, sample
from vehicle_pricing.errors import ArchiveError, DownloadError
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage, archive_card_path, archive_path

CSV = b"id,price\n7300000001,12500\n"


@pytest.fixture
def fetch(tmp_path):
    """Fetches a data set into an empty storage; gives the hash, the storage, its card."""

    def fetched(dataset):
        settings = Settings(dataset=str(dataset), data_uri=str(tmp_path / "data"), sample_rows=1000)
        storage = Storage.from_settings(settings)
        sha256 = download.fetch(settings, storage)
        return sha256, storage, storage.read_json(archive_card_path(sha256))

    return fetched


@pytest.fixture
def archive_file(tmp_path):
    path = tmp_path / "craigslist-carstrucks-data.zip"
    sample.write_archive(path, 1000)
    return path


def kept_files(tmp_path):
    return [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_a_file_is_kept_under_its_hash_with_a_card(fetch, archive_file):
    sha256, storage, card = fetch(archive_file)
    assert sha256 == archive.sha256_of(archive_file)
    assert card == {
        "sha256": sha256,
        "source": str(archive_file),
        "synthetic": False,
        "bytes": archive_file.stat().st_size,
    }
    with storage.reading(archive_path(sha256)) as path:
        assert path.read_bytes() == archive_file.read_bytes()
    assert archive_file.exists()


def test_the_sample_is_synthetic_and_fetching_twice_keeps_one(fetch):
    first, storage, card = fetch("sample")
    again, _, _ = fetch("sample")
    assert first == again
    assert card["synthetic"] is True
    assert len(storage.list("archives")) == 2


@pytest.mark.parametrize("name, pack", [("v.csv", bytes), ("v.csv.gz", gzip.compress)])
def test_a_bare_csv_is_packed_and_the_same_csv_gives_the_same_hash(fetch, tmp_path, name, pack):
    (tmp_path / name).write_bytes(pack(CSV))
    sha256, storage, _ = fetch(tmp_path / name)
    assert fetch(tmp_path / name)[0] == sha256
    with storage.reading(archive_path(sha256)) as path, zipfile.ZipFile(path) as packed:
        assert packed.read("vehicles.csv") == CSV


def test_a_file_that_is_not_there_is_named_and_nothing_is_left(fetch, tmp_path):
    with pytest.raises(DownloadError, match="nowhere.zip: there is no such file"):
        fetch(tmp_path / "nowhere.zip")
    assert not kept_files(tmp_path)


@pytest.mark.parametrize("name", ["page.zip", "vehicles.csv", "vehicles"])
def test_a_web_page_is_refused_whatever_its_name_and_nothing_is_left(fetch, tmp_path, name):
    (tmp_path / name).write_bytes(b"<html>log in</html>")
    with pytest.raises(ArchiveError, match=f"{name} is a web page, such as a login"):
        fetch(tmp_path / name)
    assert not kept_files(tmp_path)


@pytest.mark.parametrize(
    "name", ["vehicles.tar.gz", "vehicles.tgz", "vehicles.tar", "vehicles.csv.gz"]
)
def test_a_tar_archive_is_refused_whatever_its_name(fetch, tmp_path, name):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:" if name.endswith(".tar") else "w:gz") as target:
        target.addfile(tarfile.TarInfo("vehicles.csv"))
    (tmp_path / name).write_bytes(content.getvalue())
    with pytest.raises(ArchiveError, match="tar.*: unpack it and give the CSV in it"):
        fetch(tmp_path / name)
    assert not kept_files(tmp_path)


def test_a_gzip_that_unpacks_to_too_much_is_refused_before_it_is_written(fetch, tmp_path):
    (tmp_path / "v.csv.gz").write_bytes(gzip.compress(CSV + b"0" * (60 * 1024**2)))
    with pytest.raises(ArchiveError, match="v.csv.gz unpacks to .* times its size: a bomb"):
        fetch(tmp_path / "v.csv.gz")
    assert not kept_files(tmp_path)


def test_a_gzip_of_more_than_any_data_set_is_refused(fetch, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1000)
    (tmp_path / "v.csv.gz").write_bytes(gzip.compress(CSV * 100))
    with pytest.raises(ArchiveError, match="not this data set"):
        fetch(tmp_path / "v.csv.gz")
    assert not kept_files(tmp_path)


def test_an_empty_file_is_no_archive(fetch, tmp_path):
    (tmp_path / "page.zip").write_bytes(b"")
    with pytest.raises(ArchiveError, match="no zip"):
        fetch(tmp_path / "page.zip")
    assert not kept_files(tmp_path)


def test_a_gzip_that_is_cut_short_is_refused_and_nothing_is_left(fetch, tmp_path):
    (tmp_path / "v.csv.gz").write_bytes(gzip.compress(CSV * 100)[:-12])
    with pytest.raises(ArchiveError, match="cut short"):
        fetch(tmp_path / "v.csv.gz")
    assert not kept_files(tmp_path)


def test_a_full_disk_is_a_clear_error():
    with pytest.raises(DownloadError, match="disk is full: free some space"):
        with download.named_disk_errors():
            raise OSError(errno.ENOSPC, "No space left on device")


def test_a_bucket_that_cannot_be_reached_is_a_clear_error(tmp_path):
    settings = Settings(
        dataset="s3://bucket/vehicles.zip",
        data_uri=str(tmp_path / "data"),
        s3_endpoint_url="http://127.0.0.1:9",
        s3_access_key="key",
        s3_secret_key="secret",
    )
    with pytest.raises(DownloadError, match="check the URI, S3_ENDPOINT_URL and the keys"):
        download.fetch(settings, Storage.from_settings(settings))
    assert not kept_files(tmp_path)
