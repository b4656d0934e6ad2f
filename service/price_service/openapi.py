"""The OpenAPI 3.1 description, made from the application's routes and the model's own schema."""

import dataclasses
from typing import Any

from flask import Flask

from price_service import answer_schemas
from price_service.answer_schemas import OBJECT, PRICED, TEXT, whole
from price_service.csv_numbers import SEPARATORS
from price_service.errors import FieldError
from price_service.listing_query import LIMIT, MOST_LIMIT, USUAL_LIMIT
from price_service.operations import CSV, FORM, OPERATIONS, ref
from price_service.usual_listing import usual_listing
from price_service.validation import MOST_CHARACTERS, MOST_FEEDBACK_PRICE, PREDICTION_ID

IDENTITY = {"type": "string", "pattern": f"^{PREDICTION_ID.pattern}$"}
RESULT = {"prediction_id": IDENTITY} | PRICED
MODEL = {
    "name": TEXT,
    "version": TEXT,
    "trained_at": {"type": ["string", "null"], "format": "date-time"},
    "loaded_at": {"type": "string", "format": "date-time"},
    "card": OBJECT,
}
FEEDBACK = {
    "prediction_id": IDENTITY,
    "price": {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_FEEDBACK_PRICE},
}
FEEDBACK_LINK = {
    "operationId": "feedback",
    "requestBody": {
        "prediction_id": "$response.body#/prediction_id",
        "price": "$response.body#/price",
    },
    "description": "The price that it really was listed or sold for goes with the prediction's id",
}
UNUSED_COLUMNS = {
    "description": "Names of the columns that are no field, separated by commas; commas in them and"
    " what is not ASCII are percent-encoded. Absent where every column is a field",
    "schema": TEXT,
}
FIELD_ERROR = {field.name: TEXT for field in dataclasses.fields(FieldError)}


def document(app: Flask, model_schema: dict | None) -> dict:
    """The whole description; a listing's properties are those of the model, if one serves."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Vehicle price service",
            "version": "1.0.0",
            "description": "What a used vehicle should be listed for, and how sure that is.",
        },
        "paths": paths(app, model_schema),
        "components": {
            "schemas": components(model_schema),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def paths(app: Flask, model_schema: dict | None) -> dict[str, dict]:
    """Every route of the application under its path and method."""
    found: dict[str, dict] = {}
    for rule in app.url_map.iter_rules():
        method = "post" if "POST" in (rule.methods or ()) else "get"
        found.setdefault(rule.rule, {})[method] = operation(app, rule.endpoint, model_schema)
    return dict(sorted(found.items()))


def operation(app: Flask, endpoint: str, model_schema: dict | None) -> dict[str, Any]:
    """One route's description: its summary is its function's docstring."""
    name = endpoint.rpartition(".")[2]
    bodies, status, media_type, answer, problems = OPERATIONS[name]
    responses = {str(status): response("The answer", media_type, answer)}
    for code in problems:
        responses[str(code)] = problem_response(code)
    described: dict[str, Any] = {
        "operationId": name,
        "summary": app.view_functions[endpoint].__doc__,
        "responses": responses,
    }
    if bodies:
        content = {kind: {"schema": schema} for kind, schema in bodies.items()}
        described["requestBody"] = {"required": True, "content": content}
    if FORM in bodies:
        content[FORM]["encoding"] = {"file": {"contentType": CSV}}
    if 401 in problems:
        described["security"] = [{}, {"key": []}]
    if name == "predict":
        described["parameters"] = [source_header()]
        responses["200"]["links"] = {"feedback": FEEDBACK_LINK}
    if name in ("predict_csv", "predict_csv_columns"):
        described["parameters"] = number_hints(model_schema)
    if name == "predict_csv":
        responses["200"]["headers"] = {"X-Unused-Columns": UNUSED_COLUMNS}
    if name == "comparables":
        described["parameters"] = query_parameters(model_schema)
        too_long = response("The address is too long, or its host another's", "text/html", TEXT)
        too_long["content"] |= responses["400"]["content"]
        responses["400"] = too_long
    return described


def response(description: str, media_type: str, schema: dict) -> dict:
    """One answer."""
    return {"description": description, "content": {media_type: {"schema": schema}}}


def problem_response(code: int) -> dict:
    """An answer that refuses; one that may be asked for again soon says when."""
    described = response("A problem", "application/problem+json", ref("Problem"))
    if code != 503:
        return described
    seconds = {"description": "In how many seconds to try again", "schema": {"type": "integer"}}
    return described | {
        "description": "No model yet, nowhere to record, or more asked than can be answered",
        "headers": {"Retry-After": seconds},
    }


def source_header() -> dict:
    """The header by which the web form says that it asks."""
    told = {"description": "Who asks: `form`, or anything else for `api`"}
    return {"name": "X-Source", "in": "header", "required": False, "schema": TEXT} | told


def number_hints(model_schema: dict | None) -> list[dict]:
    """Return the parameters that say how a CSV's numbers are written, where one knows it."""
    features = (model_schema or {"features": []})["features"]
    numbers = {one["name"]: one.get("unit") for one in features if one["kind"] == "number"}
    values = {
        "thousands": [f"{name}:{sign}" for name in numbers for sign in SEPARATORS],
        "units": [f"{name}:km" for name, unit in numbers.items() if unit in ("miles", "km")],
    }
    descriptions = {
        "thousands": "What groups thousands in a field's column, as in `odometer:.`;"
        " by default what the whole file shows",
        "units": "The unit of a field's column, as in `odometer:km`; by default its name's",
    }
    return [
        {"name": name, "in": "query", "required": False, "description": descriptions[name]}
        | {"schema": {"type": "array", "items": TEXT | ({"enum": allowed} if allowed else {})}}
        for name, allowed in values.items()
    ]


def query_parameters(model_schema: dict | None) -> list[dict]:
    """A listing in the query of an address, and how many answers are wanted."""
    features = listing(model_schema).get("properties", {})
    required = listing(model_schema).get("required", [])
    limit = {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": USUAL_LIMIT}
    optional = [name for name in features if name not in required]
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        | ({"allowEmptyValue": True} if name in optional else {})
        for name, schema in (features | {LIMIT: limit}).items()
    ]


def components(model_schema: dict | None) -> dict[str, dict]:
    """The named schemas."""
    problem = {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
    }
    errors = {"type": "array", "items": whole(FIELD_ERROR)}
    return {
        "Listing": listing(model_schema),
        "Result": whole(RESULT),
        "Model": whole(MODEL),
        "Explanation": answer_schemas.explanation(),
        "Curves": answer_schemas.curves(),
        "Comparables": answer_schemas.comparables(),
        "CsvColumns": answer_schemas.csv_columns(),
        "Versions": answer_schemas.versions(),
        "Feedback": whole(FEEDBACK) | {"additionalProperties": False},
        "Problem": {
            "type": "object",
            "properties": problem | {"errors": errors},
            "required": list(problem),
        },
    }


def listing(model_schema: dict | None) -> dict:
    """A listing as the model's schema has it."""
    if model_schema is None:
        return OBJECT
    features = model_schema["features"]
    return {
        "type": "object",
        "properties": {feature["name"]: property_of(feature) for feature in features},
        "required": [feature["name"] for feature in features if feature.get("required")],
        "additionalProperties": False,
        "examples": [usual_listing(model_schema)],
    }


def property_of(feature: dict) -> dict:
    """One feature as JSON Schema; categories are open, their options are examples."""
    described = {"title": feature.get("label"), "description": feature.get("help")}
    if feature["kind"] == "number":
        kind = "integer" if feature.get("unit") == "year" else "number"
        described |= {"minimum": feature.get("min"), "maximum": feature.get("max")}
    else:
        kind = "string"
        described |= {"maxLength": MOST_CHARACTERS, "pattern": "^[^\\u0000]*$"}
        described["examples"] = feature.get("options", [])[:10]
    described["type"] = kind if feature.get("required") else [kind, "null"]
    return {name: value for name, value in described.items() if value not in (None, [])}
