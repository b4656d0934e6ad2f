"""The tests' look into folders in which a running stack writes."""

import tempfile
import threading
from pathlib import Path

import pytest

from integration_tests.stack import files_below, where_still_there


def test_files_are_found_by_name_and_by_the_folder_they_are_in(tmp_path):
    for name in ("a/.part-1/x.parquet", "a/x.parquet", "b.log"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert sorted(files_below(tmp_path, "*.parquet")) == [
        tmp_path / "a/.part-1/x.parquet",
        tmp_path / "a/x.parquet",
    ]
    assert files_below(tmp_path, ".part-*/*") == [tmp_path / "a/.part-1/x.parquet"]
    assert len(files_below(tmp_path)) == 3 and files_below(tmp_path / "c") == []


def test_folders_that_come_and_go_meanwhile_are_no_fault(tmp_path):
    (tmp_path / "stays").touch()
    over, gone = threading.Event(), []

    def write():
        while not over.is_set():
            with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
                (Path(folder) / "part").touch()
            gone.append(folder)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(gone) < 100:
            assert tmp_path / "stays" in files_below(tmp_path)
    finally:
        over.set()
        writer.join()


def test_what_went_before_the_look_at_it_is_left_out_and_other_faults_are_not(tmp_path):
    with where_still_there():
        (tmp_path / "gone").read_bytes()
    with pytest.raises(IsADirectoryError):
        with where_still_there():
            tmp_path.read_bytes()
