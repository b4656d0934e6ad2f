import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vehicle_pricing import serving_model, split
from vehicle_pricing.errors import DataSetError

START = pd.Timestamp("2021-04-04")


def listings(vehicles, days=None):
    """One listing for each vehicle named, on the days given or one a day."""
    days = days or range(len(vehicles))
    return pd.DataFrame(
        {
            "listing_id": [f"{7_300_000_000 + number}" for number in range(len(vehicles))],
            "vehicle_id": [str(vehicle) for vehicle in vehicles],
            "posting_date": [START + pd.Timedelta(days=day) for day in days],
            "price": [1000.0 + number for number in range(len(vehicles))],
            "manufacturer": pd.array(["ford"] * len(vehicles), "str"),
            "model": pd.array(["f-150 xlt"] * len(vehicles), "str"),
        }
    )


@pytest.fixture
def splits():
    return split.by_time(listings(range(100)))


@given(
    rows=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=120),
)
def test_no_vehicle_crosses_and_time_goes_forward(rows):
    vehicles, days = zip(*rows)
    # Vehicles seen once at the very end keep each split filled.
    fresh = [f"new {number}" for number in range(len(rows))]
    frame = listings([*vehicles, *fresh], [*days, *range(31, 31 + len(rows))])
    try:
        frames = split.by_time(frame)
    except DataSetError:
        assert len(frame) < 7
        return
    train, validation, test = (frames[name] for name in split.SPLITS)
    ids = [set(part["vehicle_id"]) for part in (train, validation, test)]
    assert not (ids[0] & ids[1] or ids[0] & ids[2] or ids[1] & ids[2])
    assert set.union(*ids) == set(frame["vehicle_id"])
    assert sum(len(part) for part in frames.values()) == frame["vehicle_id"].nunique()
    assert train["posting_date"].max() <= validation["posting_date"].min()
    assert validation["posting_date"].max() <= test["posting_date"].min()


def test_the_shares_are_70_15_15(splits):
    assert {name: len(frame) for name, frame in splits.items()} == {
        "train": 70,
        "validation": 15,
        "test": 15,
    }
    assert splits["train"]["posting_date"].max() < splits["validation"]["posting_date"].min()


def test_a_vehicle_posted_again_later_stays_in_the_first_split_with_its_last_row_there():
    frames = split.by_time(listings([0, 0, *range(2, 60), *[0] * 4, *range(60, 96)]))
    again = frames["train"].query("vehicle_id == '0'")
    assert again["price"].tolist() == [1063.0]
    for name in ("validation", "test"):
        assert "0" not in set(frames[name]["vehicle_id"])


def test_the_order_of_the_rows_does_not_matter():
    frame = listings([number // 2 for number in range(80)])
    shuffled = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    for name, part in split.by_time(frame).items():
        pd.testing.assert_frame_equal(part, split.by_time(shuffled)[name])


@pytest.mark.parametrize("vehicles", [[], [1], [1, 2], [1] * 50, [*range(30), *[1] * 30]])
def test_a_split_is_never_empty_in_silence(vehicles):
    with pytest.raises(DataSetError, match="at least 7 listings of different vehicles"):
        split.by_time(listings(vehicles))


def test_seven_vehicles_are_enough():
    assert [len(frame) for frame in split.by_time(listings(range(7))).values()] == [5, 1, 1]


def test_feedback_is_marked_and_spread_over_the_splits(splits):
    labelled = listings([f"label {number}" for number in range(20)])
    frames = split.place_feedback(splits, labelled, 1.0)
    assert sum(int(frame["feedback"].sum()) for frame in frames.values()) == 20
    assert len(frames["train"]) > 70
    assert {str(frame["feedback"].dtype) for frame in frames.values()} == {"bool"}
    own = {name: set(frame["vehicle_id"]) for name, frame in frames.items()}
    assert not own["train"] & own["validation"] and not own["train"] & own["test"]


def test_about_70_15_15_of_the_feedback_goes_to_each_split():
    places = pd.Series([split.split_of(f"vehicle {number}") for number in range(4000)])
    shares = places.value_counts(normalize=True)
    assert shares["train"] == pytest.approx(0.7, abs=0.03)
    assert shares["test"] == pytest.approx(0.15, abs=0.03)


def test_feedback_on_a_known_vehicle_replaces_its_row_where_that_stands(splits):
    known = splits["test"]["vehicle_id"].iloc[0]
    labelled = listings([known, known]).assign(price=[1.0, 2.0])
    frames = split.place_feedback(splits, labelled, 0.5)
    rows = pd.concat(frames.values()).query("vehicle_id == @known")
    assert rows["price"].tolist() == [2.0]
    assert len(frames["test"]) == len(splits["test"])
    assert frames["test"]["feedback"].sum() == 1


@pytest.mark.parametrize("share, most", [(0.0, 0), (0.2, 17), (0.5, 70)])
def test_feedback_is_at_most_its_share_of_the_rows_and_the_latest_is_kept(splits, share, most):
    labelled = listings([f"label {number}" for number in range(500)])
    train = split.place_feedback(splits, labelled, share)["train"]
    added = train[train["feedback"]]
    assert len(added) == most
    assert len(added) <= share * len(train)
    if most:
        assert added["posting_date"].max() > START + pd.Timedelta(days=490)


def test_without_feedback_the_splits_are_only_marked(splits):
    frames = split.place_feedback(splits, listings([]), 0.2)
    assert {name: len(frame) for name, frame in frames.items()} == {
        name: len(frame) for name, frame in splits.items()
    }
    assert not any(frame["feedback"].any() for frame in frames.values())


@pytest.mark.parametrize("make", ["ford", "citroën", "mercedes-benz", ""])
@pytest.mark.parametrize(
    "model",
    [
        *("f-150 xlt", "F150", "f 150 xlt", "ford F-150", "ford", "", "  ", "---", "3 series"),
        *("ds é 21", "citroën c3", "mercedes-benz glc 300", "♿ van", "愛 traction", "ｆ１５０ x"),
        *("fordf150", "fordor", "benz c300", "and", "Town and Country", "c3&more", "ford ford"),
    ],
)
def test_a_kind_is_what_the_encoder_takes_for_the_models_first_word(make, model):
    assert split.first_word(model, make) == "".join(serving_model.words(model, make)[:1])


@given(model=st.text(max_size=20) | st.text("and &ford-1", max_size=20), make=st.text(max_size=8))
def test_a_kind_is_that_whatever_is_typed(model, make):
    assert split.first_word(model, make) == "".join(serving_model.words(model, make)[:1])
