"""The model card and the reference: what they hold, and how many rows."""

import json
import re

import numpy as np
import pytest

from vehicle_pricing import prepare, schema
from vehicle_pricing.gate import Decision
from vehicle_pricing.model_card import (
    REFERENCE_ROWS,
    USES_NOT_FOR,
    build_card,
    code_revision,
    now,
    reference,
)

from unit_tests.vehicle_pricing.model_world import card as dataset_card
from unit_tests.vehicle_pricing.model_world import listings


def scored(count: int):
    """Listings with prices ten percent too high."""
    frame = listings(count)
    return frame.assign(
        predicted_price=frame["price"] * 1.1, low=frame["price"] * 0.9, high=frame["price"] * 1.3
    )


def test_the_card_holds_metrics_baselines_segments_and_the_verdict():
    rows = scored(300)
    decision = Decision(reasons=["for a reason"])
    card = build_card(
        dataset_card(synthetic=True), rows, np.full(300, 1.0), decision, {"trials": 1}
    )
    assert card["metrics"]["test"]["mae"] < card["baselines"]["median_by_make_model_year"]["mae"]
    assert card["metrics"]["test"]["interval_coverage"] == 1.0
    assert card["gate"]["decision"] == "refused" and card["gate"]["reasons"] == ["for a reason"]
    assert card["synthetic"] is True
    assert card["dataset"]["rejected"] == {"price below 500": 100}
    assert {row["segment"] for row in card["segments"]} == {"price_band", "age_band", "type"}


def test_the_card_holds_splits_intervals_calibration_residuals_and_what_it_is_not_for():
    card = build_card(dataset_card(), scored(300), np.full(300, 1.0), Decision(), {}, seed=2)
    assert card["dataset"]["splits"]["test"] == dataset_card()["splits"]["test"]
    assert card["dataset"]["rows_read"] == 3_000 and card["dataset"]["vehicles"] == 2_700
    low, high = card["intervals"]["test"]["mae"]
    assert low < card["metrics"]["test"]["mae"] < high
    assert [one["coverage"] for one in card["calibration"]["fifths"]] == [1.0] * 5
    medians = [band["median"] for band in card["residuals"]["age"]]
    assert medians == pytest.approx([1 / 1.1 - 1] * len(medians))
    assert any("lending, insurance, tax" in use for use in card["uses_not_for"])
    assert any("asking prices" in use for use in card["uses_not_for"])


def test_what_it_is_not_for_names_the_bounds_of_the_listings_kept():
    said = " ".join(USES_NOT_FOR)
    for bound in (prepare.PRICE_MIN_USD, prepare.PRICE_MAX_USD):
        assert f" {bound:,} " in said
    assert f"before {schema.YEAR_MIN}" in said


@pytest.mark.parametrize("rows", [1, 2, 50])
def test_the_card_is_plain_json_without_nan(rows):
    card = build_card(dataset_card(), scored(rows), np.full(rows, 1.0), Decision(), {})
    assert json.loads(json.dumps(card, allow_nan=False)) == card


def test_the_reference_keeps_all_rows_of_a_small_split():
    kept = reference(scored(120), ["year", "model"], seed=1)
    assert list(kept) == [
        "year",
        "model",
        "predicted_price",
        "low",
        "high",
        "price",
        "posting_date",
    ]
    assert len(kept) == 120


def test_the_reference_is_a_seeded_sample_of_a_large_split():
    rows = scored(40).loc[np.arange(REFERENCE_ROWS + 500) % 40].reset_index(drop=True)
    rows["year"] = np.arange(len(rows), dtype=float)
    kept, again = (reference(rows, ["year"], seed=4) for _ in range(2))
    assert len(kept) == REFERENCE_ROWS == kept["year"].nunique()
    assert kept.equals(again)


def test_the_code_has_a_revision_and_the_time_is_utc():
    assert re.fullmatch(r"[0-9a-f]{40}|sources-[0-9a-f]{12}", code_revision())
    assert now().endswith("+00:00")
