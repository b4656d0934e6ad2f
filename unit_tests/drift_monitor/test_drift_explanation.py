"""A column's change in one line of words."""

import pandas as pd
import pytest

from drift_monitor.explanation import category_words, number_words
from drift_monitor.window import OTHER

REFERENCE = ["full-size"] * 60 + ["compact"] * 40


@pytest.mark.parametrize("name", ["size", "grew", "count", "index"])
def test_the_value_that_changed_most_is_named_whatever_the_column_is_called(name):
    now, usual = (pd.Series(values, name=name) for values in (["compact"] * 100, REFERENCE))
    words = category_words(name, now, usual, now)
    assert words == f"{name}: compact 100% now, 40% in the reference"


def test_a_value_outside_the_reference_is_named():
    now = pd.Series([OTHER] * 10)
    words = category_words("size", now, pd.Series(REFERENCE), pd.Series(["huge"] * 10))
    assert "(most often huge) 100% now, 0% in the reference" in words


def test_a_year_is_no_amount():
    now, usual = pd.Series([2020.0, 2020]), pd.Series([2012.0, 2012])
    assert number_words("year", now, usual) == "year: median 2020 now, 2012 in the reference"


def test_equal_medians_are_told_apart_by_the_middle_half():
    now, usual = pd.Series([1000.0, 5000, 9000]), pd.Series([4000.0, 5000, 6000])
    words = number_words("odometer", now, usual)
    assert words.endswith("middle half 3,000 to 7,000 now, 4,500 to 5,500 in the reference")


def test_values_that_went_missing_are_said():
    now, usual = pd.Series([5.0, None]), pd.Series([9.0, 9.0])
    assert number_words("odometer", now, usual) == (
        "odometer: median 5 now, 9 in the reference; missing 50% now, 0% in the reference"
    )
