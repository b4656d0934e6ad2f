"""How values are spread in a window and in the reference."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drift_monitor.distributions import MOST_BINS, MOST_VALUES, distributions, round_edges
from drift_monitor.window import MISSING, OTHER, Columns

SOME_NUMBERS = st.lists(st.floats(-1e6, 1e7), min_size=1, max_size=40)


def of_number(recent, reference):
    """The distribution of one number."""
    frames = [pd.DataFrame({"year": np.array(each, float)}) for each in (recent, reference)]
    return distributions(*frames, Columns(("year",), {}))[0]


def of_category(recent, reference):
    """The distribution of one category."""
    frames = [pd.DataFrame({"fuel": np.array(each, object)}) for each in (recent, reference)]
    return distributions(*frames, Columns((), {"fuel": ()}))[0]


def shares(distribution):
    """Place → its shares in the reference and in the window."""
    both = zip(distribution.reference, distribution.recent, strict=True)
    return dict(zip(distribution.places, both))


def test_a_number_is_counted_in_bins_of_one_round_width():
    found = of_number([2010, 2011, 2011], list(range(1990, 2020)))
    width = {round(step, 6) for step in np.diff(found.places)}
    assert width == {2.0}
    assert shares(found)[2010] == (pytest.approx(2 / 30), 1.0)


@given(recent=SOME_NUMBERS, reference=SOME_NUMBERS)
@example(recent=[0.0], reference=[5e-324])
@example(recent=[1e7], reference=[np.nextafter(1e7, 0)])
def test_every_value_is_in_a_bin_whatever_the_numbers_are(recent, reference):
    found = of_number(recent, reference)
    assert sum(found.recent) == pytest.approx(1) and sum(found.reference) == pytest.approx(1)
    assert len(found.recent) == len(found.places) - 1 <= MOST_BINS
    assert np.all(np.diff(found.places) > 0)


def test_missing_numbers_are_no_share_and_a_window_without_any_is_empty():
    found = of_number([np.nan, np.nan], [1.0, np.nan, 3.0])
    assert sum(found.reference) == pytest.approx(1)
    assert set(found.recent) == {0.0}


def test_a_constant_number_has_one_bin():
    assert round_edges(pd.Series([7.0]), pd.Series([7.0, 7.0])).tolist() == [7.0, 8.0]


def test_a_value_that_is_frequent_now_alone_has_a_line_of_its_own():
    usual = [f"s{number}" for number in range(40) for _ in range(40 - number)]
    found = of_category(["s39"] * 10, usual)
    assert shares(found)["s39"] == (pytest.approx(1 / len(usual)), 1.0)
    assert found.places[0] == "s0" and found.places[-1] == OTHER
    assert len(found.places) == MOST_VALUES + 1


def test_rare_values_are_one_and_missing_ones_another():
    found = of_category(["gas", OTHER, MISSING, MISSING], ["gas", "gas", OTHER, MISSING])
    assert shares(found) == {"gas": (0.5, 0.25), MISSING: (0.25, 0.5), OTHER: (0.25, 0.25)}


def test_a_value_that_sellers_call_other_is_not_the_rest():
    usual = [f"s{number}" for number in range(20) for _ in range(2)] + ["other"] * 9
    places = of_category(["other"], usual).places
    assert places[0] == "other" and places[-1] == OTHER
    assert len(set(places)) == len(places)


def test_few_values_have_no_rest():
    assert of_category(["gas"], ["gas", "diesel"]).places == ("gas", "diesel")


@given(recent=st.lists(st.sampled_from("abcdefghijklmnopqrs"), min_size=1))
def test_the_shares_of_a_category_add_up_to_one(recent):
    found = of_category(recent, list("abcdefghijklmnopqrs"))
    assert sum(found.recent) == pytest.approx(1) and sum(found.reference) == pytest.approx(1)
