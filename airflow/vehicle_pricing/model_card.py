"""What is told about a model: its card, the rows kept as its reference, the code it came from."""

import datetime
import hashlib
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd

from vehicle_pricing.calibration import calibration, residuals
from vehicle_pricing.evaluation import intervals, metrics, price_metrics, segments
from vehicle_pricing.gate import Decision

MODEL_NAME = "vehicle-price"
REFERENCE_ROWS = 20_000
DATASET_KEYS = (
    *("version", "from", "to", "synthetic", "rejected", "source", "archive", "feedback"),
    *("rows_read", "vehicles", "blank_columns", "splits"),
)
USES_NOT_FOR = (
    "It is no appraisal: nobody has looked at the vehicle, and nothing but the listing is known.",
    "No decision on lending, insurance, tax or damages may rest on it.",
    "It learned asking prices, not what vehicles were sold for.",
    "Its prices are those of the last day of its data: it knows no market after that.",
    "It is not for listings outside the United States, whose market alone it has seen.",
    "It is not for vehicles built before 1950, nor for prices below 500 or above 250,000 USD.",
    "Rare, restored, rebuilt or damaged vehicles are hard for it: look at the range, which is wide"
    " there, not at the price alone.",
    "No person may be judged by it: region and state stand for a market, not for its people.",
)


def build_card(
    dataset_card: dict,
    scored: pd.DataFrame,
    baseline: np.ndarray,
    decision: Decision,
    parameters: dict,
    *,
    seed: int = 0,
) -> dict:
    """What model_card.json holds, but what training and the studies tell, and the code's revision.

    The seed is that of the bootstrap. Residuals are shares of the predicted price.
    """
    baseline_figures = price_metrics(scored["price"].to_numpy(float), baseline)
    dataset = {key: dataset_card[key] for key in DATASET_KEYS if key in dataset_card}
    return {
        "model": MODEL_NAME,
        "dataset": dataset | {"rows": dataset_card["rows_kept"]},
        "parameters": parameters,
        "metrics": {"test": metrics(scored)},
        "intervals": {"test": intervals(scored, seed)},
        "baselines": {"median_by_make_model_year": baseline_figures},
        "segments": segments(scored),
        "calibration": calibration(scored),
        "questions": decision.figures.get("questions", []),
        "residuals": residuals(scored),
        "gate": decision.as_dict(),
        "synthetic": dataset_card["synthetic"],
        "uses_not_for": list(USES_NOT_FOR),
    }


def reference(scored: pd.DataFrame, features: list[str], seed: int) -> pd.DataFrame:
    """Test rows as the service sees them, with their prices; of many, a seeded sample."""
    columns = [*features, "predicted_price", "low", "high", "price", "posting_date"]
    kept = scored
    if len(scored) > REFERENCE_ROWS:
        kept = scored.sample(REFERENCE_ROWS, random_state=seed).sort_index()
    return kept[columns].reset_index(drop=True)


def now() -> str:
    """The time in UTC, to the second, as ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def code_revision() -> str:
    """The commit of the code; outside a git checkout, its sources' revision."""
    folder = Path(__file__).parent
    command = ["git", "-C", str(folder), "rev-parse", "--verify", "HEAD"]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return sources_revision()


def sources_revision() -> str:
    """A hash of this package's sources as they stand."""
    folder = Path(__file__).parent
    sources = b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
    return f"sources-{hashlib.sha256(sources).hexdigest()[:12]}"
