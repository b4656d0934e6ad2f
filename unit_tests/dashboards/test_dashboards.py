"""Grafana's dashboards: about metrics that exist, with nothing left out."""

import itertools
import json
import re
from pathlib import Path

import pytest

from drift_monitor.board import Board
from drift_monitor.metrics import registry_of
from price_service.metrics import Metrics

CONFIG = Path(__file__).resolve().parents[2] / "evidently_service" / "config"
NAMES = ("drift", "service", "model")
SUFFIXES = {"counter": "_total", "gauge": "", "histogram": "(_bucket|_count|_sum)"}
ON_NO_PANEL = {
    "price_service_shed_requests": "not shown so far",
    "price_service_model_fallback_failures": "not shown so far",
}
every_dashboard = pytest.mark.parametrize("name", NAMES)


def dashboard_of(name):
    """A dashboard as Grafana reads it."""
    path = CONFIG / "grafana" / "dashboards" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def panels_of(name):
    """A dashboard's panels, without the headings of its rows."""
    return [panel for panel in dashboard_of(name)["panels"] if panel["type"] != "row"]


def expressions_of(panels):
    """Every query of the panels."""
    return [target["expr"] for panel in panels for target in panel["targets"]]


def exported_metrics():
    """Metric → pattern of its series' names, of the service and the monitor."""
    families = [*Metrics().registry.collect(), *registry_of(Board(500)).collect()]
    return {family.name: family.name + SUFFIXES[family.type] for family in families}


def test_there_are_three_dashboards_and_no_other_file():
    files = {path.name for path in (CONFIG / "grafana" / "dashboards").iterdir()}
    assert files == {f"{name}.json" for name in NAMES}


@every_dashboard
def test_a_dashboard_keeps_its_address_and_can_be_provisioned(name):
    dashboard = dashboard_of(name)
    assert dashboard["uid"] == f"vehicle-price-{name}"
    assert dashboard["time"] == {"from": "now-1h", "to": "now"}


@every_dashboard
def test_no_panel_lies_on_another_or_beyond_the_edge(name):
    taken = set()
    for panel in dashboard_of(name)["panels"]:
        place = panel["gridPos"]
        columns = range(place["x"], place["x"] + place["w"])
        rows = range(place["y"], place["y"] + place["h"])
        cells = set(itertools.product(columns, rows))
        assert cells and columns.stop <= 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells


@every_dashboard
def test_a_panel_has_an_id_a_title_of_its_own_and_a_text(name):
    panels = dashboard_of(name)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["title"] and len(panel["description"]) > 15 for panel in panels_of(name))


def test_every_metric_is_on_a_panel_or_left_out_for_a_reason():
    shown = "\n".join(expr for name in NAMES for expr in expressions_of(panels_of(name)))
    missing = {
        metric
        for metric, series in exported_metrics().items()
        if not re.search(rf"\b{series}\b", shown)
    }
    assert missing == set(ON_NO_PANEL)
