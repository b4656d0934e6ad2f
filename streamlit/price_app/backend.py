"""What the pages share: the service, the monitor, and short-lived copies of what they say."""

from operator import attrgetter

import streamlit as st

from price_app.api_client import DriftMonitor, PriceService
from price_app.settings import Settings

# A new model version shows up in the form after at most this long.
SCHEMA_TTL_SECONDS = 10
DRIFT_TTL_SECONDS = 15
GRAFANA_PAGE = "/d/vehicle-price-drift"
MLFLOW_PAGE = "/#/models/vehicle-price"
AIRFLOW_PAGE = "/dags"


@st.cache_data(
    ttl=SCHEMA_TTL_SECONDS, show_spinner=False, hash_funcs={PriceService: attrgetter("url")}
)
def _kept_schema(service: PriceService) -> dict:
    return service.schema()


@st.cache_data(
    ttl=DRIFT_TTL_SECONDS, show_spinner=False, hash_funcs={DriftMonitor: attrgetter("url")}
)
def _kept_drift(monitor: DriftMonitor) -> dict | None:
    return monitor.drift()


@st.cache_data(
    ttl=DRIFT_TTL_SECONDS, show_spinner=False, hash_funcs={DriftMonitor: attrgetter("url")}
)
def _kept_distributions(monitor: DriftMonitor) -> dict | None:
    return monitor.distributions()


class Backend:
    """The parts behind the form, as its pages use them."""

    def __init__(self, settings: Settings):
        self.service = PriceService(
            settings.service_url,
            settings.api_key,
            settings.service_timeout_seconds,
            settings.csv_timeout_seconds,
        )
        self.monitor = DriftMonitor(settings.monitor_url, settings.monitor_timeout_seconds)
        self.links = links_of(settings)
        self.takes_feedback, self.takes_uploads = settings.form_feedback, settings.form_uploads

    def schema(self) -> dict:
        """The service's schema, at most SCHEMA_TTL_SECONDS old; ServiceError without a service."""
        return _kept_schema(self.service)

    def drift(self) -> dict | None:
        """The drift status, at most DRIFT_TTL_SECONDS old; None while the monitor is away."""
        return _kept_drift(self.monitor)

    def distributions(self) -> dict | None:
        """How values are spread, as old as `drift` at most; None as there."""
        return _kept_distributions(self.monitor)

    @staticmethod
    def forget() -> None:
        """Drop the kept copies, so that the next look is a fresh one."""
        _kept_schema.clear()
        _kept_drift.clear()
        _kept_distributions.clear()


def links_of(settings: Settings) -> dict[str, str]:
    """Title → address of the pages of those who run the model, where one is set."""
    pages = {
        "Grafana: dashboards": (settings.grafana_url, GRAFANA_PAGE),
        "MLflow: versions": (settings.mlflow_url, MLFLOW_PAGE),
        "Airflow: trainings": (settings.airflow_url, AIRFLOW_PAGE),
    }
    return {title: url.rstrip("/") + page for title, (url, page) in pages.items() if url}
