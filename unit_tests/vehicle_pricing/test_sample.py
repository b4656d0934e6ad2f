import csv
import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from vehicle_pricing import sample, sample_catalogue
from vehicle_pricing.archive import sha256_of

ROWS = 6000


@pytest.fixture(scope="module")
def listings():
    return sample.listings(ROWS)


def test_the_same_seed_gives_the_same_archive_and_another_seed_another(tmp_path):
    paths = [tmp_path / name for name in ("a.zip", "b.zip", "c.zip")]
    for path, seed in zip(paths, (1, 1, 2)):
        sample.write_archive(path, 1000, seed)
    first, again, other = (sha256_of(path) for path in paths)
    assert first == again != other


def test_the_archive_holds_one_csv_with_the_26_columns_in_kaggles_order(tmp_path):
    sample.write_archive(tmp_path / "a.zip", 1000)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["vehicles.csv"]
        rows = list(csv.reader(io.StringIO(archive.read("vehicles.csv").decode())))
    assert rows[0] == sample.COLUMNS and len(rows[0]) == 26
    assert len(rows) == 1001
    assert {len(row) for row in rows} == {26}
    assert any("\n" in row[20] for row in rows) and any('"' in row[20] for row in rows)


def test_the_first_rows_are_as_empty_as_kaggles(listings):
    first = listings.head(sample.EMPTY_FIRST_ROWS)
    filled = set(first.columns[first.notna().all()])
    assert filled == {"id", "url", "region", "region_url", "price", "state"}
    assert first[["year", "VIN", "posting_date", "description"]].isna().all().all()


def test_every_state_is_there_and_some_regions_stand_in_two():
    places = pd.DataFrame(sample_catalogue.places(), columns=["state", "region", "share"])
    assert places["state"].nunique() == 51 and "dc" in set(places["state"])
    assert places.groupby("region")["state"].nunique().max() == 2
    assert places["share"].sum() == pytest.approx(1)


def test_the_catalogue_has_about_25_makes_and_150_models_with_names_outside_ascii():
    models = sample_catalogue.models()
    assert len({model.make for model in models}) >= 25
    assert 140 <= len(models) <= 180
    assert {"citroën", "škoda"} <= {model.make for model in models}
    assert {"f-150", "f150"} <= {model.name for model in models if model.make == "ford"}
    assert sum(model.weight for model in models) == pytest.approx(1)


def test_about_half_of_the_listings_are_copies_mostly_in_other_regions(listings):
    known = listings.dropna(subset=["model", "odometer", "year"])
    vehicle = known.groupby(["model", "year", "odometer"])
    copied = vehicle["id"].transform("size") > 1
    assert 0.45 < copied.mean() < 0.7
    assert (vehicle["region"].nunique()[vehicle.size() > 1] > 1).mean() > 0.9


def test_values_are_missing_as_often_as_in_the_real_data(listings):
    missing = listings.isna().mean()
    for name, share in sample.MISSING_SHARES.items():
        assert missing[name] == pytest.approx(share, abs=0.03), name
    assert missing["county"] == 1
    assert missing["VIN"] == pytest.approx(0.38, abs=0.03)


def test_prices_and_odometers_are_as_absurd_as_the_real_ones(listings):
    price = listings["price"]
    assert (price == 0).mean() == pytest.approx(0.07, abs=0.015)
    assert (price > 1_000_000).any()
    assert listings["odometer"].dropna().astype(float).gt(500_000).any()


def test_a_vehicle_loses_value_with_age_and_with_mileage(listings):
    fair = listings[listings["price"].between(500, 100_000) & listings["year"].notna()]
    by_age = fair.groupby(pd.cut(fair["year"].astype(int), [1990, 2008, 2014, 2018, 2021]))
    assert by_age["price"].median().is_monotonic_increasing
    same = fair[fair["year"] == 2015].dropna(subset="odometer")
    slope = np.polyfit(same["odometer"].astype(float).clip(0, 3e5), np.log(same["price"]), 1)[0]
    assert slope < -1e-6


def test_dates_are_local_times_over_four_weeks_in_order_of_ids(listings):
    dates = listings["posting_date"].dropna()
    assert dates.str.fullmatch(r"2021-0[45]-\d\dT\d\d:\d\d:\d\d-(04|05|06|07|08|10)00").all()
    times = pd.to_datetime(dates, utc=True)
    ordered = times[listings.loc[times.index].sort_values("id").index]
    assert ordered.is_monotonic_increasing
    assert 26 <= (times.max() - times.min()).days <= 28
