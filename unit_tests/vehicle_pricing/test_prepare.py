import pandas as pd
import pytest

from vehicle_pricing import prepare

GOOD = {
    "id": "7300000001",
    "price": "12500",
    "posting_date": "2021-05-04T12:31:18-0500",
    "VIN": "3FA6P0LU6KR225374",
    "year": "2013.0",
    "odometer": "57923.0",
    "manufacturer": "ford",
    "model": "F-150  XLT ",
    "type": "SUV",
    "region": "fort collins / north CO",
}


def raw(*changes):
    rows = [GOOD | change for change in changes or ({},)]
    return pd.DataFrame(rows, columns=list(prepare.RAW_COLUMNS), dtype="str")


def cleaned(**change):
    kept, rejected = prepare.clean(raw(change))
    assert rejected.empty
    return kept.iloc[0]


def test_a_good_listing_is_kept_with_parsed_values_and_tidy_categories():
    listing = cleaned()
    assert listing["listing_id"] == "7300000001"
    assert (listing["price"], listing["year"], listing["odometer"]) == (12500.0, 2013.0, 57923.0)
    assert listing["posting_date"] == pd.Timestamp("2021-05-04 17:31:18")
    assert (listing["model"], listing["type"]) == ("f-150 xlt", "suv")
    assert listing["region"] == "fort collins / north co"
    assert pd.isna(listing["fuel"])


def test_columns_and_types_are_those_of_the_contract():
    kept, _ = prepare.clean(raw())
    assert list(kept) == [*prepare.CLEAN_COLUMNS, "vin"]
    numbers = {"price", "year", "odometer"}
    assert {str(kept[name].dtype) for name in numbers} == {"float64"}
    assert str(kept["posting_date"].dtype) == "datetime64[us]"
    texts = [name for name in kept if name not in numbers | {"posting_date"}]
    assert {str(kept[name].dtype) for name in texts} == {"str"}


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"id": None}, "no id"),
        ({"price": None}, "price missing"),
        ({"price": "abc"}, "price not a number"),
        ({"price": "inf"}, "price not a number"),
        ({"price": "-1"}, "price below 500"),
        ({"price": "0"}, "price below 500"),
        ({"price": "499.99"}, "price below 500"),
        ({"price": "250001"}, "price above 250000"),
        ({"price": "3736928711"}, "price above 250000"),
        ({"year": None}, "year missing"),
        ({"year": "old"}, "year not a whole number"),
        ({"year": "2013.5"}, "year not a whole number"),
        ({"year": "1949"}, "year before 1950"),
        ({"year": "2023"}, "year after the posting year + 1"),
        ({"posting_date": None}, "posting date missing or unreadable"),
        ({"posting_date": "yesterday"}, "posting date missing or unreadable"),
        ({"posting_date": "1970-01-01T00:00:00-0000"}, "posting date out of range"),
    ],
)
def test_a_bad_listing_is_turned_away_with_its_reason_and_kept_as_it_came(change, reason):
    kept, rejected = prepare.clean(raw({}, change))
    assert len(kept) == 1
    assert rejected["reason"].tolist() == [reason]
    name, value = next(iter(change.items()))
    assert rejected.loc[0, name] == value or (value is None and pd.isna(rejected.loc[0, name]))


@pytest.mark.parametrize(
    "change", [{"price": "500"}, {"price": "250000"}, {"year": "1950"}, {"year": "2022"}]
)
def test_values_on_the_bounds_are_kept(change):
    kept, _ = prepare.clean(raw(change))
    assert len(kept) == 1


def test_the_first_reason_counts():
    _, rejected = prepare.clean(raw({"price": "0", "year": None}))
    assert rejected["reason"].tolist() == ["price below 500"]


def test_a_listing_from_the_future_is_turned_away():
    _, rejected = prepare.clean(raw(), not_after=pd.Timestamp("2021-05-01"))
    assert rejected["reason"].tolist() == ["posting date out of range"]


@pytest.mark.parametrize("odometer", ["0", "1", "500000", "57,923", "100000", "123457"])
def test_a_mileage_that_can_be_is_kept(odometer):
    assert cleaned(odometer=odometer)["odometer"] == float(odometer.replace(",", ""))


@pytest.mark.parametrize(
    "odometer",
    ["-1", "500001", "1234567", "9999999", "1111111", "999999", "123456", "222222", "n/a", None],
)
def test_a_mileage_that_cannot_be_is_missing_and_the_listing_stays(odometer):
    assert pd.isna(cleaned(odometer=odometer)["odometer"])


@pytest.mark.parametrize(
    "text, miles",
    [
        ("51,000 mi.", 51_000),
        ("52,777 miles", 52_777),
        ("89k", 89_000),
        ("89.5K mi", 89_500),
        ("80 000", 80_000),
        ("80\u00a0000", 80_000),
        ("80'000", 80_000),
        ("100,000 km", 62_137),
        ("1,23,000 Kilometers", 76_429),
    ],
)
def test_a_mileage_is_read_with_its_unit_and_however_its_thousands_are_parted(text, miles):
    assert cleaned(odometer=text)["odometer"] == miles


@pytest.mark.parametrize("text", ["TMU", "Exempt", "12,50", "1 2", "12.5.0", "k", "mi", "80.000,5"])
def test_what_is_no_number_is_no_mileage(text):
    assert pd.isna(cleaned(odometer=text)["odometer"])


@pytest.mark.parametrize(
    "price", ["$12,500", " 12500 ", "12500.0", "1.25e4", "$12.5k", "US$ 12,500", "12500 USD"]
)
def test_prices_are_read_however_they_are_written(price):
    assert cleaned(price=price)["price"] == 12500.0


@pytest.mark.parametrize(
    "date, utc",
    [
        ("2020-11-19T10:00:23-0600", "2020-11-19 16:00:23"),
        ("2020-11-19T10:00:23-06:00", "2020-11-19 16:00:23"),
        ("2020-11-19 10:00:23", "2020-11-19 10:00:23"),
        ("2020-11-19", "2020-11-19 00:00:00"),
    ],
)
def test_dates_become_utc(date, utc):
    assert cleaned(posting_date=date)["posting_date"] == pd.Timestamp(utc)


def test_text_outside_ascii_is_casefolded_and_long_text_is_cut():
    assert cleaned(manufacturer="  ŠKODA ")["manufacturer"] == "škoda"
    assert len(cleaned(model="x" * 900)["model"]) == 300
    assert pd.isna(cleaned(model=" \n ")["model"])


KAGGLE_LIKE = {
    "manufacturer": "volkswagen",
    "fuel": "gas",
    "drive": "4wd",
    "title_status": "clean",
    "transmission": "automatic",
    "cylinders": "8 cylinders",
    "condition": "like new",
    "type": "pickup",
    "paint_color": "grey",
    "size": "full-size",
    "state": "wa",
}
DEALER_LIKE = {
    "manufacturer": "VW",
    "fuel": "Gasoline",
    "drive": "AWD",
    "title_status": "Clean Title",
    "transmission": "8-Speed Automatic",
    "cylinders": "V8",
    "condition": "Like-New",
    "type": "Crew Cab Pickup - Short Bed",
    "paint_color": "Gray",
    "size": "Full Size",
    "state": "Washington",
}


def test_an_archive_with_other_names_makes_the_same_clean_rows():
    kept, _ = prepare.clean(raw(KAGGLE_LIKE))
    pd.testing.assert_frame_equal(prepare.clean(raw(DEALER_LIKE))[0], kept)
    assert kept.loc[0, list(KAGGLE_LIKE)].to_dict() == KAGGLE_LIKE


@pytest.mark.parametrize("name", prepare.KAGGLE_OPTIONS)
def test_the_values_of_the_site_stay_as_they_are(name):
    for option in prepare.KAGGLE_OPTIONS[name]:
        assert cleaned(**{name: option})[name] == option


def test_a_value_that_has_no_option_stays_its_own():
    assert cleaned(manufacturer="Rivian", fuel="Steam")[["manufacturer", "fuel"]].tolist() == [
        "rivian",
        "steam",
    ]


@pytest.mark.parametrize("blank", ["N/A", "#N/A", "-", "NULL", "Unknown", " none "])
def test_a_blank_word_in_a_category_is_missing(blank):
    assert cleaned(fuel=blank, model=blank)[["fuel", "model"]].isna().all()


def test_missing_is_a_title_and_not_a_missing_title():
    assert cleaned(title_status="Missing")["title_status"] == "missing"
    assert pd.isna(cleaned(title_status="N/A")["title_status"])


def test_a_blank_word_for_a_price_or_year_is_missing_and_not_a_wrong_number():
    _, rejected = prepare.clean(raw({"price": "N/A"}, {"year": "-"}))
    assert rejected["reason"].tolist() == ["price missing", "year missing"]


def test_only_a_vin_that_can_be_one_is_kept():
    assert cleaned()["vin"] == "3FA6P0LU6KR225374"
    assert cleaned(VIN=" 3fa6p0lu6kr225374 ")["vin"] == "3FA6P0LU6KR225374"
    for vin in ("00000000000000000", "123", "3FA6P0LU6KR22537O", "1111111111111111A"):
        assert pd.isna(cleaned(VIN=vin)["vin"]), vin


def test_no_listings_are_no_listings():
    kept, rejected = prepare.clean(raw().head(0))
    assert (len(kept), len(rejected)) == (0, 0)


def test_the_frame_that_came_is_left_as_it_was():
    frame = raw({}, {"price": "abc"})
    before = frame.copy()
    prepare.clean(frame)
    pd.testing.assert_frame_equal(frame, before)
