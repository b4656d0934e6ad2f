"""The rivals: their codes, their prices, and what a random split flatters."""

import numpy as np
import pandas as pd
import pytest

from vehicle_pricing.rivals import against, codes, honest_way, plain_way, untuned

from unit_tests.vehicle_pricing.model_world import listings, splits


def test_a_text_that_training_lacks_is_no_code():
    known = listings(200)
    strange = known.head(1).assign(fuel="steam")
    assert codes(strange, known)["fuel"].tolist() == [-1.0]
    assert codes(known, known)["fuel"].unique().tolist() == [1.0, 0.0]


def test_codes_follow_the_alphabet_of_the_known_rows():
    known = listings(200)
    makes = sorted(known["manufacturer"].unique())
    found = codes(known, known)["manufacturer"]
    assert [makes[int(code)] for code in found] == known["manufacturer"].tolist()


def test_an_untuned_rival_prices_in_dollars_with_and_without_logarithms():
    world = splits()
    median = np.full(len(world["test"]), world["train"]["price"].median())
    for log_price in (True, False):
        priced = untuned(world["train"], world["test"], 1, log_price)
        assert against(world["test"], priced)["mae"] < against(world["test"], median)["mae"] / 2


def test_copies_in_both_parts_flatter():
    world = splits()
    posted = pd.concat([world["train"], world["train"], world["train"]], ignore_index=True)
    flattering = plain_way(posted, seed=1)
    honest = honest_way(world["train"], world["test"], seed=1)
    assert flattering["mae"] < 0.7 * honest["mae"]
    assert flattering["rows"] == pytest.approx(480, abs=60) and honest["rows"] == 600
