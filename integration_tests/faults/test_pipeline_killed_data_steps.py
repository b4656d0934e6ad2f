"""`download`, `prepare` and `split` are killed at every file that they write, and run again."""

import os

import pytest

from vehicle_pricing.settings import Settings
from vehicle_pricing.storage import ABANDONED_AFTER_SECONDS, Storage

from integration_tests.faults.pipeline_steps import DATA_STEPS, Moment, Steps
from integration_tests.stack import where_still_there

MOMENTS = {
    "download": (
        Moment("open", "/archive.zip"),  # nothing of the archive is there
        Moment("open", "/archive.zip", 2),  # it is written, and not checked
        Moment("os.rename", ".zip"),  # it is checked, and not kept
        Moment("os.rename", ".json"),  # it is kept, its card is not
    ),
    "prepare": (
        Moment("open", ".zip", 2),  # the folder is made, nothing is read
        Moment("os.rename", "rejected.parquet"),
        Moment("os.rename", "listings.parquet"),
        Moment("os.rename", "feedback.parquet"),
        Moment("os.rename", "held_back.parquet"),
        Moment("os.rename", "preparation.json"),  # all is there, and not told
    ),
    "split": (
        Moment("os.rename", "train.parquet"),
        Moment("os.rename", "validation.parquet"),
        Moment("os.rename", "test.parquet"),
        Moment("os.rename", "card.json"),  # all is there, and not told
    ),
}
CASES = [(step, moment) for step, moments in MOMENTS.items() for moment in moments]


@pytest.fixture(scope="module", name="undisturbed")
def place_where_nothing_happened(tmp_path_factory):
    """The steps in a folder where a data set was made without a kill."""
    steps = Steps(tmp_path_factory.mktemp("undisturbed") / "place")
    steps.version = steps.make_dataset()
    return steps


@pytest.fixture(name="place")
def place_of_one_drill(tmp_path):
    """The steps in an empty folder."""
    return Steps(tmp_path / "place")


def datasets(place):
    """The data sets that are taken for whole."""
    return Storage.from_settings(Settings(data_uri=str(place.data))).latest_dataset()


@pytest.mark.parametrize("step, moment", CASES, ids=[f"{s}-{m.text}-{m.count}" for s, m in CASES])
def test_a_step_killed_before_a_write_and_run_again_makes_the_same_bytes(
    place, undisturbed, step, moment
):
    command = place.command(step)
    place.killed_at(moment, *command)
    left = place.kept()
    assert (
        left.items() <= undisturbed.kept().items()
    ), "no half file stands under a whole one's name"
    assert datasets(place) is None, "half a data set is none"
    made = place.run(*command)
    for later in DATA_STEPS[DATA_STEPS.index(step) + 1 :]:
        made = place.run(later, made)
    assert made == undisturbed.version == datasets(place)
    assert place.kept() == undisturbed.kept()


def size(path):
    """The bytes of a file; 0 where it has just been renamed."""
    with where_still_there():
        return path.stat().st_size
    return 0


@pytest.mark.parametrize("step", ["download", "prepare"])
def test_a_step_killed_in_the_middle_of_a_file_leaves_no_half_file_under_its_name(tmp_path, step):
    place = Steps(tmp_path / "place", SAMPLE_ROWS="60000")
    command = place.command(step)
    whole = place.kept()

    def half_written():
        return [path for path in place.parts() if path.name != ".lock" and size(path) > 4]

    place.killed_when(half_written, f"{step} in the middle of a file", *command)
    assert half_written(), "the kill left a half file"
    assert place.kept() == whole
    assert place.run(*command)
    assert place.kept().keys() > whole.keys()


def test_the_next_run_clears_away_what_a_killed_one_left(place):
    place.killed_at(Moment("os.rename", ".zip"), "download")
    (left,) = {path.parent for path in place.parts()}
    long_ago = left.stat().st_mtime - 2 * ABANDONED_AFTER_SECONDS
    os.utime(left, (long_ago, long_ago))
    place.run("download")
    assert place.parts() == []
