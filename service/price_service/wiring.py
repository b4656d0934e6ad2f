"""The Flask application with its parts put together; the one place where they meet."""

import threading

from flask import Flask

from price_service import background, errors, routes
from price_service.metrics import Metrics
from price_service.model import ModelSlot, PriceModel, serve
from price_service.model_cache import ModelCache
from price_service.outbox import Outbox
from price_service.prediction_log import PredictionLog
from price_service.registry import MlflowRegistry, prepare_environment
from price_service.routes import Parts
from price_service.settings import Settings
from price_service.shipping import Shipper
from price_service.watcher import ModelWatcher


def create_app(settings: Settings | None = None, model: PriceModel | None = None) -> Flask:
    """The application. Given a model, it serves that one and starts no thread; without, it follows
    the registry and ships its outbox. Call it after the fork."""
    settings = settings or Settings()
    cache = ModelCache(settings.model_cache_dir)
    slot = ModelSlot(serve("1", model) if model else None, lambda: cache.current() is not None)
    outbox = Outbox(settings.outbox_dir, settings.most_outbox_bytes)
    parts = Parts(settings, slot, outbox, Metrics())
    app = Flask(__name__, static_folder=None)
    errors.register(app)
    routes.register(app, parts)
    if model is None:
        start_threads(parts, cache, threading.Event())
    return app


def start_threads(parts: Parts, cache: ModelCache, stop: threading.Event) -> None:
    """Follow the registry and ship the outbox until `stop` is set."""
    settings = parts.settings
    prepare_environment()
    watcher = ModelWatcher(
        MlflowRegistry(settings.mlflow_tracking_uri),
        cache,
        parts.slot,
        parts.metrics,
        settings.model_retry_seconds,
    )
    background.start("watcher", lambda: watcher.run(settings.model_poll_seconds, stop), stop)
    log = PredictionLog(settings.prediction_log_url)
    shipper = Shipper(parts.outbox, log, parts.metrics, settings.shipping_backoff_seconds)
    background.start("shipper", lambda: shipper.run(stop, settings.prediction_retention_days), stop)
