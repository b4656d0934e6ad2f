"""The margin of a price range holds what conformal prediction promises."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vehicle_pricing.final_fit import COVERAGE, conformal_margin

DISTANCES = st.lists(st.floats(-5, 5), min_size=1, max_size=300)


@settings(max_examples=200, derandomize=True)
@given(DISTANCES)
def test_the_margin_has_the_rank_of_a_finite_sample_or_the_next(distances):
    outside = np.array(distances)
    rank = min(math.ceil((len(outside) + 1) * COVERAGE), len(outside))
    margin = conformal_margin(outside)
    assert margin in outside
    assert np.sum(outside <= margin) >= rank
    assert np.sum(outside < margin) <= rank


@settings(max_examples=50, derandomize=True)
@given(DISTANCES, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_move_it(distances, order):
    shuffled = order.sample(distances, len(distances))
    assert conformal_margin(np.array(distances)) == conformal_margin(np.array(shuffled))


def test_of_exchangeable_rows_no_fewer_than_nine_of_ten_are_held():
    draw = np.random.default_rng(5)
    rounds, known = 4000, 60
    held = [
        draw.standard_t(3) <= conformal_margin(draw.standard_t(3, known)) for _ in range(rounds)
    ]
    chance = 3 * math.sqrt(COVERAGE * (1 - COVERAGE) / rounds)
    assert COVERAGE - chance <= np.mean(held) <= COVERAGE + 2 / known + chance
