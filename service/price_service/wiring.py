"""The Flask application with its parts put together; the one place where they meet."""

import threading

from flask import Flask

from price_service import background, errors, routes
from price_service.fallback_store import store_of
from price_service.insight_routes import insight_routes
from price_service.last_answers import LastAnswers
from price_service.metrics import Metrics
from price_service.model import ModelSlot, PriceModel, serve
from price_service.model_cache import ModelCache
from price_service.model_fallback import Fallback, ModelFallback, NoFallback
from price_service.outbox import Outbox
from price_service.prediction_log import PredictionLog
from price_service.registry import MlflowRegistry, RegisteredVersion, prepare_environment
from price_service.request_body import SpoolingRequest
from price_service.routes import Parts
from price_service.settings import Settings
from price_service.shedding import Shedding
from price_service.shipping import Shipper
from price_service.version_list import VersionList
from price_service.watcher import ModelWatcher, Sources

SHIPPER = "price_service_shipper"
ALONE = "1"


def create_app(settings: Settings | None = None, model: PriceModel | None = None) -> Flask:
    """The application. Given a model, it serves that one and starts no thread; without, it follows
    the registry and ships its outbox. Call it after the fork."""
    settings = settings or Settings()
    cache = ModelCache(settings.model_cache_dir)
    slot = ModelSlot(serve(ALONE, model) if model else None, lambda: cache.current() is not None)
    outbox = Outbox(settings.outbox_dir, settings.most_outbox_bytes)
    registry = MlflowRegistry(settings.mlflow_tracking_uri)
    versions = served_alone if model else VersionList(registry).current
    parts = Parts(settings, slot, outbox, Metrics(), versions)
    app = Flask(__name__, static_folder=None)
    app.request_class = SpoolingRequest
    errors.register(app)
    routes.register(app, parts, insight_routes)
    app.wsgi_app = LastAnswers(Shedding(app, parts.metrics.requests))
    if model is None:
        stop = threading.Event()
        follow_registry(parts, registry, cache, stop)
        app.extensions[SHIPPER] = ship_outbox(parts, stop)
    return app


def drain(app: Flask, within_seconds: float) -> None:
    """Ship what waits in the outbox, before the process ends; a second call does nothing."""
    shipper = app.extensions.pop(SHIPPER, None)
    if shipper is not None:
        shipper.drain(within_seconds)


def served_alone() -> list[RegisteredVersion]:
    """The versions of an application that was given its model."""
    return [RegisteredVersion(ALONE)]


def follow_registry(
    parts: Parts, registry: MlflowRegistry, cache: ModelCache, stop: threading.Event
) -> None:
    """Serve the version in production, whichever it is, until `stop` is set."""
    settings = parts.settings
    prepare_environment()
    sources = Sources(registry, cache, start_fallback(parts, cache, stop))
    watcher = ModelWatcher(sources, parts.slot, parts.metrics, settings.model_retry_seconds)
    background.start("watcher", lambda: watcher.run(settings.model_poll_seconds, stop), stop)


def start_fallback(parts: Parts, cache: ModelCache, stop: threading.Event) -> Fallback:
    """Where the served model outlives this machine."""
    if not parts.settings.model_fallback_uri:
        return NoFallback()
    fallback = ModelFallback(lambda: store_of(parts.settings), cache, parts.metrics)
    background.start("fallback", lambda: fallback.run(stop), stop)
    return fallback


def ship_outbox(parts: Parts, stop: threading.Event) -> Shipper:
    """Ship the outbox to the prediction log until `stop` is set."""
    settings = parts.settings
    log = PredictionLog(settings.prediction_log_url)
    shipper = Shipper(parts.outbox, log, parts.metrics, settings.shipping_backoff_seconds)
    background.start("shipper", lambda: shipper.run(stop, settings.prediction_retention_days), stop)
    return shipper
