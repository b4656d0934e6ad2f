"""Puts panels on shelves, and shelves together into a dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from dashboards.panels import SOURCE

SCHEMA_VERSION = 41  # Grafana 12's; 13 reads it too
TAG = "vehicle-price"


@dataclass(frozen=True)
class Shelf:
    """Panels side by side under one heading: (width in 24ths, panel)."""

    title: str
    height: int
    panels: Sequence[tuple[int, Any]]


class Mark(models.AnnotationQuery):
    """An annotation whose title is made from the labels of its series, which the SDK lacks."""

    def __init__(self, name: str, expr: str, title: str, color: str):
        super().__init__(name=name, datasource=SOURCE, icon_color=color, expr=expr)
        self.title = title

    def to_json(self) -> dict[str, object]:
        return super().to_json() | {"titleFormat": self.title, "step": "10s"}


class Made(Builder[Any]):
    """A builder of what is made already."""

    def __init__(self, made: Any):
        self._made = made

    def build(self) -> Any:
        return self._made


SERVES = "price_service_model_info == 1"
BEFORE = "price_service_model_info offset 1m == 1"
MARKS = (
    Mark("Alerts", 'ALERTS{alertstate="firing"}', "{{alertname}}", "red"),
    Mark(
        "New model",
        f"{SERVES} unless on (version) ({BEFORE})",
        "version {{version}} serves",
        "blue",
    ),
)


def dashboard_of(name: str, text: str, *shelves: Shelf) -> models.Dashboard:
    """A dashboard of the last hour, with links to its sisters, alerts and new models marked."""
    made = dashboard.Dashboard(f"Vehicle price: {name}").uid(f"{TAG}-{name}").description(text)
    made.tags([TAG]).time("now-1h", "now").refresh("10s").readonly().timezone("browser")
    made.tooltip(models.DashboardCursorSync.CROSSHAIR).link(_sisters())
    made.annotations([Made(mark) for mark in MARKS]).variables([])
    for shelf in shelves:
        made.with_row(dashboard.Row(shelf.title))
        for width, panel in shelf.panels:
            made.with_panel(panel.span(width).height(shelf.height))
    return _numbered(made.build())


def _sisters() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("Vehicle price").type(models.DashboardLinkType.DASHBOARDS)
    return link.tags([TAG]).as_dropdown(False).include_vars(False).keep_time(True)


def _numbered(made: models.Dashboard) -> models.Dashboard:
    made.schema_version = SCHEMA_VERSION
    for number, panel in enumerate(made.panels or [], 1):
        panel.id_val = number
    return made
