import json

import pandas as pd
import pytest

from vehicle_pricing import schema
from vehicle_pricing.errors import DataSetError

CARD = {
    "version": "0123456789ab",
    "synthetic": True,
    "rows_kept": 9,
    "from": "2021-04-04",
    "to": "2021-04-27",
    "blank_columns": ["size"],
}


@pytest.fixture
def train():
    frame = pd.DataFrame({name: pd.Series([None] * 4, dtype="str") for name in schema.CATEGORIES})
    frame["manufacturer"] = ["ford", "ford", "škoda", "audi"]
    frame["model"] = ["f-150", "escape", "yeti", None]
    frame["state"] = ["ca", "ca", "ak", "ak"]
    frame["region"] = ["los angeles", "los angeles", "anchorage / mat-su", "fairbanks"]
    frame["fuel"] = ["gas", "gas", "diesel", None]
    for name in ("condition", "cylinders", "title_status", "transmission", "drive"):
        frame[name] = "other"
    frame["type"] = frame["paint_color"] = "other"
    return frame.assign(
        year=[1999.0, 2020.0, 2012.0, 2015.0],
        odometer=[10.0, None, 250_000.0, 9.0],
        price=[1000.0, 2000.0, 3000.0, 4000.0],
        posting_date=pd.Timestamp("2021-04-04"),
    )


def feature(built, name):
    return next(entry for entry in built["features"] if entry["name"] == name)


def test_the_year_may_be_one_after_the_last_posting_and_is_the_only_thing_required(train):
    built = schema.build(train, CARD)
    year = feature(built, "year")
    assert (year["min"], year["max"], year["unit"]) == (1950, 2022, "year")
    assert year["seen"] == {"min": 1999, "max": 2020}
    assert [entry["name"] for entry in built["features"] if entry["required"]] == ["year"]


def test_missing_mileage_does_not_hide_what_was_seen(train):
    odometer = feature(schema.build(train, CARD), "odometer")
    assert odometer["seen"] == {"min": 9, "max": 250_000}
    assert (odometer["min"], odometer["max"]) == (0, 500_000)


def test_the_typical_number_is_the_median_of_training(train):
    built = schema.build(train, CARD)
    assert feature(built, "year")["typical"] == 2013  # of 2012 and 2015 the whole year below
    assert feature(built, "odometer")["typical"] == 10
    assert "typical" not in feature(built, "fuel")


def test_options_come_most_frequent_first_and_equals_by_the_alphabet(train):
    assert feature(schema.build(train, CARD), "manufacturer")["options"] == [
        "ford",
        "audi",
        "škoda",
    ]


def test_models_are_listed_under_their_make_and_regions_under_their_state(train):
    built = schema.build(train, CARD)
    assert feature(built, "model")["options_by"] == {
        "feature": "manufacturer",
        "options": {"ford": ["escape", "f-150"], "škoda": ["yeti"]},
    }
    assert feature(built, "region")["options_by"]["options"]["ca"] == ["los angeles"]
    assert "options" not in feature(built, "model")


def test_training_vehicles_are_counted_by_make_and_model(train):
    counts = schema.build(train, CARD)["counts"]
    assert counts["manufacturer"] == {"ford": 2, "audi": 1, "škoda": 1}
    assert counts["model"]["ford"] == {"escape": 1, "f-150": 1}


def test_a_make_offers_its_most_frequent_300_models_only(train):
    many = pd.concat([train.iloc[[0]]] * 400, ignore_index=True)
    many["model"] = [f"model {number % 350}" for number in range(400)]
    options = feature(schema.build(many, CARD), "model")["options_by"]["options"]["ford"]
    assert len(options) == schema.MOST_OPTIONS
    assert set(options) >= {f"model {number}" for number in range(50)}


def test_a_blank_column_is_left_out_and_said_so(train):
    built = schema.build(train, CARD)
    assert built["left_out"] == [{"name": "size", "reason": "blank in the data set"}]
    assert "size" not in {entry["name"] for entry in built["features"]}


def test_the_order_is_fixed_and_the_price_is_no_feature_even_where_columns_repeat_it(train):
    built = schema.build(train.assign(asking_price=train["price"]), CARD)
    names = [entry["name"] for entry in built["features"]]
    assert names == [name for name in schema.FEATURE_NAMES if name != "size"]
    assert not {"price", "asking_price"} & set(names)


def test_the_price_among_the_features_is_refused():
    with pytest.raises(DataSetError, match="cannot be a feature"):
        schema.check_target_left_out(("year", "price"))


def test_the_same_rows_in_another_order_give_the_same_schema(train):
    other = train.sample(frac=1, random_state=1)
    assert json.dumps(schema.build(train, CARD)) == json.dumps(schema.build(other, CARD))


def test_a_column_that_is_not_there_is_named(train):
    with pytest.raises(DataSetError, match="fuel"):
        schema.build(train.drop(columns="fuel"), CARD)


def test_other_names_are_those_of_the_options_that_are_there(train):
    built = schema.build(train, CARD)
    makes, fuels = (feature(built, name)["other_names"] for name in ("manufacturer", "fuel"))
    assert makes["skoda"] == "škoda" and "vw" not in makes
    assert (fuels["gasoline"], fuels["flexfuel"], fuels["turbodiesel"]) == ("gas", "gas", "diesel")
    assert "ev" not in fuels and "gas" not in fuels
    assert "other_names" not in feature(built, "model") | feature(built, "year")


def test_columns_have_other_names_and_a_title_alone_is_not_one_of_them(train):
    built = schema.build(train, CARD)
    names = {entry["name"]: entry["column_names"] for entry in built["features"]}
    assert "make" in names["manufacturer"] and "mileage" in names["odometer"]
    assert "title" not in names["title_status"]
    everything = [each for columns in names.values() for each in columns]
    assert len(set(everything)) == len(everything), "a name of two columns"


def test_blank_words_are_casefolded(train):
    words = schema.build(train, CARD)["blank_words"]
    assert {"", "-", "n/a", "#n/a", "null", "tmu", "exempt"} <= set(words)
    assert [word.strip().casefold() for word in words] == words
