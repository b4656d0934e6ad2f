"""Parity at scale: 5,000 listings of no data set cost over HTTP what the registered model says."""

import io
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pandas as pd
import pytest
import requests

from vehicle_pricing import prepare, sample
from vehicle_pricing.candidate import score
from vehicle_pricing.registry import Registry
from vehicle_pricing.schema import FEATURE_NAMES, ODOMETER_MAX_MILES, YEAR_MIN

ROWS, OTHER_SEED, CLIENTS = 5_000, sample.SEED + 1, 4
ODD_EVERY = 10  # listings of which one is without a make that is known, one not ASCII, and so on
ODD_TEXTS = (
    *("citroën ds é", "愛車 ハイエース", "♿ accessible van – любой цвет", "🚗" * 75, "straße ẞ"),
    *("İstanbul ığ", "e\u0301 decomposed", "ｆ１５０ ｘｌｔ", "مرحبا 150", "\u200bzero\u00a0width"),
)
OPTIONAL = [name for name in FEATURE_NAMES if name != "year"]


@pytest.fixture(scope="module", name="model")
def registered_model(service_url, mlflow_url):
    """The model that the service has loaded, as the pipeline loads it."""
    registry = Registry(mlflow_url)
    number = requests.get(f"{service_url}/model", timeout=10).json()["version"]
    return registry.load(registry.version(number))


@pytest.fixture(scope="module", name="latest_year")
def latest_year_asked_for(service_url) -> int:
    """The greatest year that the service takes."""
    features = requests.get(f"{service_url}/schema", timeout=10).json()["features"]
    return next(feature["max"] for feature in features if feature["name"] == "year")


@pytest.fixture(scope="module", name="unseen")
def listings_of_another_seed(latest_year) -> pd.DataFrame:
    """Clean listings of another seed than training's, of which four of ten are odd."""
    text = io.StringIO(sample.listings(2 * ROWS, OTHER_SEED).to_csv(index=False))
    clean, _ = prepare.clean(pd.read_csv(text, dtype="str"))
    rows = clean[list(FEATURE_NAMES)].head(ROWS).reset_index(drop=True)
    kind, turn = rows.index % ODD_EVERY, rows.index // ODD_EVERY
    rows.loc[kind == 0, ["manufacturer", "fuel"]] = ["zzyzx motors", "steam"]
    for name in ("manufacturer", "model", "region"):
        rows.loc[kind == 1, name] = [ODD_TEXTS[one % len(ODD_TEXTS)] for one in turn[kind == 1]]
    rows.loc[kind == 2, OPTIONAL] = None
    extremes = list(product((YEAR_MIN, latest_year), (0, ODOMETER_MAX_MILES)))
    rows.loc[kind == 3, ["year", "odometer"]] = [extremes[one % 4] for one in turn[kind == 3]]
    return rows


@pytest.fixture(scope="module", name="expected")
def prices_of_the_model(model, unseen) -> list[tuple[int, int, int]]:
    """(price, low, high) of each listing by the registered model, in whole dollars."""
    return in_dollars(score(model, unseen))


def in_dollars(scored: pd.DataFrame) -> list[tuple[int, int, int]]:
    """(price, low, high) as the service rounds them."""
    columns = scored[["predicted_price", "low", "high"]]
    return [tuple(map(round, row)) for row in columns.itertuples(index=False)]


def listings_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as a client would send them: without what is missing."""
    rows = frame.to_dict("records")
    return [{name: value for name, value in row.items() if pd.notna(value)} for row in rows]


def answers_of(reply: requests.Response) -> list[tuple[int, int, int]]:
    """(price, low, high) of each result of a reply, which must be 200."""
    assert reply.status_code == 200, reply.text[:300]
    results = reply.json()
    results = results if isinstance(results, list) else [results]
    return [(result["price"], result["low"], result["high"]) for result in results]


def one_by_one(service_url: str, listings: list[dict]) -> list[tuple[int, int, int]]:
    """The answers to each of the listings alone, over one connection."""
    with requests.Session() as session:
        replies = (
            session.post(f"{service_url}/predict", json=listing, timeout=60) for listing in listings
        )
        return [answer for reply in replies for answer in answers_of(reply)]


def test_among_the_listings_there_is_every_kind_of_odd_one(unseen, model, latest_year):
    known = set(model.encoder.tables["make"])
    unknown = unseen["manufacturer"].notna() & ~unseen["manufacturer"].isin(known)
    extremes = unseen[unseen["year"].isin([YEAR_MIN, latest_year])]
    extremes = extremes[extremes["odometer"].isin([0, ODOMETER_MAX_MILES])]
    plain = unseen[unseen.index % ODD_EVERY > 3]
    each = ROWS // ODD_EVERY
    assert len(unseen) == ROWS and unknown.sum() >= each
    assert unseen["model"].isin(ODD_TEXTS).sum() >= each
    assert set(unseen["region"]) >= set(ODD_TEXTS)
    assert unseen[OPTIONAL].isna().all(axis=1).sum() >= each
    assert len(extremes) >= each and len(extremes[["year", "odometer"]].drop_duplicates()) == 4
    assert 0.2 < plain["condition"].isna().mean() < 0.6 and plain["odometer"].isna().any()


def test_five_thousand_listings_in_bulk_cost_what_the_model_says(service_url, unseen, expected):
    reply = requests.post(f"{service_url}/predict", json=listings_of(unseen), timeout=120)
    assert answers_of(reply) == expected


def test_five_thousand_listings_one_by_one_cost_what_the_model_says(service_url, unseen, expected):
    rows = listings_of(unseen)
    parts = [rows[start::CLIENTS] for start in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        found = list(pool.map(lambda part: one_by_one(service_url, part), parts))
    assert found == [expected[start::CLIENTS] for start in range(CLIENTS)]


@pytest.mark.parametrize("odometer", [0, 1, 499_999.5, ODOMETER_MAX_MILES, None])
@pytest.mark.parametrize("year", [YEAR_MIN, 2021, "the latest"])
def test_numbers_at_their_bounds_cost_what_the_model_says(
    service_url, model, latest_year, odometer, year
):
    known = {"year": latest_year if year == "the latest" else year, "odometer": odometer}
    row = pd.DataFrame([dict.fromkeys(FEATURE_NAMES) | {"manufacturer": "ford"} | known])
    answers = one_by_one(service_url, listings_of(row))
    assert answers == in_dollars(score(model, row))
    ((price, low, high),) = answers
    assert 0 < low <= price <= high


@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize("name", ["manufacturer", "model", "region", "paint_color"])
def test_a_text_outside_ascii_costs_what_the_model_says(service_url, model, name, text):
    known = {"year": 2014.0, "manufacturer": "ford", "state": "ca", name: text}
    row = pd.DataFrame([dict.fromkeys(FEATURE_NAMES) | known])
    assert one_by_one(service_url, listings_of(row)) == in_dollars(score(model, row))
