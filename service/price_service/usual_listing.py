"""A usual listing by a model's schema: what a model is tried on, and set out from (pure)."""

from typing import Any

# For a model of before its schema told the median of training.
USUAL_NUMBERS = {"year": 2014, "odometer": 80_000}


def usual_listing(schema: dict) -> dict:
    """A usual listing: the first option of every category, a usual number for every number."""
    listing: dict[str, Any] = {}
    for feature in sorted(schema["features"], key=lambda item: "options_by" in item):
        listing[feature["name"]] = usual_value(feature, listing)
    return {name: value for name, value in listing.items() if value is not None}


def usual_value(feature: dict, listing: dict) -> Any:
    """A usual value of one feature, given those before it."""
    if feature["kind"] == "number":
        low, high = feature.get("min", 0), feature.get("max", 100)
        usual = USUAL_NUMBERS.get(feature["name"], (low + high) // 2)
        return min(max(feature.get("typical", usual), low), high)
    by = feature.get("options_by", {"feature": "", "options": {}})
    options = by["options"].get(listing.get(by["feature"])) or feature.get("options") or [None]
    return options[0]
