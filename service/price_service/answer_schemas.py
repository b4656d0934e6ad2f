"""What the routes answer, as JSON Schema with examples, for the OpenAPI description (pure)."""

from price_service.comparables import SAME
from price_service.csv_reader import DELIMITERS
from price_service.curves import STEPS

TEXT = {"type": "string"}
OBJECT = {"type": "object"}
INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
DOLLARS = {"type": "integer", "minimum": 1}
TEXTS = {"type": "array", "items": TEXT}
WARNING_CODES = (
    *("below_training", "above_training", "unknown_option", "unknown_model", "few_vehicles"),
    *("not_used", "read_as", "blank", "other"),
)
RANGE = {"price": DOLLARS, "low": DOLLARS, "high": DOLLARS}
WARNING = {
    "type": "object",
    "description": "What the price does not rest on as it was told, and more of it by its code",
    "properties": {
        "code": TEXT | {"examples": list(WARNING_CODES)},
        "field": TEXT,
        "value": {"type": ["string", "number"]},
        "message": TEXT,
        "limit": {"type": "number", "description": "The end of what training saw"},
        "count": {"type": "integer", "description": "How many such vehicles training had"},
        "read_as": {"type": ["string", "number"], "description": "What the value was taken for"},
    },
    "required": ["code", "message"],
}
WARNINGS = {"type": "array", "items": WARNING}
PRICED = RANGE | {"currency": {"const": "USD"}, "model_version": TEXT, "warnings": WARNINGS}
WARNING_EXAMPLE = {
    **{"code": "above_training", "field": "odometer", "value": 410000, "limit": 300000},
    "message": "odometer 410000 is above anything seen in training (300000)",
}
PRICED_EXAMPLE = {
    **{"price": 18250, "low": 15900, "high": 20800},
    **{"currency": "USD", "model_version": "7", "warnings": [WARNING_EXAMPLE]},
}
BASELINE_EXAMPLE = {"manufacturer": "kia", "model": "soul", "year": 2013, "odometer": 92000}


def whole(properties: dict, example: dict | None = None) -> dict:
    """An object with all of its properties required."""
    described = {"type": "object", "properties": properties, "required": list(properties)}
    return described if example is None else described | {"examples": [example]}


def or_null(schema: dict) -> dict:
    """A value of a type, or null."""
    return schema | {"type": [schema["type"], "null"]}


def list_of(items: dict) -> dict:
    """Any number of them."""
    return {"type": "array", "items": items}


def by_feature(schema: dict) -> dict:
    """An object whose names are features."""
    return {"type": "object", "additionalProperties": schema}


def explanation() -> dict:
    """Return what POST /explain answers: baseline and contributions add up to the price; `untold`
    is what else would narrow its range, by how many dollars."""
    contribution = whole({"name": TEXT, "features": TEXTS, "dollars": INTEGER})
    baseline = whole({"price": DOLLARS, "listing": OBJECT})
    example = {
        "baseline": {"price": 14900, "listing": BASELINE_EXAMPLE},
        "contributions": [
            {"name": "model", "features": ["manufacturer", "model"], "dollars": 3300},
            {"name": "odometer", "features": ["odometer"], "dollars": -450},
            {"name": "year", "features": ["year"], "dollars": 400},
            {"name": "place", "features": ["state", "region"], "dollars": 100},
        ],
        "untold": [{"features": ["drive"], "dollars": 1200}],
    }
    untold = whole({"features": TEXTS, "dollars": INTEGER})
    added = {"baseline": baseline, "contributions": list_of(contribution)}
    added |= {"untold": list_of(untold)}
    return whole(PRICED | added, PRICED_EXAMPLE | example)


def curves() -> dict:
    """What POST /curves answers."""
    number = whole({"value": NUMBER} | RANGE)
    option = whole({"value": TEXT} | RANGE)
    step = whole({"change": INTEGER, "dollars": INTEGER})
    steps = {"type": "object", "properties": {name: step for name in STEPS}}
    at = {name: PRICED_EXAMPLE[name] for name in RANGE}
    example = {
        "curves": {"odometer": [{"value": 90000} | at]},
        "steps": {"odometer": {"change": 10000, "dollars": -640}},
        "choices": {"condition": [{"value": "good"} | at]},
    }
    added = {
        "curves": by_feature(list_of(number)),
        "steps": steps,
        "choices": by_feature(list_of(option)),
    }
    return whole(PRICED | added, PRICED_EXAMPLE | example)


def comparables() -> dict:
    """What GET /comparables answers."""
    found = {
        "price": {"type": "integer"},
        "posted": or_null(TEXT | {"format": "date"}),
        "distance": {"type": "number", "minimum": 0},
        "same": {"type": "string", "enum": list(SAME)},
        "features": OBJECT,
        "differs": OBJECT,
    }
    example = {
        **{"price": 17900, "posted": "2021-04-20", "distance": 0.567, "same": "model"},
        "features": {"manufacturer": "ford", "model": "f-150", "year": 2014, "odometer": 91000},
        "differs": {"odometer": 2000},
    }
    answer = {"model_version": TEXT, "count": INTEGER, "listings": list_of(whole(found))}
    return whole(answer, {"model_version": "7", "count": 1, "listings": [example]})


def csv_columns() -> dict:
    """Return what POST /predict/csv/columns answers."""
    index = {"type": "integer", "minimum": 0}
    properties = {
        "delimiter": TEXT | {"enum": list(DELIMITERS)},
        "skipped_lines": index | {"description": "Lines above the header"},
        "rows": index | {"description": "Rows that an answer has, empty ones among them"},
        "empty_rows": index,
        "header": TEXTS,
        "columns": by_feature(index) | {"description": "Field → place of its column, from 0"},
        "unused": list_of(index),
        "notes": TEXTS | {"description": "Why columns are not used, in sentences"},
        "thousands": by_feature(TEXT) | {"description": "Field → what groups its thousands"},
        "units": by_feature(TEXT) | {"description": "Field → the unit that is converted"},
        "encoding": {"const": "utf-8"},
        "bom": {"type": "boolean"},
    }
    example = {
        **{"delimiter": ";", "skipped_lines": 1, "rows": 123, "empty_rows": 0},
        "header": ["Title", "Model Year", "Mileage"],
        **{"columns": {"year": 1, "odometer": 2}, "unused": [0]},
        "notes": [
            "Column “Title” is not used for title_status: its values (“2014 Ford F-150”) are not"
            " of that kind."
        ],
        **{"thousands": {"odometer": "."}, "units": {}, "encoding": "utf-8", "bom": True},
    }
    return whole(properties, example)


def versions() -> dict:
    """What GET /model/versions answers."""
    version = {
        "version": TEXT,
        "created_at": or_null(TEXT | {"format": "date-time"}),
        "aliases": TEXTS,
        **{name: or_null(TEXT) for name in ("decision", "reason", "dataset_version")},
        "mae": or_null(NUMBER),
    }
    example = {
        **{"version": "7", "created_at": "2026-11-23T10:00:00+00:00", "aliases": ["production"]},
        **{"decision": "accepted", "reason": None, "dataset_version": "9c3f1145e5d9"},
        "mae": 2753.0,
    }
    return whole({"versions": list_of(whole(version))}, {"versions": [example]})
