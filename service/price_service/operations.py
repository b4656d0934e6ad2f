"""What each view takes and answers, for the OpenAPI description (pure)."""

from price_service.answer_schemas import OBJECT, TEXT
from price_service.pricing import MOST_LISTINGS

JSON, CSV, FORM = "application/json", "text/csv", "multipart/form-data"


def ref(name: str) -> dict:
    """A reference to one of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def one_or_list(name: str) -> dict:
    """One, or a list of them."""
    return {"oneOf": [ref(name), array_of(name)]}


def array_of(name: str) -> dict:
    """A list of at least one."""
    return {"type": "array", "items": ref(name), "minItems": 1, "maxItems": MOST_LISTINGS}


Operation = tuple[dict, int, str, dict, tuple[int, ...]]


def posted(bodies: dict, answer: dict, status: int = 200, kind: str = JSON) -> Operation:
    """What takes a body, and so may refuse it."""
    return bodies, status, kind, answer, (400, 401, 403, 413, 415, 422, 503)


def asked(answer: dict, *problems: int, kind: str = JSON) -> Operation:
    """What takes none."""
    return {}, 200, kind, answer, problems


FILE = TEXT | {"contentMediaType": "application/octet-stream"}
CSV_FORM = {"type": "object", "properties": {"file": FILE}, "required": ["file"]}
PRICED_CSV = TEXT | {
    "description": "The cells come back as they were sent: a spreadsheet takes one that begins with"
    " =, +, - or @ for a formula."
}
# By view function: the body's schema by type, the good status, the answer's type and schema, the
# statuses of its problems.
OPERATIONS: dict[str, Operation] = {
    "predict": posted({JSON: one_or_list("Listing")}, one_or_list("Result")),
    "predict_csv": posted({CSV: TEXT, FORM: CSV_FORM}, PRICED_CSV, kind=CSV),
    "predict_csv_columns": posted({CSV: TEXT, FORM: CSV_FORM}, ref("CsvColumns")),
    "feedback": posted({JSON: ref("Feedback")}, ref("Feedback"), 202),
    "explain": posted({JSON: ref("Listing")}, ref("Explanation")),
    "curves": posted({JSON: ref("Listing")}, ref("Curves")),
    "comparables": asked(ref("Comparables"), 400, 401, 422, 503),
    "model_versions": asked(ref("Versions"), 400, 401, 503),
    "schema": asked(OBJECT, 400, 401, 503),
    "model": asked(ref("Model"), 400, 401, 503),
    "health": asked(OBJECT),
    "ready": asked(OBJECT, 503),
    "metrics": asked(TEXT, kind="text/plain"),
    "openapi_json": asked(OBJECT, 400),
    "docs": asked(TEXT, 400, kind="text/html"),
}
