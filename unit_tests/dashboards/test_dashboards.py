"""Grafana's dashboards: of Grafana's types, about metrics and alerts that exist, with nothing left out."""

import copy
import itertools
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from drift_monitor.board import Board
from drift_monitor.metrics import registry_of
from price_service.metrics import Metrics

CONFIG = Path(__file__).resolve().parents[2] / "evidently_service" / "config"
NAMES = ("drift", "service", "model")
SUFFIXES = {"counter": "_total", "gauge": "", "histogram": "(_bucket|_count|_sum)"}
ON_NO_PANEL = {
    "price_service_model_swaps": "each worker counts its own; the mark New model and the panel"
    " Version that serves show the change itself",
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


def alert_rules():
    """Alert → its rule."""
    files = (CONFIG / "prometheus" / "rules").glob("*.yml")
    groups = [group for path in files for group in yaml.safe_load(path.read_text())["groups"]]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


@pytest.fixture(name="schema", scope="module")
def grafana_schema():
    """Grafana's types of a dashboard and of the panels used here (made as grafana_schema.ts says)."""
    text = Path(__file__).with_name("grafana_schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft7Validator(json.loads(text))


def test_there_are_three_dashboards_and_no_other_file():
    files = {path.name for path in (CONFIG / "grafana" / "dashboards").iterdir()}
    assert files == {f"{name}.json" for name in NAMES}


@every_dashboard
def test_a_dashboard_is_of_grafanas_types(schema, name):
    dashboard = dashboard_of(name)
    assert not list(schema.iter_errors(dashboard))
    for wrong in ({"typo": 1}, {"fieldConfig": {"defaults": {"unitt": "s"}, "overrides": []}}):
        broken = copy.deepcopy(dashboard)
        broken["panels"][1] |= wrong
        assert list(schema.iter_errors(broken))


@every_dashboard
def test_a_dashboard_keeps_its_address_and_can_be_provisioned(name):
    dashboard = dashboard_of(name)
    assert dashboard["uid"] == f"vehicle-price-{name}"
    assert dashboard["id"] is None
    assert dashboard["editable"] is True
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


@every_dashboard
def test_a_stat_of_several_queries_names_each(name):
    several = [p for p in panels_of(name) if p["type"] == "stat" and len(p["targets"]) > 1]
    assert several
    for panel in several:
        assert panel["options"]["textMode"] in ("value_and_name", "name"), panel["title"]


@every_dashboard
def test_no_query_turns_the_absence_of_data_into_a_good_value(name):
    assert not [expr for expr in expressions_of(panels_of(name)) if "vector(" in expr]


def test_every_metric_is_on_a_panel_or_left_out_for_a_reason():
    shown = "\n".join(expr for name in NAMES for expr in expressions_of(panels_of(name)))
    missing = {
        metric
        for metric, series in exported_metrics().items()
        if not re.search(rf"\b{series}\b", shown)
    }
    assert missing == set(ON_NO_PANEL)


def test_panels_and_marks_name_exported_metrics_only():
    marks = [mark["target"] for name in NAMES for mark in dashboard_of(name)["annotations"]["list"]]
    asked = [mark["expr"] for mark in marks]
    asked += [expr for name in NAMES for expr in expressions_of(panels_of(name))]
    named = set(re.findall(r"\b(?:vehicle_price|price_service)_\w+", "\n".join(asked)))
    exported = re.compile("|".join(exported_metrics().values()))
    assert named and {series for series in named if not exported.fullmatch(series)} == set()


@every_dashboard
def test_the_alerts_that_link_to_a_dashboard_are_marked_on_it_once_each(name):
    (mark,) = [m for m in dashboard_of(name)["annotations"]["list"] if m["name"] == "Alerts"]
    expr = mark["target"]["expr"]
    assert expr.startswith("max by (alertname) (ALERTS{")
    (marked,) = re.findall(r'alertname=~"([^"]+)"', expr)
    linking = {
        alert
        for alert, rule in alert_rules().items()
        if f"/d/vehicle-price-{name}" in rule["annotations"]["dashboard_url"]
    }
    assert set(marked.split("|")) == linking


@every_dashboard
def test_a_dashboard_links_its_sisters_runbook_report_alertmanager_and_mlflow(name):
    links = dashboard_of(name)["links"]
    assert [link["tags"] for link in links if link["type"] == "dashboards"] == [["vehicle-price"]]
    assert dashboard_of(name)["tags"] == ["vehicle-price"]
    assert {link["url"] for link in links if link["type"] == "link"} == {
        "http://127.0.0.1:8085/runbook",
        "http://127.0.0.1:8085/report",
        "http://127.0.0.1:9093",
        "http://127.0.0.1:5000/#/models/vehicle-price",
    }


def test_links_to_the_runbook_lead_to_a_section():
    text = "\n".join(json.dumps(dashboard_of(name)) for name in NAMES)
    runbook = (Path(__file__).resolve().parents[2] / "setup" / "runbook.md").read_text("utf-8")
    sections = {
        heading.lower().replace(" ", "-") for heading in re.findall("^## (.+)$", runbook, re.M)
    }
    linked = set(re.findall(r"/runbook#([\w-]+)", text))
    assert linked and linked <= sections
