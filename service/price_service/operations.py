"""What each view takes and answers, for the OpenAPI description (pure)."""

from price_service.answer_schemas import OBJECT, TEXT
from price_service.pricing import MOST_LISTINGS


def ref(name: str) -> dict:
    """A reference to one of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def one_or_list(name: str) -> dict:
    """One, or a list of them."""
    return {"oneOf": [ref(name), array_of(name)]}


def array_of(name: str) -> dict:
    """A list of at least one."""
    return {"type": "array", "items": ref(name), "minItems": 1, "maxItems": MOST_LISTINGS}


CSV_FORM = {"type": "object", "properties": {"file": TEXT}, "required": ["file"]}
# By view function: the body's schema by type, the good status, the answer's type and schema, the
# statuses of its problems.
OPERATIONS: dict[str, tuple[dict, int, str, dict, tuple[int, ...]]] = {
    "predict": (
        {"application/json": one_or_list("Listing")},
        200,
        "application/json",
        one_or_list("Result"),
        (400, 401, 413, 415, 422, 503),
    ),
    "predict_csv": (
        {"text/csv": TEXT, "multipart/form-data": CSV_FORM},
        200,
        "text/csv",
        TEXT,
        (400, 401, 413, 415, 422, 503),
    ),
    "feedback": (
        {"application/json": ref("Feedback")},
        202,
        "application/json",
        ref("Feedback"),
        (400, 401, 413, 415, 422, 503),
    ),
    "explain": (
        {"application/json": ref("Listing")},
        200,
        "application/json",
        ref("Explanation"),
        (400, 401, 413, 415, 422, 503),
    ),
    "curves": (
        {"application/json": ref("Listing")},
        200,
        "application/json",
        ref("Curves"),
        (400, 401, 413, 415, 422, 503),
    ),
    "comparables": ({}, 200, "application/json", ref("Comparables"), (401, 422, 503)),
    "model_versions": ({}, 200, "application/json", ref("Versions"), (401, 503)),
    "schema": ({}, 200, "application/json", OBJECT, (401, 503)),
    "model": ({}, 200, "application/json", ref("Model"), (401, 503)),
    "health": ({}, 200, "application/json", OBJECT, ()),
    "ready": ({}, 200, "application/json", OBJECT, (503,)),
    "metrics": ({}, 200, "text/plain", TEXT, ()),
    "openapi_json": ({}, 200, "application/json", OBJECT, ()),
    "docs": ({}, 200, "text/html", TEXT, ()),
}
