"""A synthetic, seeded, Craigslist-like archive for running with no account."""

import io
import logging
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from vehicle_pricing import sample_catalogue
from vehicle_pricing.archive import CSV_NAME, new_member

log = logging.getLogger(__name__)

COLUMNS = (
    "id,url,region,region_url,price,year,manufacturer,model,condition,cylinders,fuel,odometer,"
    "title_status,transmission,VIN,drive,size,type,paint_color,image_url,description,county,state,"
    "lat,long,posting_date"
).split(",")
SEED = 20210404
FIRST_DAY, DAYS = np.datetime64("2021-04-07T06:00:00"), 28
EMPTY_FIRST_ROWS = 27
MISSING_SHARES = {
    "size": 0.718,
    "cylinders": 0.416,
    "condition": 0.408,
    "drive": 0.306,
    "paint_color": 0.305,
    "type": 0.218,
    "manufacturer": 0.041,
    "title_status": 0.019,
    "model": 0.012,
    "odometer": 0.0103,
    "fuel": 0.007,
    "transmission": 0.006,
    "year": 0.0028,
}
ABSURD_PRICES = (1, 1234, 12345, 123456789, 1111111111, 1234567890, 3736928711)
ABSURD_ODOMETERS = (1111111, 9999999, 10000000, 1000000, 999999, 123456, 1234567)
# value: (share, factor on the price)
CONDITIONS = {
    "excellent": (0.41, 1.06),
    "good": (0.45, 1.0),
    "like new": (0.09, 1.14),
    "fair": (0.035, 0.72),
    "new": (0.005, 1.2),
    "salvage": (0.01, 0.45),
}
TITLES = {
    "clean": (0.963, 1.0),
    "rebuilt": (0.02, 0.72),
    "salvage": (0.008, 0.55),
    "lien": (0.005, 0.98),
    "missing": (0.003, 0.6),
    "parts only": (0.001, 0.3),
}
COLOURS = "white black silver blue red grey green custom brown orange yellow purple".split()
COLOUR_WEIGHTS = np.array([27, 21, 15, 11, 10, 8, 2.4, 2.2, 2.2, 0.7, 0.6, 0.2])
SIZES = {"pickup": "full-size", "truck": "full-size", "van": "full-size", "hatchback": "compact"}
VIN_LETTERS = np.frombuffer(b"ABCDEFGHJKLMNPRSTUVWXYZ0123456789", dtype="S1")


def write_archive(path: Path, rows: int, seed: int = SEED) -> None:
    """Write a zip like Kaggle's with `rows` listings; the same seed gives the same bytes."""
    log.info("making a synthetic archive of %s listings", f"{rows:,}")
    frame = listings(rows, seed)
    with zipfile.ZipFile(path, "w", compresslevel=1) as archive:
        with archive.open(new_member(CSV_NAME), "w") as raw:
            with io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
                frame.to_csv(text, index=False, lineterminator="\n")


def listings(rows: int, seed: int = SEED) -> pd.DataFrame:
    """`rows` raw listings with Kaggle's 26 columns and quirks; prices follow from the vehicles."""
    rng = np.random.default_rng(seed)
    vehicles = _vehicles(rng, rows)
    copies = 1 + (rng.random(len(vehicles)) < 0.28) * rng.geometric(0.35, len(vehicles))
    frame = vehicles.loc[np.repeat(vehicles.index, copies)[:rows]].reset_index(drop=True)
    frame = _placed(rng, frame)
    frame["price"] = _asking_prices(rng, frame)
    frame = _with_texts(rng, frame).sample(frac=1, random_state=seed).reset_index(drop=True)
    kept = ["id", "url", "region", "region_url", "price", "state"]
    emptied = [name for name in COLUMNS if name not in kept]
    frame.loc[: EMPTY_FIRST_ROWS - 1, emptied] = None
    return frame[COLUMNS]


def _vehicles(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """`count` different vehicles with their attributes and what each is worth, `worth` in USD."""
    catalogue = pd.DataFrame([vars(model) for model in sample_catalogue.models()])
    picks = catalogue.iloc[rng.choice(len(catalogue), count, p=catalogue["weight"])]
    vehicles = picks.reset_index(drop=True)
    _add_age_and_use(rng, vehicles)
    worth = _worth(rng, vehicles)
    vehicles["worth"] = worth * _add_states_of_repair(rng, vehicles)
    _add_looks(rng, vehicles)
    letters = VIN_LETTERS[rng.integers(0, len(VIN_LETTERS), (count, 17))]
    vehicles["VIN"] = letters.view("S17").ravel().astype("U17")
    for name, share in MISSING_SHARES.items():
        vehicles[name] = vehicles[name].astype(object).where(rng.random(count) >= share, None)
    return vehicles


def _add_age_and_use(rng: np.random.Generator, vehicles: pd.DataFrame) -> None:
    count = len(vehicles)
    age = np.minimum(rng.gamma(2.2, 4.0, count), 30).round()
    classics = rng.random(count) < 0.02
    age = np.where(classics, rng.integers(30, 70, count), age)
    vehicles["age"] = age
    vehicles["year"] = (2021 - age).astype(int)
    per_year = rng.lognormal(np.log(11_500), 0.4, count)
    miles = per_year * np.minimum(age + rng.random(count), 18)
    rounded = rng.random(count) < 0.3
    vehicles["miles"] = np.where(rounded, miles.round(-3), miles.round()).clip(4, 420_000)
    absurd = rng.random(count) < 0.006
    shown = np.where(absurd, rng.choice(ABSURD_ODOMETERS, count), vehicles["miles"])
    vehicles["odometer"] = np.where(rng.random(count) < 0.006, 0, shown).astype(np.int64)


def _worth(rng: np.random.Generator, vehicles: pd.DataFrame) -> np.ndarray:
    """USD by make, model, age and use: value decays by the year, and by miles beyond the usual."""
    age, miles = vehicles["age"].to_numpy(), vehicles["miles"].to_numpy()
    faded = np.maximum(np.exp(-vehicles["yearly_loss"].to_numpy() * np.minimum(age, 25)), 0.03)
    used = np.exp(-2.6e-6 * (miles - 11_500 * np.minimum(age, 18)))
    classic = np.where(age > 30, 1 + (age - 30) * 0.15, 1.0)
    noise = rng.lognormal(0, 0.14, len(vehicles))
    return vehicles["price_usd"].to_numpy() * faded * used * classic * noise


def _add_states_of_repair(rng: np.random.Generator, vehicles: pd.DataFrame) -> np.ndarray:
    """Condition, title, fuel and gearbox; the factor on the price that they make."""
    factor = np.ones(len(vehicles))
    for name, table in (("condition", CONDITIONS), ("title_status", TITLES)):
        shares, factors = np.array(list(table.values())).T
        picks = rng.choice(len(table), len(vehicles), p=shares)
        vehicles[name] = np.array(list(table), dtype=object)[picks]
        factor *= factors[picks]
    return factor * _add_engine(rng, vehicles)


def _add_engine(rng: np.random.Generator, vehicles: pd.DataFrame) -> np.ndarray:
    luck = rng.random(len(vehicles))
    heavy = vehicles["body"].isin(["truck", "van"]).to_numpy()
    electric = vehicles["name"].isin(sample_catalogue.ELECTRIC).to_numpy()
    hybrid = (vehicles["name"] == "prius").to_numpy() | (luck > 0.985)
    diesel = (heavy & (luck < 0.5)) | (luck < 0.015)
    cases = [electric, hybrid, diesel, luck > 0.92]
    vehicles["fuel"] = np.select(cases, ["electric", "hybrid", "diesel", "other"], "gas")
    manual = rng.random(len(vehicles)) < np.where(vehicles["body"] == "coupe", 0.25, 0.045)
    other = rng.random(len(vehicles)) < 0.15
    vehicles["transmission"] = np.select([manual, other], ["manual", "other"], "automatic")
    alone = (rng.random(len(vehicles)) < 0.15) & (vehicles["drive"] == "4wd").to_numpy()
    vehicles["drive"] = np.where(alone, "rwd", vehicles["drive"])
    return np.select([diesel, hybrid, alone], [1.22, 1.06, 0.9], 1.0)


def _add_looks(rng: np.random.Generator, vehicles: pd.DataFrame) -> None:
    count = len(vehicles)
    vehicles["manufacturer"] = vehicles["make"]
    trims = np.array(sample_catalogue.TRIMS.split("|"), dtype=object)
    vehicles["model"] = vehicles["name"] + trims[rng.integers(0, len(trims), count)]
    nameless = rng.random(count) < 0.001
    vehicles.loc[nameless, "model"] = "♿ accessible van – любой цвет"
    colours = rng.choice(len(COLOURS), count, p=COLOUR_WEIGHTS / COLOUR_WEIGHTS.sum())
    vehicles["paint_color"] = np.array(COLOURS, dtype=object)[colours]
    vehicles["type"] = np.where(rng.random(count) < 0.06, "other", vehicles["body"])
    vehicles["size"] = vehicles["body"].map(SIZES).fillna("mid-size")
    known = vehicles["cylinders"].where(vehicles["cylinders"] != "", None)
    vehicles["cylinders"] = known + " cylinders"


def _placed(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """The listings in time order, each in a place; copies of a vehicle stand in other places."""
    seconds = np.sort(rng.integers(0, DAYS * 86_400, len(frame)))
    frame = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    states, regions, shares = zip(*sample_catalogue.places())
    picks = rng.choice(len(shares), len(frame), p=shares)
    frame["state"] = np.array(states, dtype=object)[picks]
    frame["region"] = np.array(regions, dtype=object)[picks]
    frame["place_factor"] = np.exp(rng.normal(0, 0.035, len(shares)))[picks]
    hours = frame["state"].map(sample_catalogue.HOURS_WEST).fillna(4).astype(int)
    local = FIRST_DAY + seconds.astype("timedelta64[s]") - hours.to_numpy("timedelta64[h]")
    offsets = hours.map(lambda hour: f"-{hour:02d}00")
    frame["posting_date"] = (
        pd.Series(np.datetime_as_string(local, unit="s"), dtype=object) + offsets
    )
    frame["id"] = 7_300_000_000 + np.cumsum(rng.integers(1, 4000, len(frame)))
    return frame


def _asking_prices(rng: np.random.Generator, frame: pd.DataFrame) -> np.ndarray:
    """What the sellers write: worth, place and mood, rounded; now and then no price at all."""
    count = len(frame)
    price = frame["worth"].to_numpy() * frame["place_factor"].to_numpy()
    price = np.maximum(price * rng.lognormal(0, 0.04, count), 300)
    price = np.where(rng.random(count) < 0.5, (price / 500).round() * 500 - 5, price.round(-2))
    wild = rng.random(count) < 0.02
    price = np.where(wild, price * rng.lognormal(0, 1.0, count), price)
    luck = rng.random(count)
    absurd = rng.choice(ABSURD_PRICES, count)
    cases = [luck < 0.07, luck < 0.085, luck < 0.087]
    return np.select(cases, [0, rng.integers(1, 500, count), absurd], price.round()).astype(
        np.int64
    )


def _with_texts(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    count = len(frame)
    pairs = [
        f"{one}. {two}" for one in sample_catalogue.PHRASES for two in sample_catalogue.PHRASES
    ]
    texts = np.array(pairs, dtype=object)[rng.integers(0, len(pairs), count)]
    sites = frame["region"].str.replace(r"[^a-z]", "", regex=True)
    frame["description"] = frame["name"] + ": " + texts
    frame["region_url"] = "https://" + sites + ".craigslist.org"
    frame["url"] = frame["region_url"] + "/cto/" + frame["id"].astype(str) + ".html"
    frame["image_url"] = None
    frame["county"] = None
    frame["lat"] = rng.uniform(25, 49, count).round(4)
    frame["long"] = rng.uniform(-124, -68, count).round(4)
    frame.loc[rng.random(count) < 0.015, ["lat", "long"]] = None
    frame["VIN"] = frame["VIN"].where(rng.random(count) < 0.62, None)
    frame.loc[rng.random(count) < 0.0002, "posting_date"] = None
    return frame
