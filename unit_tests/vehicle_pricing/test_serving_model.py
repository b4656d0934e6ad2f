"""The code that travels with the model: encoding of raw listings, prices, warnings."""

import datetime
import json
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vehicle_pricing import schema as schemas
from vehicle_pricing.features import TrainingRows, common_spellings, records
from vehicle_pricing.final_fit import fit_final
from vehicle_pricing.onnx_form import pricing_form
from vehicle_pricing.serving_model import (
    CHUNK_ROWS,
    Encoder,
    VehiclePrice,
    decimal_year,
    keys,
    words,
)
from vehicle_pricing.training import fit_price, prepare_matrices

from unit_tests.vehicle_pricing.model_world import card, splits

LISTING = {"manufacturer": "ford", "model": "f-150", "year": 2015.0, "odometer": 60_000.0}


@pytest.fixture(scope="module", name="world")
def trained_world():
    """Splits, their schema and the model fitted on them."""
    frames = splits()
    schema = schemas.build(frames["train"], card())
    prepared = prepare_matrices(frames["train"], frames["validation"], schema)
    found = fit_price(prepared, {"max_depth": 5, "learning_rate": 0.2}, 60, seed=1)
    final = fit_final(frames["train"], frames["validation"], schema, found, seed=1)
    model = VehiclePrice()
    model.schema = schema
    model.use(json.loads(json.dumps(final.encoding)), pricing_form(final.boosters))
    return frames, schema, model


@pytest.fixture(name="model")
def trained_model(world):
    """The fitted model."""
    return world[2]


def changed(**values) -> dict:
    """The usual listing with other values."""
    return LISTING | values


@pytest.mark.parametrize(
    "text",
    ["f150 xlt", "F-150 XLT", "  f 150  xlt ", "ford f-150 xlt", "ｆ-150 xlt", "f.150 (xlt)"],
)
def test_ways_to_write_one_model_are_one_model(text):
    assert words(text, "ford") == ("f150", "xlt")


@pytest.mark.parametrize(
    "make, one, other",
    [
        ("mazda", "Mazda 3", "mazda3"),
        ("mazda", "3 touring", "Mazda3 Touring"),
        ("chrysler", "Town and Country", "town & country"),
        ("chrysler", "Town&Country", "town + country"),
        ("mercedes-benz", "Mercedes Benz C300", "c300"),
        ("mercedes-benz", "benz c300", "Mercedes-Benz C300"),
        ("alfa-romeo", "romeo giulia", "Alfa Romeo Giulia"),
        ("land rover", "Land Rover Discovery", "discovery"),
        ("ford", "FordF150", "f-150"),
        ("ram", "RAM1500", "1500"),
    ],
)
def test_a_make_before_or_joined_to_a_model_and_the_word_and_do_not_matter(make, one, other):
    assert words(one, make) == words(other, make) != ()


@pytest.mark.parametrize(
    "make, model, expected",
    [
        ("ford", "Fordor", ("fordor",)),
        ("ford", "ford", ("ford",)),
        ("mercedes-benz", "benz", ("benz",)),
        ("mini", "minis", ("minis",)),
        ("mazda", "rx-8 and more", ("rx8", "more")),
    ],
)
def test_what_only_begins_like_the_make_or_would_be_empty_without_it_stays(make, model, expected):
    assert words(model, make) == expected


def test_people_choose_from_the_most_frequent_spelling_of_each_model():
    rows = pd.DataFrame(
        {
            "manufacturer": ["ford", "ford", "ford", "ford", None, "ram"],
            "model": ["f-150", "f150", "f-150", None, "f150", "f150"],
        }
    )
    spelled = common_spellings(rows)["model"]
    assert spelled.fillna("").tolist() == ["f-150", "f-150", "f-150", "", "f150", "f150"]


def test_letters_outside_ascii_are_kept_and_tell_models_apart():
    assert words("Citroën DS é", "citroën") == ("ds", "é")
    assert words("愛 500", "fiat") == ("愛500",)
    assert words("étoile", "x") != words("etoile", "x")


def test_accents_composed_or_not_are_the_same_name():
    assert words("cafe\u0301", "x") == words("caf\u00e9", "x")


def test_a_model_of_punctuation_alone_has_no_words():
    assert not words("***", "ford")


def test_one_listing_encodes_exactly_as_it_does_among_many(world):
    frames, schema, model = world
    rows = records(frames["test"], [feature["name"] for feature in schema["features"]])
    together = model.encoder.encode(rows)
    for index in range(0, len(rows), 7):
        alone = model.encoder.encode([rows[index]])
        np.testing.assert_array_equal(alone[0], together[index])


def test_one_listing_is_priced_exactly_as_it_is_among_many(world):
    frames, _, model = world
    rows = records(frames["test"], list(schemas.FEATURE_NAMES))
    together = model.predict_records(rows)
    assert [model.predict_records([row])[0] for row in rows[:100]] == together[:100]


def test_the_pyfunc_prices_a_frame_as_the_service_prices_records(world):
    frames, _, model = world
    frame = frames["test"][list(schemas.FEATURE_NAMES)].head(50)
    expected = model.predict_records(records(frame, list(frame)))
    assert model.predict(None, frame) == expected


def test_tables_read_back_from_json_encode_the_same(world):
    frames, schema, model = world
    rows = TrainingRows(pd.concat([frames["train"], frames["validation"]]), schema)
    fresh = Encoder(rows.encoding()).encode(rows.records)
    np.testing.assert_array_equal(fresh, model.encoder.encode(rows.records))


def encoding_of(model, **changes) -> dict:
    """The encoding that the model's encoder was made of, with changes."""
    own = model.encoder
    encoding = {"columns": own.columns, "moment": own.moment, "rows": own.total}
    ordinals = {name: own.codings[name] for name in own.codings if name not in own.codes}
    encoding |= {"codes": own.codes, "ordinals": ordinals, "tables": own.tables}
    return encoding | {"grams": own.grams} | changes


def priced(model, listing: dict) -> tuple[float, float, float]:
    """The price and its range."""
    (result,) = model.predict_records([listing])
    return result["price"], result["low"], result["high"]


def warned(model, listing: dict) -> list[dict]:
    """The warnings of a listing."""
    return model.predict_records([listing])[0]["warnings"]


def test_an_absent_value_is_priced_as_none_and_as_blank_text(model):
    absent = priced(model, LISTING)
    assert priced(model, changed(fuel=None, drive=None, size=None)) == absent
    assert priced(model, changed(fuel="", drive=" ", model="F-150 ", x="ignored")) == absent


def test_case_and_spaces_of_a_category_do_not_matter(model):
    plain = model.predict_records([changed(fuel="diesel", type="suv", state="tx")])
    assert model.predict_records([changed(fuel=" Diesel", type="SUV", state="TX ")]) == plain


def test_a_year_alone_is_enough(model):
    (result,) = model.predict_records([{"year": 2015}])
    assert 0 < result["low"] <= result["price"] <= result["high"]
    assert result["warnings"] == []


def test_the_price_lies_in_its_range_for_strange_listings_too(model):
    strange = [changed(odometer=0), changed(year=1950), changed(odometer=500_000), {}]
    for result in model.predict_records(strange):
        assert 0 < result["low"] <= result["price"] <= result["high"]


def test_no_listing_has_no_prices(model):
    assert model.predict_records([]) == []


def encoded(model, listing: dict) -> dict:
    """Feature → its value in the listing's row."""
    return dict(zip(model.encoder.names, model.encoder.encode([listing])[0]))


def test_an_unseen_model_has_the_features_of_its_make(model):
    row = encoded(model, changed(model="zephyr"))
    make_price = np.float32(model.encoder.tables["make"]["ford"][0])
    assert row["price_make"] == row["price_word1"] == row["price_text"] == make_price
    assert row["share_text"] == 0


def test_an_unseen_trim_has_the_price_of_its_model(model):
    row = encoded(model, changed(model="F-150 Zephyr"))
    assert row["price_text"] == np.float32(model.encoder.tables["word1"]["ford|f150"][0])


def test_an_unseen_region_has_the_price_of_its_state(model):
    row = encoded(model, changed(state="tx", region="atlantis"))
    assert row["price_region"] == row["price_state"] != 0


def test_a_missing_model_is_missing_and_not_unseen(model):
    row = encoded(model, {"year": 2015})
    assert np.isnan(row["price_text"]) and np.isnan(row["code_fuel"])


def test_a_model_of_blanks_is_encoded_as_none(model):
    blank, absent = changed(model="  ", fuel=" "), changed(model=None)
    np.testing.assert_array_equal(*model.encoder.encode([blank, absent]))


UNCODED = {
    "condition": "haunted",
    "cylinders": "a dozen",
    "fuel": "steam",
    "title_status": "contested",
    "transmission": "preselector",
    "drive": "4x2",
    "type": "hovercraft",
    "paint_color": "octarine",
}


@pytest.mark.parametrize("name, value", UNCODED.items())
def test_an_unknown_value_of_a_coded_category_counts_as_not_told(model, name, value):
    listing = changed(type="pickup", drive="4wd", fuel="gas", title_status="clean")
    listing |= {"cylinders": "6 cylinders", "condition": "good"}
    untold = {key: own for key, own in listing.items() if key != name}
    assert priced(model, listing | {name: value}) == priced(model, untold)
    assert warned(model, listing | {name: value}) == [
        {
            "code": "unknown_option",
            "field": name,
            "value": value,
            "message": f"{name} '{value}' is unknown: counts as not told",
        }
    ]


def test_training_encodes_an_unknown_or_rare_value_as_one_not_told(world):
    frames, schema, _ = world
    strange, untold = frames["train"].copy(), frames["train"].copy()
    for place, (name, value) in enumerate(UNCODED.items()):
        strange.loc[place : place + 9, name], untold.loc[place : place + 9, name] = value, None
    rows, same = (TrainingRows(frame, schema).out_of_fold() for frame in (strange, untold))
    np.testing.assert_array_equal(rows, same)


def test_a_rare_value_that_is_an_option_counts_as_not_told_and_is_warned_about(world):
    _, schema, model = world
    served = VehiclePrice()
    served.schema, served.trees, served.margins = schema, model.trees, model.margins
    codes = {"fuel": {"gas": 0}}  # as though diesel were rarer than RAREST_CODE
    served.encoder = Encoder(encoding_of(model, codes=model.encoder.codes | codes))
    served.read_schema()
    assert priced(served, changed(fuel="diesel")) == priced(served, LISTING)
    assert [one["message"] for one in warned(served, changed(fuel="diesel"))] == [
        "fuel 'diesel' is too rare in training: counts as not told"
    ]


def test_an_unknown_model_and_place_are_warned_about_and_priced_by_what_they_are_like(model):
    listing = changed(model="zephyr", state="tx", region="atlantis")
    assert warned(model, listing) == [
        {
            "code": "unknown_option",
            "field": "region",
            "value": "atlantis",
            "message": "region 'atlantis' is unknown: priced as any other region",
        },
        {
            "code": "unknown_model",
            "field": "model",
            "value": "zephyr",
            "message": "model 'zephyr' is unknown for ford: priced as ones like it",
        },
    ]


OTHER_NAMES = [
    ("manufacturer", "Ford Motor Company", "ford"),
    ("manufacturer", "Citroen", "citroën"),
    ("condition", "Very Good", "good"),
    ("cylinders", "V6", "6 cylinders"),
    ("cylinders", "four", "4 cylinders"),
    ("fuel", "Flex Fuel", "gas"),
    ("fuel", "Gasoline", "gas"),
    ("title_status", "Clean Title", "clean"),
    ("transmission", "CVT", "automatic"),
    ("transmission", "6-Speed Manual", "manual"),
    ("drive", "AWD", "4wd"),
    ("drive", "4x4", "4wd"),
    ("type", "Crew Cab Pickup", "pickup"),
    ("paint_color", "Jet Black", "black"),
    ("state", "Minnesota", "mn"),
]


@pytest.mark.parametrize("name, written, option", OTHER_NAMES)
def test_another_name_of_an_option_is_read_as_it_and_said(model, name, written, option):
    (result,) = model.predict_records([changed(**{name: f" {written} "})])
    assert priced(model, changed(**{name: option})) == tuple(
        result[key] for key in ("price", "low", "high")
    )
    assert result["listing"][name] == option
    assert result["warnings"][0] == {
        "code": "read_as",
        "field": name,
        "value": written,
        "message": f"{name} '{written}' is read as '{option}'",
        "read_as": option,
    }


def test_a_region_is_known_by_its_letters_within_its_state(model):
    (result,) = model.predict_records([changed(state="California", region="Los-Angeles")])
    assert (result["listing"]["state"], result["listing"]["region"]) == ("ca", "los angeles")


@pytest.mark.parametrize("blank", ["N/A", "#N/A", " - ", "NULL", "Unknown", "TMU", "—"])
def test_a_blank_word_counts_as_not_told_and_is_said(model, blank):
    for name in ("fuel", "manufacturer", "model", "cylinders", "state"):
        untold = {key: own for key, own in LISTING.items() if key != name}
        (result,) = model.predict_records([changed(**{name: blank})])
        assert result["listing"] == untold
        assert tuple(result[key] for key in ("price", "low", "high")) == priced(model, untold)
        assert result["warnings"][0]["code"] == "blank"
        assert result["warnings"][0]["message"] == f"{name} '{blank.strip()}' counts as not told"


def test_an_option_wins_over_a_blank_word_and_another_name():
    titles = ["clean", "missing", "clear", "other"]
    served = VehiclePrice()
    served.schema = {
        "blank_words": ["missing", "n/a"],
        "features": [
            {
                "name": "title_status",
                "kind": "category",
                "options": titles,
                "other_names": {"clear": "clean", "missing": "clean", "cleantitle": "clean"},
            }
        ],
    }
    served.read_schema()
    for title in titles:
        assert served.understood({"title_status": title.upper()}) == ({"title_status": title}, [])
    assert served.understood({"title_status": "Clean-Title"})[0] == {"title_status": "clean"}


def test_a_listing_that_is_understood_stays_as_it_is(model):
    record = {name: written for name, written, _ in OTHER_NAMES} | {"fuel": "N/A", "odometer": 5.0}
    listing, warnings = model.understood(record)
    assert warnings and model.understood(listing) == (listing, [])


def test_a_schema_without_other_names_reads_options_alone(world):
    _, schema, _ = world
    hints = ("other_names", "column_names")
    features = [{key: one[key] for key in one if key not in hints} for one in schema["features"]]
    served = VehiclePrice()
    served.schema = {key: schema[key] for key in schema if key != "blank_words"}
    served.schema["features"] = features
    served.read_schema()
    record = {"fuel": "Gasoline", "drive": "N/A", "type": " SUV"}
    assert served.understood(record) == ({"fuel": "gasoline", "drive": "n/a", "type": "suv"}, [])


def test_a_known_category_in_other_case_is_no_reason_for_a_warning(model):
    usual = model.predict_records([changed(fuel="gas", manufacturer="ford")])[0]["warnings"]
    shouted = model.predict_records([changed(fuel=" GAS", manufacturer="FORD")])[0]["warnings"]
    assert shouted == usual


def test_a_region_of_another_state_is_warned_about(model):
    (message,) = warned(model, changed(state="tx", region="fresno"))
    assert message["message"] == "region 'fresno' is unknown: priced as any other region"


def test_a_number_beyond_training_is_warned_about(model):
    (above,) = warned(model, changed(odometer=480_000))
    assert (above["code"], above["field"], above["value"]) == (
        "above_training",
        "odometer",
        480_000,
    )
    assert warned(model, changed(year=1950)) == [
        {
            "code": "below_training",
            "field": "year",
            "value": 1950,
            "message": "year 1950 is below anything seen in training (1998)",
            "limit": 1998,
        }
    ]


def test_a_blank_column_that_is_named_is_warned_about_and_changes_nothing(model):
    (plain,) = model.predict_records([LISTING])
    (named,) = model.predict_records([changed(size="full-size")])
    (warning,) = named["warnings"]
    assert (warning["code"], warning["field"], warning["value"]) == (
        "not_used",
        "size",
        "full-size",
    )
    assert warning["message"] == "size is not used: blank in the data set"
    assert (named["price"], named["low"]) == (plain["price"], plain["low"])


def test_a_model_with_few_training_vehicles_is_warned_about(model):
    model.encoder.tables["text"]["ford|pinto"] = (0.1, 3)
    (warning,) = warned(model, changed(model="Pinto"))
    assert (warning["code"], warning["count"], warning["value"]) == ("few_vehicles", 3, "pinto")
    assert warning["message"] == "model 'pinto': few vehicles in training (3)"


def test_age_is_counted_from_the_data_and_not_from_today(model):
    named = dict(zip(model.encoder.names, model.encoder.encode([LISTING])[0]))
    assert named["age"] == pytest.approx(2021 + 113 / 365.25 - 2015, abs=1e-5)


def test_a_date_becomes_a_decimal_year():
    assert decimal_year(datetime.date(2021, 1, 1)) == 2021.0
    assert decimal_year(datetime.date(2021, 4, 4)) == 2021 + 93 / 365.25


def test_keys_of_the_two_words_cross_with_the_year():
    found = keys(changed(model="f-150 xlt supercrew"))
    assert found["word2_year"] == "ford|f150 xlt|2015"
    assert found["text"] == "ford|f150 xlt supercrew"


def test_encoding_a_listing_takes_well_under_a_third_of_a_millisecond(world):
    frames, schema, model = world
    rows = records(frames["test"], [feature["name"] for feature in schema["features"]])
    started = time.process_time()
    for row in rows:
        model.encoder.encode([row])
    assert (time.process_time() - started) / len(rows) < 0.0003


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
TEXT |= st.text("0123456789", min_size=30, max_size=300)
KNOWN = st.sampled_from(
    ["ford", "F-150", " f150 xlt", "ram", "1500", "TX", "diesel", "8 cylinders", "V8", "N/A"]
)
NUMBER = {"year": st.integers(1900, 2022), "odometer": st.integers(0, 10**6) | st.floats(0, 1e6)}
ANY_LISTING = st.fixed_dictionaries(
    {},
    optional={
        name: st.none() | NUMBER.get(name, TEXT | KNOWN | st.sampled_from(["", "  "]))
        for name in schemas.FEATURE_NAMES
    },
)
ANY_LISTINGS = st.lists(ANY_LISTING, min_size=1, max_size=40)
EXAMPLES = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@EXAMPLES
@given(ANY_LISTINGS)
def test_every_listing_is_a_row_of_all_features_the_same_alone_and_among_others(model, listings):
    encoder = model.encoder
    rows = encoder.encode(listings)
    assert rows.shape == (len(listings), len(encoder.names)) and rows.dtype == np.float32
    assert not np.isinf(rows).any()
    for listing, row in zip(listings, rows):
        np.testing.assert_array_equal(encoder.encode([listing])[0], row)


@EXAMPLES
@given(ANY_LISTING, st.randoms(use_true_random=False))
def test_neither_blanks_nor_case_nor_the_order_of_the_keys_change_a_row(model, listing, order):
    names = order.sample(list(listing), len(listing))
    written = {name: listing[name] for name in names}
    for name, value in written.items():
        if isinstance(value, str):
            written[name] = f" {value.upper() if value.isascii() else value}\t"
        elif value is None:
            written[name] = order.choice([None, "", " "]) if name not in NUMBER else None
    np.testing.assert_array_equal(*model.encoder.encode([listing, written]))


@EXAMPLES
@given(ANY_LISTINGS)
def test_every_listing_has_a_price_within_its_range(model, listings):
    for result in model.predict_records(listings):
        assert 0 < result["low"] <= result["price"] <= result["high"] < np.inf


def test_more_listings_than_a_chunk_are_priced_as_each_alone(model):
    listings = [changed(odometer=number) for number in range(2 * CHUNK_ROWS + 1)]
    priced = model.predict_records(listings)
    assert len(priced) == len(listings)
    for place in (0, CHUNK_ROWS - 1, CHUNK_ROWS, 2 * CHUNK_ROWS):
        assert [priced[place]] == model.predict_records([listings[place]])
