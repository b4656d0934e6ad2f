"""The service's Prometheus metrics, summed over its Gunicorn workers."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


def counter(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Counter:
    """A counter of the service."""
    return Counter(f"price_service_{name}", text, labels, registry=registry)


def gauge(registry: CollectorRegistry, name: str, text: str, mode: str, *labels: str) -> Gauge:
    """A gauge of the service; `mode` says how the workers' values become one."""
    return Gauge(f"price_service_{name}", text, labels, registry=registry, multiprocess_mode=mode)


class RequestMetrics:
    """What is asked and answered."""

    def __init__(self, registry: CollectorRegistry):
        self.requests = counter(registry, "requests", "Answers given", "route", "method", "status")
        self.seconds = Histogram(
            "price_service_request_seconds",
            "Time until the answer begins",
            ["route"],
            buckets=SECONDS_BUCKETS,
            registry=registry,
        )
        self.predictions = counter(registry, "predictions", "Listings priced", "source")
        self.warnings = counter(
            registry, "prediction_warnings", "Warnings given with prices", "source"
        )
        self.feedback = counter(registry, "feedback", "Actual prices taken")
        self.shed = counter(registry, "shed_requests", "Requests turned away for load")

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests.labels(route, method, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def refused_for_load(self, route: str, method: str) -> None:
        """Count one answer that was given before the request was looked at."""
        self.shed.inc()
        self.requests.labels(route, method, "503").inc()

    def priced(self, source: str, results: list[dict]) -> None:
        """Count the predictions of one request."""
        self.predictions.labels(source).inc(len(results))
        self.warnings.labels(source).inc(sum(len(result["warnings"]) for result in results))


class ModelMetrics:
    """Which model serves, and how its changes went."""

    def __init__(self, registry: CollectorRegistry):
        self.swaps = counter(registry, "model_swaps", "Model versions swapped in")
        self.refused = counter(registry, "models_refused", "Model versions that did not load")
        self.fallback_failures = counter(
            registry, "model_fallback_failures", "Attempts that the model fallback did not take"
        )
        self.info = gauge(
            registry, "model_info", "1 for the version that serves", "livemostrecent", "version"
        )
        self.registry_up = gauge(
            registry, "registry_up", "1 while the model registry answers", "livemin"
        )

    def swapped(self, old: str | None, new: str) -> None:
        """Say which version serves now."""
        if old is not None:
            self.info.labels(old).set(0)
        self.info.labels(new).set(1)
        self.swaps.inc()


class ShippingMetrics:
    """How the outbox's rows fare."""

    def __init__(self, registry: CollectorRegistry):
        self.shipped = counter(registry, "shipped_rows", "Outbox rows written to the log")
        self.failures = counter(
            registry, "shipping_failures", "Attempts that the prediction log did not take"
        )
        self.poisoned = counter(registry, "poison_rows", "Outbox rows set aside as unwritable")
        self.waiting = gauge(registry, "outbox_rows", "Rows that wait to be shipped", "livesum")


class Metrics:
    """Every metric; with PROMETHEUS_MULTIPROC_DIR set they are shared between the workers."""

    def __init__(self):
        self.registry = CollectorRegistry()
        self.requests = RequestMetrics(self.registry)
        self.model = ModelMetrics(self.registry)
        self.shipping = ShippingMetrics(self.registry)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)
        return generate_latest(together)
