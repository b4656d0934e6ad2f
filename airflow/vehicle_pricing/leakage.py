"""Whether a column tells the price, as a number or in its text: what no feature may do."""

import re

import numpy as np
import pandas as pd

from vehicle_pricing.errors import DataSetError

# Below these, honest columns of small data sets can seem to tell it.
FEWEST_ROWS, FEWEST_VALUES = 50, 20
SAME_ORDER = 0.999  # rank correlation: the price itself, a multiple or a logarithm of it
SAME_RATIO_SHARE, RATIO_TOLERANCE = 0.9, 1e-3  # the price or a multiple, but for some rows
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?", re.ASCII)


def check_price_untold(columns: pd.DataFrame, price: pd.Series) -> None:
    """Refuse columns of which one tells the price: a model of it would know its answer."""
    told = [name for name in columns if _tells(columns[name], price)]
    if told:
        raise DataSetError(
            f"the price can be read from {' and '.join(told)}: a model of it would know its answer;"
            " empty that column in the archive"
        )


def _tells(column: pd.Series, price: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return same_but_for_scale(column, price)
    return any(same_but_for_scale(numbers, price) for numbers in numbers_in(column))


def same_but_for_scale(values: pd.Series, price: pd.Series) -> bool:
    """Whether numbers are in the order of the prices, or in one ratio to nearly all of them."""
    known = (values.notna() & (values != 0)).to_numpy()
    values, price = values[known], price[known]
    if len(values) < FEWEST_ROWS or min(values.nunique(), price.nunique()) < FEWEST_VALUES:
        return False
    ratio = (values / price).to_numpy(float)
    same = np.isclose(ratio, np.median(ratio), rtol=RATIO_TOLERANCE, atol=0).mean()
    return same >= SAME_RATIO_SHARE or abs(values.rank().corr(price.rank())) > SAME_ORDER


def numbers_in(texts: pd.Series) -> list[pd.Series]:
    """The first and the last number of each text; missing where there is none."""
    codes, names = pd.factorize(texts)
    found = [NUMBER.findall(name) for name in names.astype(object)]
    ends = [[_number(each, end) for each in found] for end in (0, -1)]
    return [pd.Series(np.array([*end, np.nan])[codes], index=texts.index) for end in ends]


def _number(found: list[str], end: int) -> float:
    return float(found[end].replace(",", "")) if found else np.nan
