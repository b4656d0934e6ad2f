import errno
import os
import threading
import time

import pandas as pd
import pytest

from vehicle_pricing.errors import DataSetError, MissingObjectError, StorageError
from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import (
    ABANDONED_AFTER_SECONDS,
    PART_PREFIX,
    Storage,
    archive_path,
    dataset_path,
    remedy,
)


@pytest.fixture
def storage(tmp_path):
    return Storage.from_settings(Settings(data_uri=str(tmp_path / "data")))


def test_paths_are_those_of_the_contract():
    assert archive_path("abc") == "archives/abc.zip"
    assert dataset_path("v1", "train.parquet") == "datasets/v1/train.parquet"


def test_a_frame_comes_back_with_its_types_and_its_missing_values(storage):
    frame = pd.DataFrame(
        {
            "model": pd.Series(["škoda yeti", None], dtype="str"),
            "size": pd.Series([None, None], dtype="str"),
            "odometer": [1.0, None],
            "posting_date": pd.to_datetime(["2021-04-04 01:02:03", "2021-04-05 00:00:00"]),
        }
    )
    storage.write_frame(frame, "datasets/v1/train.parquet")
    back = storage.read_frame("datasets/v1/train.parquet")
    pd.testing.assert_frame_equal(back, frame)
    assert back["size"].dtype == "str"
    assert list(storage.read_frame("datasets/v1/train.parquet", ["model"])) == ["model"]


def test_json_and_files_come_back_as_they_were(storage, tmp_path):
    storage.write_json({"make": "citroën"}, "a/b.json")
    assert storage.read_json("a/b.json") == {"make": "citroën"}
    (tmp_path / "in.bin").write_bytes(b"\x00\x01")
    storage.put_file(tmp_path / "in.bin", "a/c.bin")
    storage.get_file("a/c.bin", tmp_path / "out.bin")
    assert (tmp_path / "out.bin").read_bytes() == b"\x00\x01"
    assert storage.list("a") == ["a/b.json", "a/c.bin"]
    assert storage.list("nothing") == []


def test_a_write_that_fails_leaves_the_old_file_and_no_part(storage, tmp_path):
    storage.write_json({"whole": True}, "a/b.json")
    with pytest.raises(ZeroDivisionError):
        with storage.writing("a/b.json") as part:
            part.write_text("half")
            raise ZeroDivisionError
    assert storage.read_json("a/b.json") == {"whole": True}
    assert [path.name for path in (tmp_path / "data").rglob("*") if path.is_file()] == ["b.json"]
    assert not list((tmp_path / "data").rglob(PART_PREFIX + "*"))


def test_what_is_not_there_is_named(storage):
    with pytest.raises(MissingObjectError, match="datasets/x/train.parquet"):
        storage.read_frame("datasets/x/train.parquet")
    with pytest.raises(DataSetError, match="run create_datasets"):
        storage.dataset_card("x")


def test_the_latest_data_set_is_the_one_made_last_and_whole(storage):
    assert storage.latest_dataset() is None
    for version, made in (("b", "2026-01-02T00:00:00+00:00"), ("a", "2026-01-03T00:00:00+00:00")):
        storage.write_json(
            {"version": version, "created_at": made}, f"datasets/{version}/card.json"
        )
    storage.write_json({}, "datasets/c/preparation.json")
    assert storage.latest_dataset() == "a"


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    storage = Storage.from_settings(Settings(data_uri=str(tmp_path / "file")))
    with pytest.raises(StorageError, match="DATA_URI"):
        storage.write_json({}, "a/b.json")


def test_a_full_disk_is_a_clear_error(storage):
    with pytest.raises(StorageError, match="the disk is full: free some space"):
        storage.adopt(FullDisk("part"), "a/b.json")


class FullDisk(os.PathLike):
    """A path on a disk without space."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        raise OSError(errno.ENOSPC, "No space left on device", str(self.path))


@pytest.mark.parametrize(
    "message, advice",
    [
        ("AWS Error NO_SUCH_BUCKET during PutObject", "create the bucket"),
        ("AWS Error ACCESS_DENIED during HeadObject", "S3_ACCESS_KEY"),
        ("curlCode: 7, Couldn't connect to server", "S3_ENDPOINT_URL"),
        ("something else", "DATA_URI"),
    ],
)
def test_the_advice_fits_the_failure_of_s3(message, advice):
    assert advice in remedy(OSError(message), is_local=False)


def test_parts_of_writers_that_were_killed_are_removed_and_those_of_others_stay(storage, tmp_path):
    left = tmp_path / "data/a/.part-left"
    left.mkdir(parents=True)
    (left / "half.zip").write_text("half")
    with storage.scratch("a") as used:
        (used / "half.zip").write_text("half")
        long_ago = time.time() - ABANDONED_AFTER_SECONDS - 60
        for folder in (left, used):
            os.utime(folder, (long_ago, long_ago))
        assert storage.remove_abandoned_parts() == 1
        assert (left.exists(), used.exists()) == (False, True)
        assert storage.list("") == []


def test_parts_that_their_writers_take_away_meanwhile_are_no_fault(storage, tmp_path):
    over, taken, removed = threading.Event(), [], []

    def write():
        while not over.is_set():
            with storage.scratch("a/b") as folder:
                taken.append(folder)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        while len(taken) < 100:
            removed.append(storage.remove_abandoned_parts())
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert set(removed) == {0}
    assert list((tmp_path / "data/a/b").iterdir()) == []
