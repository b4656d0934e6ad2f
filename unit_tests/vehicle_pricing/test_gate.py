"""The gate's verdicts: what it lets pass, what it refuses, and what it says."""

import numpy as np
import pandas as pd
import pytest

from vehicle_pricing.gate import Answers, Production, judge

ROWS, FEEDBACK_ROWS = 1_200, 150
RNG = np.random.default_rng(0)
PRICE = RNG.uniform(2_000, 45_000, ROWS)
NOISE = RNG.normal(0, 1_000, ROWS)


def scored(spread: float = 1.0, covered: float = 0.9) -> pd.DataFrame:
    """Test rows priced with an error of that spread, of which that share lies in its range."""
    half = np.where(np.arange(ROWS) < covered * ROWS, 1e6, 0.0)
    predicted = PRICE + NOISE * spread
    return pd.DataFrame(
        {
            "price": PRICE,
            "predicted_price": predicted,
            "low": PRICE + 1 - half,
            "high": PRICE + 1 + half,
            "year": 2021.0 - np.arange(ROWS) % 20,
            "posting_date": pd.Timestamp("2021-04-20"),
            "feedback": np.arange(ROWS) < FEEDBACK_ROWS,
            "trained_on": False,
            "type": pd.array(["suv" if row % 6 == 0 else "sedan" for row in range(ROWS)], "str"),
        }
    )


BASELINE = PRICE + 4_000


def production(errors: np.ndarray, unseen: np.ndarray | None = None, **about) -> Production:
    """Version 3 with those errors."""
    everything = np.ones(ROWS, bool)
    return Production(
        "3", predicted=PRICE + errors, unseen=everything if unseen is None else unseen, **about
    )


def test_the_first_model_passes_when_it_beats_the_baseline():
    decision = judge(scored(), BASELINE, None, synthetic=False, seed=1)
    assert decision.accepted
    assert decision.notes == ["no model is in production yet: compared with the baseline only"]
    assert decision.figures["baseline_mae"] == pytest.approx(4_000)


def test_a_model_no_better_than_the_baseline_is_refused():
    decision = judge(scored(spread=8), BASELINE, None, synthetic=False, seed=1)
    assert not decision.accepted
    assert decision.reasons[0].startswith("no better than the median by make, model and year")


def test_a_model_that_was_trained_on_test_vehicles_is_refused_by_how_many():
    rows = scored().assign(trained_on=np.arange(ROWS) < 7)
    decision = judge(rows, BASELINE, production(NOISE * 2), synthetic=False, seed=1)
    assert decision.reasons == ["test vehicles were trained on: 7 of 1,200"]


def test_a_model_that_prices_one_vehicle_at_no_number_is_refused():
    rows = scored()
    rows.loc[3, "predicted_price"] = np.nan
    decision = judge(rows, BASELINE, production(NOISE * 2), synthetic=False, seed=1)
    assert decision.reasons[0].endswith("error nan USD against 4,000 USD")


def test_the_errors_of_both_models_stand_for_every_segment():
    decision = judge(scored(), BASELINE, production(np.full(ROWS, 2_500.0)), False, seed=1)
    found = {row["value"]: row for row in decision.figures["segments"]}
    assert found["suv"]["rows"] + found["sedan"]["rows"] == ROWS
    assert found["suv"]["other_mae"] == pytest.approx(2_500)
    alone = judge(scored(), BASELINE, None, False, seed=1).figures["segments"]
    assert [row["other_mae"] for row in alone] == pytest.approx([4_000] * len(alone))


def test_errors_on_recent_feedback_are_told_apart():
    errors = np.where(np.arange(ROWS) < FEEDBACK_ROWS, 5_000.0, 1_500.0)
    figures = judge(scored(), BASELINE, production(errors), synthetic=False, seed=1).figures
    assert figures["feedback_rows"] == FEEDBACK_ROWS
    assert figures["production_feedback_mae"] == pytest.approx(5_000)
    assert figures["feedback_mae"] == pytest.approx(np.abs(NOISE[:FEEDBACK_ROWS]).mean())


def test_a_model_better_than_production_passes_with_figures():
    decision = judge(scored(), BASELINE, production(NOISE * 2), synthetic=False, seed=1)
    assert decision.accepted
    assert decision.figures["difference"] < decision.figures["difference_high"] < 0
    assert decision.figures["production_version"] == "3"


def test_a_model_worse_than_production_is_refused_by_how_much():
    decision = judge(scored(), BASELINE, production(NOISE * 0.9), synthetic=False, seed=1)
    assert [reason for reason in decision.reasons if "in production by" in reason]
    assert decision.figures["difference_low"] > 0


def test_a_model_within_noise_of_production_passes():
    shuffled = np.random.default_rng(9).permutation(NOISE) * 0.995
    decision = judge(scored(), BASELINE, production(shuffled), synthetic=False, seed=1)
    assert decision.accepted, decision.reasons
    assert decision.figures["difference_low"] < 0 < decision.figures["difference_high"]


def test_rows_that_production_was_trained_on_do_not_count():
    known = np.arange(ROWS) < 600
    memorised = np.where(known, 0.0, NOISE * 2)
    fooled = judge(scored(), BASELINE, production(memorised), synthetic=False, seed=1)
    fair = judge(scored(), BASELINE, production(memorised, ~known), synthetic=False, seed=1)
    assert fair.accepted and fair.figures["shared_rows"] == 600
    assert fair.figures["production_mae"] > fooled.figures["production_mae"]


def test_with_too_few_shared_rows_the_baseline_alone_decides_and_it_is_said():
    few = np.arange(ROWS) < 20
    decision = judge(scored(), BASELINE, production(NOISE * 0.1, few), synthetic=False, seed=1)
    assert decision.accepted
    assert "all but 20 of the 1200 test vehicles" in decision.notes[0]


def test_a_production_that_cannot_be_loaded_is_said():
    gone = Production("3", unavailable="its file is gone")
    decision = judge(scored(), BASELINE, gone, synthetic=False, seed=1)
    assert decision.accepted
    assert "its file is gone" in decision.notes[0]


def test_a_model_of_synthetic_data_does_not_replace_one_of_real_data():
    decision = judge(scored(), BASELINE, production(NOISE * 2), synthetic=True, seed=1)
    assert decision.reasons == [
        "trained on synthetic data; version 3 in production is of real data"
    ]


def test_a_model_of_synthetic_data_may_replace_another_of_synthetic_data():
    other = production(NOISE * 2, synthetic=True)
    assert judge(scored(), BASELINE, other, synthetic=True, seed=1).accepted


def test_a_segment_much_worse_than_in_production_is_refused_by_name():
    rows = scored()
    suv = (rows["type"] == "suv").to_numpy()
    rows["predicted_price"] = PRICE + np.where(suv, NOISE * 2, NOISE * 0.5)
    decision = judge(rows, BASELINE, production(NOISE), synthetic=False, seed=1)
    assert [reason for reason in decision.reasons if "much worse where type suv" in reason]
    assert list(decision.figures["worse_segments"]) == ["type suv"]


def test_a_small_segment_decides_nothing():
    rows = scored()
    few = np.arange(ROWS) < 60
    rows["type"] = pd.array(["bus" if row else "sedan" for row in few], "str")
    rows["predicted_price"] = PRICE + np.where(few, NOISE * 1.5, NOISE * 0.9)
    decision = judge(rows, BASELINE, production(NOISE), synthetic=False, seed=1)
    assert decision.accepted, decision.reasons


@pytest.mark.parametrize(
    "covered, accepted", [(0.8, False), (0.86, True), (0.94, True), (0.97, False)]
)
def test_ranges_that_do_not_hold_what_they_say_are_refused(covered, accepted):
    decision = judge(scored(covered=covered), BASELINE, None, synthetic=False, seed=1)
    assert decision.accepted is accepted
    assert accepted or "the 90% range holds" in decision.reasons[0]


def test_the_decision_goes_into_the_card_as_plain_values():
    card = judge(scored(covered=0.5), BASELINE, None, synthetic=False, seed=1).as_dict()
    assert card["decision"] == "refused" and card["reasons"]
    assert card["figures"]["coverage"] == 0.5


def told_little(spread: float = 3.0, covered: float = 0.9, median_error: float = 3_000) -> Answers:
    """What is answered to make and year, with a median of that error."""
    medians = PRICE + np.where(np.arange(ROWS) % 2, median_error, -median_error)
    return Answers("make_year", "make and year", scored(spread, covered), medians)


def test_every_question_stands_with_its_figures_and_a_good_model_passes():
    one = told_little()
    decision = judge(scored(), BASELINE, None, False, seed=1, answers=[one])
    assert decision.accepted
    (figures,) = decision.figures["questions"]
    assert (figures["name"], figures["label"], figures["rows"]) == (
        *("make_year", "make and year"),
        ROWS,
    )
    assert figures["mae"] == pytest.approx(np.abs(3 * NOISE).mean())
    assert figures["median_mae"] == pytest.approx(3_000)
    assert figures["coverage"] == pytest.approx(0.9) and len(figures["coverage_by_fifth"]) == 5


def test_a_model_that_answers_a_question_worse_than_the_median_is_refused_and_which_is_said():
    decision = judge(scored(), BASELINE, None, False, seed=1, answers=[told_little(spread=5)])
    (reason,) = decision.reasons
    assert reason.startswith("told make and year: error ")
    assert reason.endswith("more than 1.05 times that of the group's median (3,000 USD)")


@pytest.mark.parametrize("covered", [0.8, 0.99])
def test_a_range_that_does_not_hold_where_little_is_told_is_refused(covered):
    one = told_little(covered=covered)
    (reason,) = judge(scored(), BASELINE, None, False, seed=1, answers=[one]).reasons
    assert reason.startswith(f"told make and year: the 90% range holds {covered:.1%}")
    assert "86% to 94% are wanted" in reason
