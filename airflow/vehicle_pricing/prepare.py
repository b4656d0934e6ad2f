"""Raw listings become clean listings, and rejected listings with the reason of each."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from vehicle_pricing import vehicles
from vehicle_pricing.other_names import BLANK_WORDS, KAGGLE_OPTIONS, kaggle_names, squashed
from vehicle_pricing.schema import (
    CATEGORIES,
    FEATURE_NAMES,
    ODOMETER_MAX_MILES,
    TEXT_MAX_CHARACTERS,
    YEAR_MIN,
)

PRICE_MIN_USD, PRICE_MAX_USD = 500, 250_000
FIRST_POSTING = pd.Timestamp("1995-01-01")
ODOMETER_PLACEHOLDERS = (123_456, 999_999, 1_234_567, 1_111_111, 9_999_999)
REPEATED_DIGITS_FROM_MILES = 100_000
RAW_COLUMNS = ("id", "price", "posting_date", "VIN") + FEATURE_NAMES
CLEAN_COLUMNS = ("listing_id", "posting_date", "price") + FEATURE_NAMES
MILES_IN_A_KILOMETRE = 0.621371
# A number as people and exports write it: `$18,500`, `89k`, `51,000 mi.`, `80 000 km`, `1.25e4`.
WRITTEN_NUMBER = re.compile(
    r"(?:us ?|usd ?)?\$? ?(?P<number>[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?|[+-]?\.\d+)"
    r" ?(?P<thousand>k)? ?"
    r"(?:usd|us dollars|dollars|(?P<unit>miles?|mi\.?|mls?|kms?\.?|kilomet(?:er|re)s?))?"
)
GROUPED = re.compile(r"(?<=\d)[,'’ ](?=(?:\d\d,)*\d{3}(?!\d))")  # 80,000; 80'000; 1,23,456


def tables_digest() -> str:
    """Return a hash of what the clean values depend on beside this module's code."""
    tables = [{name: kaggle_names(name) for name in KAGGLE_OPTIONS}, BLANK_WORDS]
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()[:12]


PARAMETERS = {
    "format": 2,
    "other_names": tables_digest(),
    "price": [PRICE_MIN_USD, PRICE_MAX_USD],
    "year_min": YEAR_MIN,
    "odometer_max": ODOMETER_MAX_MILES,
    "odometer_placeholders": list(ODOMETER_PLACEHOLDERS),
    "text_max_characters": TEXT_MAX_CHARACTERS,
}

# Why a listing is turned away: the first reason that holds counts. Each test takes the parsed
# values: a frame with id, price_text, price, year_text, year, posting_date and posting_year.
REASONS = {
    "no id": lambda value: value["id"].isna(),
    "price missing": lambda value: value["price_text"].isna(),
    "price not a number": lambda value: value["price"].isna(),
    f"price below {PRICE_MIN_USD}": lambda value: value["price"] < PRICE_MIN_USD,
    f"price above {PRICE_MAX_USD}": lambda value: value["price"] > PRICE_MAX_USD,
    "year missing": lambda value: value["year_text"].isna(),
    "year not a whole number": lambda value: value["year"] % 1 != 0,
    f"year before {YEAR_MIN}": lambda value: value["year"] < YEAR_MIN,
    "posting date missing or unreadable": lambda value: value["posting_date"].isna(),
    "posting date out of range": lambda value: ~value["posting_date_in_range"],
    "year after the posting year + 1": lambda value: value["year"] > value["posting_year"] + 1,
}


def clean(
    raw: pd.DataFrame, not_after: pd.Timestamp | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split raw listings (RAW_COLUMNS, all text) into clean ones and rejected ones.

    The clean ones have CLEAN_COLUMNS and `vin`; the rejected ones are as they came, with `reason`.
    `not_after` (UTC) is the time after which nothing can have been posted.
    """
    values = _parsed(raw, not_after)
    reasons = _first_reasons(values)
    good = reasons.isna()
    rejected = raw[~good].assign(reason=reasons[~good].astype("str"))
    return _clean_columns(raw[good], values[good]), rejected.reset_index(drop=True)


def to_number(texts: pd.Series) -> pd.Series:
    """Return the numbers of texts such as `12500`, `$12,500`, `89k` or `51,000 mi.`, distances in
    miles; missing where there is none."""
    try:
        numbers = cast(texts, pa.float64())
    except pa.ArrowInvalid:
        numbers = each_distinct(texts, written_number, "float64")
    return numbers.where(np.isfinite(numbers))


def written_number(text: str) -> float:
    """Return the number that a text writes out, kilometres as miles; NaN where it is none."""
    plain = GROUPED.sub("", " ".join(text.casefold().split()))
    match = WRITTEN_NUMBER.fullmatch(plain)
    if match is None:
        return np.nan
    number = float(match["number"]) * (1000 if match["thousand"] else 1)
    is_metric = (match["unit"] or "").startswith("k")
    return round(number * MILES_IN_A_KILOMETRE) if is_metric else number


def to_utc(texts: pd.Series) -> pd.Series:
    """UTC times without zone of texts such as `2021-05-04T12:31:18-0500`."""
    try:
        times = cast(texts, pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:
        aware = pd.to_datetime(texts, errors="coerce", utc=True, format="ISO8601")
        times = aware.dt.tz_localize(None)
    return times.astype("datetime64[us]")


def cast(texts: pd.Series, kind: pa.DataType) -> pd.Series:
    """All the texts read by Arrow, many times faster than by pandas; raises ArrowInvalid where one
    is not written plainly."""
    values = pa.array(texts, pa.string()).cast(kind)
    return pd.Series(values.to_numpy(zero_copy_only=False), index=texts.index)


def to_miles(odometers: pd.Series) -> pd.Series:
    """Mileage without what cannot be one: out of bounds, or typed in for want of the number."""
    repeated = odometers.isin([digit * 111_111 for digit in range(1, 10)])
    placeholder = repeated & (odometers > REPEATED_DIGITS_FROM_MILES)
    placeholder |= odometers.isin(ODOMETER_PLACEHOLDERS)
    return odometers.where(odometers.between(0, ODOMETER_MAX_MILES) & ~placeholder)


def to_category(texts: pd.Series, name: str = "") -> pd.Series:
    """Return the texts of a category without spaces around, casefolded; blank ones are missing.

    Other names of the options that the data set's site has become these. Of the free text of
    models, runs of white space become one space.
    """
    return each_distinct(texts, partial(category_value, name=name), "str")


def category_value(text: str, name: str) -> str | None:
    """Return one of the texts of `to_category`."""
    spaced = re.sub(r"\s+", " ", text) if name == "model" else text
    tidy = spaced.strip().casefold()[:TEXT_MAX_CHARACTERS].strip()
    option = kaggle_names(name).get(squashed(tidy), tidy)
    is_option = option in KAGGLE_OPTIONS.get(name, ())
    return None if option in BLANK_WORDS and not is_option else option


def without_blank_words(texts: pd.Series) -> pd.Series:
    """Return the texts with those missing that say that something is not told."""
    return each_distinct(
        texts, lambda text: None if text.strip().casefold() in BLANK_WORDS else text, "str"
    )


def each_distinct(texts: pd.Series, read: Callable, dtype: str) -> pd.Series:
    """Return what `read` makes of each text; it is called once for each different one."""
    codes, names = pd.factorize(texts)
    values = np.array([*map(read, names), None], dtype=object)
    return pd.Series(values[codes], index=texts.index, dtype=dtype)


def _parsed(raw: pd.DataFrame, not_after: pd.Timestamp | None) -> pd.DataFrame:
    posted = to_utc(raw["posting_date"])
    price, year = without_blank_words(raw["price"]), without_blank_words(raw["year"])
    in_range = (posted >= FIRST_POSTING) & (posted <= (not_after or pd.Timestamp.max))
    return pd.DataFrame(
        {
            "id": raw["id"],
            "price_text": price,
            "price": to_number(price),
            "year_text": year,
            "year": to_number(year),
            "posting_date": posted,
            "posting_date_in_range": in_range,
            "posting_year": posted.dt.year,
        }
    )


def _first_reasons(values: pd.DataFrame) -> pd.Series:
    holds = [test(values).to_numpy(dtype=bool) for test in REASONS.values()]
    names = np.array(list(REASONS) + [None], dtype=object)
    first = np.where(np.any(holds, axis=0), np.argmax(holds, axis=0), len(REASONS))
    return pd.Series(names[first], index=values.index, dtype=object)


def _clean_columns(raw: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    columns = {
        "listing_id": raw["id"].astype("str"),
        "posting_date": values["posting_date"],
        "price": values["price"],
    }
    for name in FEATURE_NAMES:
        if name in CATEGORIES:
            columns[name] = to_category(raw[name], name)
    columns["year"] = values["year"]
    columns["odometer"] = to_miles(to_number(raw["odometer"]))
    columns["vin"] = vehicles.clean_vins(raw["VIN"])
    return pd.DataFrame(columns)[[*CLEAN_COLUMNS, "vin"]].reset_index(drop=True)
