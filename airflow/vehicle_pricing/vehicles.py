"""Which listings show one vehicle: by its VIN, else by its attributes without place and price."""

import numpy as np
import pandas as pd

from vehicle_pricing.schema import FEATURE_NAMES

KEY_COLUMNS = (
    "manufacturer",
    "model",
    "year",
    "odometer",
    "cylinders",
    "fuel",
    "transmission",
    "drive",
    "type",
    "paint_color",
)
FEWEST_KNOWN = 6
VIN_PATTERN = r"[A-HJ-NPR-Z0-9]{17}"
FEWEST_VIN_CHARACTERS = 6
NONE = np.uint64(0)


def clean_vins(vins: pd.Series) -> pd.Series:
    """The VINs in capitals; what cannot be one (other length, a few characters over) is missing."""
    tidy = vins.str.strip().str.upper()
    likely = tidy.str.fullmatch(VIN_PATTERN).fillna(False).astype(bool)
    varied = tidy.where(likely, "").map(lambda vin: len(set(vin)) >= FEWEST_VIN_CHARACTERS)
    return tidy.where(likely & varied.astype(bool))


def hashes(values: pd.Series) -> np.ndarray:
    """A 64-bit number for each text, the same on every machine; NONE where it is missing."""
    numbers = pd.util.hash_array(values.fillna("").to_numpy(dtype=object))
    return np.where(values.isna().to_numpy(), NONE, numbers)


def attribute_keys(listings: pd.DataFrame) -> np.ndarray:
    """A number that copies of a listing share; NONE where too little is known to tell.

    Enough is known with the mileage and a make or model, or with a model and at least
    FEWEST_KNOWN attributes in all.
    """
    attributes = pd.DataFrame({name: listings[name] for name in KEY_COLUMNS})
    named = attributes["manufacturer"].notna() | attributes["model"].notna()
    described = attributes["model"].notna() & (attributes.notna().sum(axis=1) >= FEWEST_KNOWN)
    telling = (driven(listings) & named) | described
    attributes["model"] = _spelling(attributes["model"])
    numbers = pd.util.hash_pandas_object(_whole_texts(attributes), index=False).to_numpy()
    return np.where(telling.to_numpy(), numbers, NONE)


def driven(listings: pd.DataFrame) -> pd.Series:
    """Whether the mileage is known and above zero: it tells two like vehicles apart."""
    return listings["odometer"] > 0


def no_vins(count: int) -> np.ndarray:
    """The hashes of `count` listings that have no VIN."""
    return np.full(count, NONE)


def group(vins: np.ndarray, keys: np.ndarray, is_driven: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """The vehicle of each listing as text, from hashes of VIN, attributes and listing id.

    A listing without VIN belongs to the first VIN that has its attributes and its mileage.
    """
    known = (vins != NONE) & (keys != NONE) & is_driven
    vin_of_key = pd.Series(vins[known], index=keys[known])
    vin_of_key = vin_of_key[~vin_of_key.index.duplicated()]
    borrowed = vin_of_key.reindex(keys, fill_value=NONE).to_numpy(dtype=np.uint64)
    vehicles = np.select(
        [vins != NONE, borrowed != NONE, keys != NONE], [vins, borrowed, keys], ids
    )
    return np.array([f"{vehicle:016x}" for vehicle in vehicles.tolist()], dtype=object)


def by_attributes(listings: pd.DataFrame) -> pd.Series:
    """The vehicle_id of each attribute key among the listings: that of its first listing."""
    keys = attribute_keys(listings)
    known = pd.Series(listings["vehicle_id"].to_numpy(), index=keys)
    return known[(keys != NONE) & ~known.index.duplicated()]


def with_vehicles(feedback: pd.DataFrame, known: pd.Series) -> pd.DataFrame:
    """The feedback with vehicle_id: that of listings with the same attributes, where there are.

    `known`: what `by_attributes` found. Of listings that tell too little of the vehicle, those
    that say the same are taken for one.
    """
    own_keys = attribute_keys(feedback)
    none = no_vins(len(feedback))
    said = pd.util.hash_pandas_object(feedback[list(FEATURE_NAMES)].fillna(""), index=False)
    own = group(none, own_keys, none > 0, said.to_numpy())
    found = known.reindex(own_keys).to_numpy(dtype=object)
    return feedback.assign(vehicle_id=pd.Series(found).fillna(pd.Series(own)).astype("str"))


def _spelling(models: pd.Series) -> pd.Series:
    """Model names without spaces and punctuation: `f-150` and `f150` are one thing."""
    codes, names = pd.factorize(models)
    plain = np.array(["".join(filter(str.isalnum, name)) for name in names] + [None], dtype=object)
    return pd.Series(plain[codes], index=models.index, dtype="str")


def _whole_texts(attributes: pd.DataFrame) -> pd.DataFrame:
    """The same with numbers as whole numbers and nothing missing, as hashing wants it."""
    texts = attributes.copy()
    for name in ("year", "odometer"):
        texts[name] = texts[name].fillna(-1).astype("int64")
    return texts.fillna("")
