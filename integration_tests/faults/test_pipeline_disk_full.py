"""The disk is full under a step: it says so, keeps nothing half, and works once there is space."""

import os
import subprocess
from pathlib import Path

import pytest

from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import Storage

from integration_tests.faults.pipeline_steps import Steps

ADVICE = "the disk is full: free some space and run this again"


@pytest.fixture(name="place")
def small_disk(tmp_path):
    """The steps on a disk of 8 MB of its own, which a file can fill."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        steps = Steps(tmp_path / "place", DATA_URI=str(disk / "data"))
        steps.data = disk / "data"
        yield steps
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(place, left_bytes) -> Path:
    """Take the disk's space but for so much; the file to remove again."""
    free = os.statvfs(place.data.parent)
    filler = place.data.parent / "filler"
    filler.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - left_bytes)))
    return filler


def latest(place):
    """The data set that is taken for whole."""
    return Storage.from_settings(Settings(data_uri=str(place.data))).latest_dataset()


@pytest.mark.parametrize("left_bytes", [16_384, 100_000])
@pytest.mark.parametrize("step", ["download", "prepare", "split"])
def test_a_step_on_a_full_disk_says_so_and_works_once_there_is_space(place, step, left_bytes):
    command = place.command(step)
    place.data.mkdir(exist_ok=True)
    before, filler = place.kept(), fill(place, left_bytes)
    assert ADVICE in place.refused(*command)
    filler.unlink()
    assert latest(place) is None
    assert place.parts() == []
    assert before.items() <= place.kept().items()
    place.run(*command)
    assert place.make_dataset() == latest(place)
