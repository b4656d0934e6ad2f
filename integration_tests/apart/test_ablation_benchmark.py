"""benchmarks/ablation.py on a synthetic sample: the groups, the fits, the page of all archives."""

import datetime
import importlib
import sys
from pathlib import Path

import pytest

from vehicle_pricing.sample import write_archive

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PATCHED = ("ablation", "ablation_page", "common")
ROWS, TEST_DAYS = 6_000, 3
VARIABLES = ("DATASET", "DATA_URI", "PREDICTION_LOG_URL")
NAMES = ["age", "odometer", "trailing_zeros", "code_fuel", "code_title_status", "price_make"]
FIGURES = {"mae": 2_000.0, "worse": [10.0, -5.0, 25.0]}


@pytest.fixture(scope="module")
def ablation(tmp_path_factory):
    """The benchmark as a module that keeps its figures and its page elsewhere."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        for name in VARIABLES:
            patch.setenv(name, "")
        module, page, common = (importlib.import_module(name) for name in PATCHED)
        patch.setattr(common, "RESULTS", folder / "results.json")
        patch.setattr(page, "PAGE", folder / "docs" / "ablation.md")
        patch.setattr(module, "ROUNDS", 60)
        patch.setattr(module, "FITS", 2)
        yield module
    for name in (*PATCHED, "accuracy"):
        sys.modules.pop(name)


@pytest.fixture(scope="module")
def data(ablation, tmp_path_factory):
    """Listings, card, the last training day and the last test day."""
    folder = tmp_path_factory.mktemp("ablation")
    write_archive(folder / "sample.zip", ROWS)
    listings, card = sys.modules["accuracy"].prepared(folder / "sample.zip", folder)
    test_to = listings["posting_date"].max().date()
    return listings, card, test_to - datetime.timedelta(days=TEST_DAYS), test_to


@pytest.fixture(scope="module")
def entry(ablation, data):
    """What the benchmark measures of the sample."""
    return ablation.measured(*data)


def written(ablation, stem, entry):
    """The page after an archive was measured."""
    ablation.kept("ablation", {stem: entry}, merged=True)
    ablation.write_page()
    return sys.modules["ablation_page"].PAGE.read_text(encoding="utf-8")


def test_every_column_of_the_encoder_is_in_exactly_one_group(ablation, data):
    accuracy = sys.modules["accuracy"]
    splits = accuracy.by_day(*(data[index] for index in (0, 2, 3)))
    encoded = ablation.encode(splits, accuracy.described(splits, data[1], data[2]))
    groups = ablation.grouped(encoded.names)
    columns = [name for columns in groups.values() for name in columns]
    assert sorted(columns) == sorted(encoded.names)
    assert len(set(columns)) == len(columns)
    assert list(groups) == list(ablation.GROUPS), "the sample has every column there is"


def test_groups_are_added_one_after_the_other_and_left_out_one_at_a_time(ablation):
    groups = ablation.grouped(NAMES)
    added, left_out = ablation.adding(groups), ablation.leaving_out(groups)
    assert [len(arm.columns) for arm in added] == [2, 3, 4, 5, 6]
    assert [set(NAMES) - set(arm.columns) for arm in left_out] == [
        set(columns) for columns in groups.values()
    ]


def test_more_groups_never_end_far_worse(entry):
    errors = [one["mae"] for one in entry["added"]]
    assert len(errors) == 9
    assert all(later < 1.05 * before for before, later in zip(errors, errors[1:]))
    assert errors[-1] < 0.8 * errors[0]


def test_each_arm_is_compared_with_the_whole(entry):
    whole = entry["added"][-1]
    assert whole["worse"] == [0.0, 0.0, 0.0]
    assert [one["name"] for one in entry["added"]] == [one["name"] for one in entry["left_out"]]
    for one in entry["left_out"] + entry["otherwise"]:
        mean, low, high = one["worse"]
        assert mean == pytest.approx(one["mae"] - whole["mae"])
        assert low <= mean <= high
    aged = next(one for one in entry["left_out"] if one["name"] == "year and mileage")
    assert aged["worse"][1] > 0, "no model does without year and mileage"
    assert all(one["mae"] != whole["mae"] for one in entry["otherwise"])


def test_the_page_has_a_row_for_each_group_and_each_other_change(ablation, entry):
    page = written(ablation, "sample", entry)
    for one in entry["left_out"] + entry["otherwise"]:
        (line,) = [line for line in page.splitlines() if line.startswith(f"| {one['name']} |")]
        assert f"| {one['mae']:,.0f} |" in line
    assert f"{entry['rows']['train']:,} vehicles" in page and "make ablation" in page


def test_an_archive_measured_again_leaves_the_section_of_the_other(ablation, entry):
    few = entry | {"rows": {"train": 123, "validation": 45}}
    written(ablation, "first", entry)
    first = written(ablation, "second", few)
    again = written(ablation, "first", entry | {"rows": {"train": 678, "validation": 9}})
    kept = first[first.index("## second") :]
    assert "123 vehicles" in kept and kept in again and "678 vehicles" in again
    assert again.count("## first") == again.count("## second") == 1


def test_groups_that_the_whole_does_as_well_without_are_named(ablation):
    page = sys.modules["ablation_page"]
    left_out = [
        FIGURES | {"name": "counts"},
        FIGURES | {"name": "codes", "worse": [9.0, 1.0, 20.0]},
    ]
    assert page.without_gain({"left_out": left_out}).endswith("tells: counts.\n")
    assert page.without_gain({"left_out": left_out[1:]}) == ""
