"""Raw listings become clean listings, and rejected listings with the reason of each."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa

from vehicle_pricing import vehicles
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
PARAMETERS = {
    "format": 1,
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
    """Numbers of texts such as `12500`, `$12,500` or `2013.0`; missing where there is none."""
    try:
        numbers = cast(texts, pa.float64())
    except pa.ArrowInvalid:
        plain = texts.str.replace(r"[$,\s]", "", regex=True)
        numbers = pd.to_numeric(plain, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


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


def to_category(texts: pd.Series, one_space: bool = False) -> pd.Series:
    """Texts without spaces around, casefolded; blank ones are missing.

    With `one_space`, as for the free text of models, runs of white space become one space.
    """
    codes, names = pd.factorize(texts)
    tidy = [re.sub(r"\s+", " ", name) if one_space else name for name in names]
    known = [name.strip().casefold()[:TEXT_MAX_CHARACTERS].strip() or None for name in tidy]
    return pd.Series(np.array(known + [None], dtype=object)[codes], index=texts.index, dtype="str")


def _parsed(raw: pd.DataFrame, not_after: pd.Timestamp | None) -> pd.DataFrame:
    posted = to_utc(raw["posting_date"])
    in_range = (posted >= FIRST_POSTING) & (posted <= (not_after or pd.Timestamp.max))
    return pd.DataFrame(
        {
            "id": raw["id"],
            "price_text": raw["price"],
            "price": to_number(raw["price"]),
            "year_text": raw["year"],
            "year": to_number(raw["year"]),
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
            columns[name] = to_category(raw[name], one_space=name == "model")
    columns["year"] = values["year"]
    columns["odometer"] = to_miles(to_number(raw["odometer"]))
    columns["vin"] = vehicles.clean_vins(raw["VIN"])
    return pd.DataFrame(columns)[[*CLEAN_COLUMNS, "vin"]].reset_index(drop=True)
