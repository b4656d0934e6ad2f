"""The price service: prices vehicle listings with the model in production, over HTTP."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from price_service.model import PriceModel
    from price_service.settings import Settings


def create_app(settings: "Settings | None" = None, model: "PriceModel | None" = None) -> "Flask":
    """The application, see price_service.wiring. That is imported here and not above: Gunicorn's
    configuration reads the settings before Prometheus' client may be imported."""
    return import_module("price_service.wiring").create_app(settings, model)
