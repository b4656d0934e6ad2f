"""The pages of a running stack: title, the setting of the port, path."""

from local.progress import Progress

DEMO_PAGES = (
    ("web form", "FORM_PORT", "/"),
    ("price service", "SERVICE_PORT", "/docs"),
    ("Airflow", "AIRFLOW_PORT", "/"),
    ("MLflow", "MLFLOW_PORT", "/#/models/vehicle-price"),
    ("drift monitor", "MONITOR_PORT", "/"),
)
COMPOSE_PAGES = (
    *DEMO_PAGES,
    ("Grafana", "GRAFANA_PORT", "/dashboards"),
    ("Prometheus", "PROMETHEUS_PORT", "/alerts"),
    ("Alertmanager", "ALERTMANAGER_PORT", "/"),
    ("alert mailbox", "MAILBOX_PORT", "/"),
)


def show(progress: Progress, pages: tuple, settings: dict[str, str]) -> None:
    """One line a page, each at its port on this machine."""
    for title, setting, path in pages:
        progress.show(f"    {title:14} http://127.0.0.1:{settings[setting]}{path}")
