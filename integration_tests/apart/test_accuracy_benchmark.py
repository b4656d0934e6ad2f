"""The protocol of benchmarks/accuracy.py on a synthetic sample: later, unseen vehicles, and rivals."""

import datetime
import sys
from pathlib import Path

import pandas as pd
import pytest

from vehicle_pricing.sample import write_archive

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
ROWS, TEST_DAYS = 6_000, 3
VARIABLES = ("DATASET", "DATA_URI", "PREDICTION_LOG_URL")


@pytest.fixture(scope="module")
def accuracy():
    """The benchmark as a module; what it sets in the environment is taken back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        for name in VARIABLES:
            patch.setenv(name, "")
        import accuracy as module

        yield module
    for name in ("accuracy", "common"):
        sys.modules.pop(name)


@pytest.fixture(scope="module")
def data(accuracy, tmp_path_factory):
    """Listings, card, the last training day and the last test day."""
    folder = tmp_path_factory.mktemp("accuracy")
    write_archive(folder / "sample.zip", ROWS)
    listings, card = accuracy.prepared(folder / "sample.zip", folder)
    test_to = listings["posting_date"].max().date()
    return listings, card, test_to - datetime.timedelta(days=TEST_DAYS), test_to


def test_the_splits_follow_one_another_and_share_no_vehicle(accuracy, data):
    listings, _, train_to, test_to = data
    splits = accuracy.by_day(listings, train_to, test_to)
    spans = [(one["posting_date"].min(), one["posting_date"].max()) for one in splits.values()]
    assert list(splits) == ["train", "validation", "test"]
    assert spans[0][1] <= spans[1][0] and spans[1][1] < spans[2][0]
    assert spans[1][1].date() <= train_to < spans[2][0].date() <= spans[2][1].date() <= test_to
    vehicles = pd.concat(splits.values())["vehicle_id"]
    assert vehicles.is_unique


def test_the_model_beats_its_rivals_and_every_figure_is_there(accuracy, data, capsys):
    entry = accuracy.measured(*data)
    errors = {name: one["mae"] for name, one in entry["errors"].items() if one}
    model = errors["the model"]
    assert model < errors["untuned XGBoost on ordinal codes"]
    assert model < errors["median by make, model and year"]
    low, high = entry["r2_interval"]
    assert low < entry["errors"]["the model"]["r2"] < high
    assert 0.8 < entry["range"]["ours"]["interval_coverage"] <= 1
    fifths = [one for one in entry["segments"] if one["segment"] == "predicted_fifth"]
    assert sum(one["rows"] for one in fifths) == entry["rows"]["test"]
    assert 0 <= entry["sense"]["mileage"]["share_above_3_percent"] <= 0.05
    assert 0 <= entry["sense"]["age"]["share_above_3_percent"] <= 0.08
    groups = {one["group"]: one for one in entry["familiarity"]}
    known, unknown = groups["of 10 and more"], groups["of no vehicle in training"]
    assert known["rows"] + unknown["rows"] + groups["of 1 to 9"]["rows"] == entry["rows"]["test"]
    assert 0 < known["median_relative_width"] < 3
    assert 0 < entry["one_listing_milliseconds"] < 2
    accuracy.show(entry)
    said = capsys.readouterr().out
    assert f"{model:,.0f}" in said and "5 of 5" in said
    assert "rises with more mileage" in said and "rises with more age" in said
