"""What else a listing could be: points of the curves, steps, options."""

import pytest

from price_service.curves import draw, points, round_step

MODELS = ["f-150", "f-150 xlt", "focus", "f150 lariat", "f 150 4x4"]
SCHEMA = {
    "features": [
        {"name": "manufacturer", "kind": "category", "options": ["ford", "kia"]},
        {
            "name": "model",
            "kind": "category",
            "options_by": {"feature": "manufacturer", "options": {"ford": MODELS, "kia": ["rio"]}},
        },
        {
            **{"name": "year", "kind": "number", "unit": "year", "min": 1950, "max": 2022},
            "seen": {"min": 1950, "max": 2021},
        },
        {
            **{"name": "odometer", "kind": "number", "unit": "miles", "min": 0, "max": 500_000},
            "seen": {"min": 0, "max": 499_000},
        },
        {"name": "condition", "kind": "category", "options": ["good", "fair"]},
        {"name": "state", "kind": "category", "options": ["ca", "tx"]},
        {
            "name": "region",
            "kind": "category",
            "options_by": {"feature": "state", "options": {"ca": ["fresno"], "tx": ["austin"]}},
        },
    ]
}
LISTING = {
    **{"manufacturer": "ford", "model": "f150 xlt", "year": 2014, "odometer": 89_123},
    **{"condition": "good", "state": "tx", "region": "austin"},
}


class Asked:
    """A model by age, mileage and condition that remembers its questions."""

    def __init__(self):
        self.calls = []

    def predict(self, records):
        """Results as the served model gives them."""
        self.calls.append(records)
        return [self.result(record) for record in records]

    @staticmethod
    def result(record):
        """A year takes 900 dollars, 10,000 miles 300, a fair condition 1,000."""
        price = 30_000.4 - 900 * (2021 - record["year"]) - 0.03 * record.get("odometer", 90_000)
        price -= 1_000 * (record.get("condition") == "fair")
        return {"price": price, "low": price - 99, "high": price + 99, "warnings": []}


def drawn(listing, schema=None):
    """The model, its own result and the sections."""
    model = Asked()
    own, told = draw(model.predict, schema or SCHEMA, listing)
    return model, own, told


def values(told, section, name):
    """The values of a curve or of a choice."""
    return [point["value"] for point in told[section][name]]


def test_everything_is_priced_in_one_call():
    model, own, told = drawn(LISTING)
    assert len(model.calls) == 1 and model.calls[0][0] == LISTING
    assert own == Asked.result(LISTING)
    assert set(told) == {"curves", "steps", "choices"}


@pytest.mark.parametrize("name, own", [("odometer", 89_123), ("year", 2014)])
def test_a_curve_has_about_thirty_points_and_the_listings_own_among_them(name, own):
    _, _, told = drawn(LISTING)
    found = values(told, "curves", name)
    assert own in found and found == sorted(set(found)) and 20 <= len(found) <= 32


def test_a_point_costs_what_the_listing_costs_with_its_value():
    _, _, told = drawn(LISTING)
    point = next(each for each in told["curves"]["odometer"] if each["value"] == 99_123)
    assert point == {"value": 99_123, "price": 20_727, "low": 20_628, "high": 20_826}


def test_mileages_are_as_round_as_the_listings_own_and_go_to_250000_or_to_it():
    _, _, told = drawn(LISTING)
    assert values(told, "curves", "odometer") == list(range(9_123, 250_000, 10_000))
    _, _, told = drawn(LISTING | {"odometer": 431_000.5})
    own = [*(1_000.5 + 10_000 * number for number in range(25)), 431_000.5]
    assert values(told, "curves", "odometer") == own


def test_years_are_those_around_the_listings_own_that_training_saw():
    year = SCHEMA["features"][2]
    assert points(year, 1990) == list(range(1975, 2006))
    assert points(year, 2019) == list(range(2004, 2022))
    assert points(year, 2022) == list(range(2007, 2023))


def test_without_a_year_every_one_is_a_point_where_training_saw_few_and_some_where_it_saw_many():
    year = SCHEMA["features"][2]
    few = points(year | {"seen": {"min": 1998, "max": 2020}}, None)
    assert few == list(range(1998, 2021))
    many = points(year, None)
    assert (many[0], many[-1]) == (1950, 2021) and {
        later - one for one, later in zip(many[1:], many[2:])
    } == {3}


def test_without_the_mileage_there_is_a_curve_and_no_step():
    _, _, told = drawn({"year": 2014})
    assert len(told["curves"]["odometer"]) == 26
    assert set(told["steps"]) == {"year"}


def test_a_step_tells_a_year_older_and_10000_miles_more():
    _, _, told = drawn(LISTING)
    assert told["steps"] == {
        "year": {"change": -1, "dollars": -900},
        "odometer": {"change": 10_000, "dollars": -300},
    }


def test_a_step_is_the_mean_over_two_each_way_so_that_a_jump_is_not_told_as_one():
    def predict(records):
        return [
            Asked.result(record) | {"price": 20_000 + 4_000 * (record["year"] >= 2014)}
            for record in records
        ]

    _, told = draw(predict, SCHEMA, LISTING)
    assert told["steps"]["year"] == {"change": -1, "dollars": -1_000}


def test_a_step_near_a_bound_is_measured_within_it():
    _, _, told = drawn({"year": 2022, "odometer": 3_000})
    assert told["steps"] == {
        "year": {"change": -1, "dollars": -900},
        "odometer": {"change": 10_000, "dollars": -300},
    }


def test_a_step_out_of_bounds_is_not_told():
    _, _, told = drawn({"year": 1950, "odometer": 490_001})
    assert told["steps"] == {}
    _, _, told = drawn({"year": 1951, "odometer": 490_000})
    assert set(told["steps"]) == {"year", "odometer"}


def test_every_option_of_a_category_is_priced():
    _, _, told = drawn(LISTING)
    prices = {point["value"]: point["price"] for point in told["choices"]["condition"]}
    assert prices["good"] - prices["fair"] == 1_000
    assert values(told, "choices", "state") == ["ca", "tx"]


def test_trims_are_those_that_share_the_models_first_word_however_it_is_written():
    _, _, told = drawn(LISTING)
    assert values(told, "choices", "model") == ["f-150", "f-150 xlt", "f150 lariat", "f 150 4x4"]


def test_the_listings_own_option_is_there_even_if_no_other_vehicle_had_it():
    _, _, told = drawn(LISTING | {"condition": "Showroom", "model": "f-150 raptor"})
    assert values(told, "choices", "condition") == ["good", "fair", "Showroom"]
    assert values(told, "choices", "model")[-1] == "f-150 raptor"


def test_no_more_than_25_trims_and_60_options_are_priced():
    many = [f"f-150 trim{number}" for number in range(100)]
    features = [feature for feature in SCHEMA["features"] if feature["name"] != "condition"]
    features[1] = features[1] | {
        "options_by": {"feature": "manufacturer", "options": {"ford": many}}
    }
    features.append({"name": "condition", "kind": "category", "options": many})
    own = LISTING | {"model": "f-150 trim99", "condition": "f-150 trim99"}
    _, _, told = drawn(own, {"features": features})
    assert values(told, "choices", "model") == [*many[:24], "f-150 trim99"]
    assert values(told, "choices", "condition") == [*many[:59], "f-150 trim99"]


def test_without_make_or_state_there_are_no_models_and_regions_to_choose_from():
    _, _, told = drawn({"year": 2014, "model": "f-150", "region": "austin"})
    assert not {"model", "region"} & set(told["choices"])


def test_another_state_or_make_does_not_keep_the_region_or_the_model():
    model, _, _ = drawn(LISTING)
    elsewhere = [record for record in model.calls[0] if record.get("state") == "ca"]
    other_make = [record for record in model.calls[0] if record.get("manufacturer") == "kia"]
    assert elsewhere and all("region" not in record for record in elsewhere)
    assert other_make and all("model" not in record for record in other_make)


@pytest.mark.parametrize("least, step", [(0, 1), (1, 1), (8_333, 10_000), (0.21, 0.25), (11, 20)])
def test_a_step_is_a_round_number(least, step):
    assert round_step(least) == step


def test_a_number_of_which_training_saw_one_value_has_that_point():
    feature = {"name": "doors", "kind": "number", "min": 0, "max": 9, "seen": {"min": 4, "max": 4}}
    assert points(feature, None) == [4]
    assert points({"name": "doors", "kind": "number"}, 4) == []


def test_the_route_gives_the_price_of_predict_and_records_nothing(app, listing):
    answer = app.test_client().post("/curves", json=listing).get_json()
    assert (answer["price"], answer["low"], answer["high"]) == (21_300, 17_040, 25_560)
    assert answer["steps"]["year"] == {"change": -1, "dollars": -900}
    assert [point["value"] for point in answer["choices"]["model"]] == ["f-150"]
    assert app.extensions["price_service"].outbox.file().oldest(10) == []
