"""The HTTP routes around a price: why, what if, what else is listed, how a file would be read,
which versions there were."""

from dataclasses import asdict

from flask import Blueprint, Response, request

from price_service.comparables import nearest
from price_service.csv_table import number_hints, read_table
from price_service.curves import draw
from price_service.explanation import explain as explained
from price_service.listing_query import read_query
from price_service.model import ServedModel
from price_service.pricing import as_answered, checked_one
from price_service.request_body import read_json, spool_csv
from price_service.routes import answer, parts_of_app
from price_service.untold import narrower

insight_routes = Blueprint("insight_routes", __name__)


def asked() -> tuple[ServedModel, dict, list[dict]]:
    """Return the model that serves now, the body's listing as it understands it, and a warning
    for each value that it reads otherwise."""
    parts = parts_of_app()
    body = read_json(request, parts.settings.max_body_bytes)
    served = parts.slot.current()
    return served, *served.understood(checked_one(served, body))


@insight_routes.post("/explain")
def explain() -> Response:
    """Tell what each part of a listing adds to its price, and what else would narrow its range"""
    served, listing, warnings = asked()
    schema = served.model.schema
    explanation = explained(served.predict, schema, listing, served.typical_name)
    untold = narrower(served.predict, schema, served.reference, listing, explanation.result)
    lines = {"baseline": explanation.baseline, "contributions": explanation.contributions}
    lines |= {"untold": untold}
    return answer(as_answered(served, explanation.result, warnings) | lines)


@insight_routes.post("/curves")
def curves() -> Response:
    """Price a listing at other mileages, years and options"""
    served, listing, warnings = asked()
    own, drawn = draw(served.predict, served.model.schema, listing)
    return answer(as_answered(served, own, warnings) | drawn)


@insight_routes.get("/comparables")
def comparables() -> Response:
    """Find the listings of the model's reference that are nearest to a vehicle"""
    served = parts_of_app().slot.current()
    asked_for, limit = read_query(request.args.to_dict(flat=False), served.validator)
    listing, _ = served.understood(asked_for)
    listings = nearest(served.reference, listing, limit)
    return answer({"model_version": served.version, "count": len(listings), "listings": listings})


@insight_routes.post("/predict/csv/columns")
def predict_csv_columns() -> Response:
    """Tell how a CSV file would be read: its columns, fields and numbers; nothing is priced"""
    parts = parts_of_app()
    with spool_csv(request, parts.settings.max_csv_bytes, parts.settings.spool_dir) as text:
        served = parts.slot.current()
        hints = number_hints(request.args.to_dict(flat=False), served.validator)
        table = read_table(text, served.validator, served.column_matcher, hints)
    return answer(table.described())


@insight_routes.get("/model/versions")
def model_versions() -> Response:
    """List the registered versions with the gate's decisions, newest first"""
    return answer({"versions": [asdict(version) for version in parts_of_app().versions()]})
