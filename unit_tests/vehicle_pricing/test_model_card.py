"""The model card and the reference: what they hold, and how many rows."""

import json
import re

import numpy as np

from vehicle_pricing.gate import Decision
from vehicle_pricing.model_card import (
    REFERENCE_ROWS,
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


def test_the_card_is_plain_json_without_nan():
    card = build_card(dataset_card(), scored(50), np.full(50, 1.0), Decision(), {})
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
