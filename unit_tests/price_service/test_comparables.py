"""The nearest listings of the reference: their order, what is told of them, bad questions."""

import pandas as pd
import pytest

from price_service import create_app
from price_service.comparables import nearest
from price_service.model import serve
from price_service.reference import REFERENCE_FILE, read_reference
from price_service.vehicle_names import words
from vehicle_pricing import serving_model

from unit_tests.price_service.fake_model import SCHEMA as FAKE_SCHEMA
from unit_tests.price_service.fake_model import FakeModel

NUMBERS = ("year", "odometer")
TEXTS = ("manufacturer", "model", "state", "region", "fuel")
SCHEMA = {
    "features": [
        *({"name": name, "kind": "number"} for name in NUMBERS),
        *({"name": name, "kind": "category"} for name in TEXTS),
    ]
}
ASKED = {"manufacturer": "Ford", "model": "F-150 XLT", "year": 2014, "odometer": 80_000.0}
SAME = {"manufacturer": "ford", "model": "f-150 xlt", "year": 2014, "odometer": 80_000}


def write(path, rows, names=(*NUMBERS, *TEXTS)):
    """A reference of these listings, each with a price of its place, as the pipeline writes it."""
    frame = pd.DataFrame(rows).reindex(columns=list(names))
    frame = frame.astype({name: "str" if name in TEXTS else float for name in names})
    posted = pd.Timestamp("2021-04-20") + pd.to_timedelta(range(len(rows)), "D")
    prices = [1_000.0 * (place + 1) for place in range(len(rows))]
    priced = dict.fromkeys(("predicted_price", "low", "high", "price"), prices)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.assign(**priced, posting_date=posted).to_parquet(path, index=False)


@pytest.fixture(name="found")
def nearest_to(tmp_path):
    """The nearest of some listings to a vehicle: `found(rows, asked)`."""

    def search(rows, asked=None, most=20):
        write(tmp_path / "reference.parquet", rows)
        reference = read_reference(tmp_path / "reference.parquet", SCHEMA)
        return nearest(reference, asked or ASKED, most)

    return search


@pytest.fixture(name="folder_client")
def client_of_a_model_with_a_reference(settings, tmp_path):
    """A client of an application whose model came from a folder; and the reference's path."""
    app = create_app(settings, FakeModel())
    slot = app.extensions["price_service"].slot
    slot.swap(serve("7", FakeModel(), tmp_path / "model"))
    yield app.test_client(), tmp_path / "model" / REFERENCE_FILE
    app.extensions["price_service"].outbox.close()


def order(listings):
    """The places at which the listings were written."""
    return [listing["price"] // 1_000 - 1 for listing in listings]


def test_make_and_model_come_before_everything_else(found):
    rows = [
        SAME | {"manufacturer": "kia"},
        SAME | {"model": "focus"},
        SAME | {"model": "f-150"},
        SAME | {"year": 1990, "odometer": 300_000},
    ]
    listings = found(rows)
    assert order(listings) == [3, 2, 1, 0]
    assert [listing["same"] for listing in listings] == ["model", "family", "make", "none"]


@pytest.mark.parametrize("text", ["f150 xlt", "F 150 XLT", "ford f-150 xlt", "f-150  x.l.t"])
def test_one_model_is_one_however_it_is_written(found, text):
    (listing,) = found([SAME | {"model": text}])
    assert listing["same"] == "model" and listing["differs"] == {}


@pytest.mark.parametrize(
    "one, other, make",
    [
        ("Mazda 3", "mazda3", "mazda"),
        ("3", "mazda3", "mazda"),
        ("Town and Country", "town & country", "chrysler"),
        ("Town And Country Limited", "town&country limited", "chrysler"),
        ("BMW 328i", "328i", "bmw"),
        ("Discovery", "land rover discovery", "land rover"),
    ],
)
def test_a_model_is_one_with_and_without_its_make_and_with_an_and(one, other, make):
    assert words(one, make) == words(other, make) != ()


@pytest.mark.parametrize("model, make", [("mini", "mini"), ("fordor", "ford"), ("grand am", "ram")])
def test_what_only_begins_like_the_make_is_kept(model, make):
    assert words(model, make) == tuple(model.split())


def test_ten_thousand_miles_weigh_as_much_as_a_year(found):
    year_off, miles_off = found([SAME | {"year": 2012}, SAME | {"odometer": 90_000}])[::-1]
    assert (year_off["distance"], miles_off["distance"]) == (0.667, 0.333)


def test_mileage_is_nearest_first(found):
    rows = [SAME | {"odometer": 80_000 + 9_000 * place} for place in (3, -1, 2, 0)]
    assert order(found(rows)) == [3, 1, 2, 0]


def test_the_own_region_comes_before_the_own_state_and_that_before_another(found):
    asked = ASKED | {"state": "tx", "region": "austin"}
    rows = [
        SAME | {"state": "ok", "region": "tulsa"},
        SAME | {"state": "tx", "region": "waco"},
        SAME | {"state": "tx", "region": "austin"},
    ]
    listings = found(rows, asked)
    assert order(listings) == [2, 1, 0]
    assert [listing["distance"] for listing in listings] == [0, 0.2, 0.7]


def test_what_a_listing_does_not_say_counts_between_the_same_and_another(found):
    rows = [SAME | {"fuel": "diesel"}, SAME | {"fuel": None}, SAME | {"fuel": "gas"}]
    assert order(found(rows, ASKED | {"fuel": "Gas"})) == [2, 1, 0]
    near, unknown, far = found(
        [SAME | {"odometer": miles} for miles in (81_000, None, 140_000)], ASKED
    )
    assert (near["distance"], unknown["distance"], far["distance"]) == (0.033, 1, 2)
    assert "odometer" not in unknown["features"] | unknown["differs"]


def test_what_was_not_asked_for_does_not_count(found):
    rows = [SAME | {"fuel": "gas", "state": "tx"}, SAME]
    assert [listing["distance"] for listing in found(rows)] == [0, 0]


def test_at_the_same_distance_the_latest_comes_first(found):
    assert order(found([SAME, SAME, SAME])) == [2, 1, 0]


def test_what_differs_is_told_and_nothing_else(found):
    rows = [SAME | {"year": 2016, "odometer": 91_000.5, "state": "ok", "fuel": "gas"}]
    (listing,) = found(rows, ASKED | {"state": "TX"})
    assert listing["differs"] == {"year": 2, "odometer": 11_000.5, "state": "ok"}
    assert listing["features"] == rows[0]
    assert (listing["price"], listing["posted"]) == (1_000, "2021-04-20")


def test_without_a_make_the_model_alone_is_compared(found):
    listings = found([SAME | {"manufacturer": None}, SAME], {"model": "f150 xlt"})
    assert {listing["same"] for listing in listings} == {"model"}
    listings = found([SAME | {"manufacturer": None, "model": None}], {"year": 2014})
    assert listings[0]["same"] == "none"


def test_only_as_many_as_wanted_are_given(found):
    assert len(found([SAME] * 30, most=7)) == 7


def test_a_single_letter_before_a_number_is_one_word_with_it():
    assert words("F 150 XLT", "ford") == words("ford f-150 xlt", "Ford") == ("f150", "xlt")
    assert words("Ford", "ford") == ("ford",) and words(None, None) == ()


def test_the_route_answers_from_the_served_models_folder(folder_client):
    client, path = folder_client
    names = [feature["name"] for feature in FAKE_SCHEMA["features"]]
    write(path, [SAME, SAME | {"odometer": 82_000}], names)
    query = "/comparables?manufacturer=ford&model=f150%20xlt&year=2014&odometer=80000&limit=1"
    answer = client.get(query).get_json()
    assert (answer["model_version"], answer["count"]) == ("7", 1)
    assert answer["listings"][0]["features"] == SAME
    path.unlink()
    assert client.get(query).get_json() == answer


def test_a_model_that_came_from_no_folder_has_nothing_to_compare_with(client):
    answer = client.get("/comparables?year=2014").get_json()
    assert answer == {"model_version": "1", "count": 0, "listings": []}


@pytest.mark.parametrize(
    "broken",
    [
        None,
        b"",
        b"PAR1 no parquet at all PAR1",
        pd.DataFrame({"year": [2014.0]}),
        pd.DataFrame(dict.fromkeys(("manufacturer", "model", "year", "odometer", "price"), ["x"])),
    ],
    ids=["missing", "empty", "garbage", "columns missing", "texts for numbers"],
)
def test_a_reference_that_cannot_be_read_is_a_problem_and_no_fault(folder_client, broken):
    client, path = folder_client
    path.parent.mkdir(parents=True)
    if isinstance(broken, bytes):
        path.write_bytes(broken)
    elif broken is not None:
        broken.assign(posting_date=pd.Timestamp("2021-04-20")).to_parquet(path)
    reply = client.get("/comparables?year=2014")
    assert reply.status_code == 503 and reply.mimetype == "application/problem+json"
    assert "cannot be read" in reply.get_json()["detail"]


def test_a_reference_without_rows_has_no_comparables(folder_client):
    client, path = folder_client
    write(path, [], [feature["name"] for feature in FAKE_SCHEMA["features"]])
    assert client.get("/comparables?year=2014").get_json()["count"] == 0


@pytest.mark.parametrize(
    "query, field",
    [
        ("", "year"),
        ("year=", "year"),
        ("year=two", "year"),
        ("year=2014.5", "year"),
        ("year=1949", "year"),
        ("year=nan", "year"),
        ("year=1e9999", "year"),
        ("year=2014&year=2015", "year"),
        ("year=2014&odometer=-1", "odometer"),
        ("year=2014&odometer=inf", "odometer"),
        ("year=2014&wheels=4", "wheels"),
        ("year=2014&price=9000", "price"),
        ("year=2014&%00=4", "\0"),
        ("year=2014&=4", ""),
        ("year=2014&model=" + "x" * 301, "model"),
        ("year=2014&model=f%00", "model"),
        ("year=2014&limit=0", "limit"),
        ("year=2014&limit=101", "limit"),
        ("year=2014&limit=", "limit"),
        ("year=2014&limit=ten", "limit"),
        ("year=2014&limit=-5", "limit"),
        ("year=2014&limit=%D9%A3", "limit"),
        ("year=2014&limit=5&limit=5", "limit"),
    ],
    ids=lambda value: value[:30],
)
def test_a_bad_query_is_refused_and_its_field_named(client, query, field):
    reply = client.get(f"/comparables?{query}")
    assert reply.status_code == 422 and reply.mimetype == "application/problem+json"
    assert field in [error["field"] for error in reply.get_json()["errors"]]


@pytest.mark.parametrize(
    "query", ["year=2014&model=%FF%FE", "year=+2014&model=&limit=007", "year=2014e0"]
)
def test_an_odd_query_is_answered(client, query):
    assert client.get(f"/comparables?{query}").status_code == 200


@pytest.mark.parametrize(
    ("model", "make"),
    [
        ("F-150 XLT", "ford"),
        ("ford f150", "ford"),
        ("Mazda 3", "mazda"),
        ("mazda3 i sport", "mazda"),
        ("Town and Country", "chrysler"),
        ("town & country", "chrysler"),
        ("benz c300", "mercedes-benz"),
        ("fordor", "ford"),
        ("ümläut 3", ""),
        ("", "ford"),
    ],
)
def test_words_of_a_model_are_those_of_the_served_model(model, make):
    assert words(model, make) == serving_model.words(model, make)
