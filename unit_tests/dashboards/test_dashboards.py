"""Grafana's dashboards: of Grafana's types, about metrics and alerts that exist, with nothing left out."""

import copy
import itertools
import json
import re
import shutil
import subprocess
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


# --- states, asked of promtool -------------------------------------------------------------------

THREE_UP, ALL_DOWN = {"a": "1x60", "b": "1x60", "c": "1x60"}, {
    "a": "0x60",
    "b": "0x60",
    "c": "0x60",
}
REPLICA_DOWN = THREE_UP | {"c": "0x60"}
MONITOR_UP = {'up{job="monitor"}': "1x60"}
# Ten minutes, five away, then back (a sample each 15 s); or the workers swap at ten minutes.
RESTARTED = {'price_service_model_info{instance="a",version="1"}': "1x40 _x20 1x40"}
SWAPPED = {
    'price_service_model_info{instance="a",version="1"}': "1x40 0x60",
    'price_service_model_info{instance="a",version="2"}': "_x41 1x60",
}


def replicas(states):
    """The series `up` of the service's replicas."""
    return {f'up{{job="service",instance="{name}"}}': values for name, values in states.items()}


def query_of(name, title):
    """The first query of the panel, or of the mark, with a title."""
    dashboard = dashboard_of(name)
    targets = {mark["name"]: mark["target"] for mark in dashboard["annotations"]["list"]}
    targets |= {panel["title"]: panel["targets"][0] for panel in reversed(panels_of(name))}
    return targets[title]["expr"].replace("$__rate_interval", "1m")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs the program promtool")
@pytest.mark.parametrize(
    "name, title, series, minutes, expected",
    [
        ("service", "Requests now", replicas(ALL_DOWN), 5, {}),
        ("service", "Own errors", replicas(ALL_DOWN), 5, {}),
        ("service", "Rows waiting", replicas(ALL_DOWN), 5, {}),
        ("service", "Errors a second", replicas(ALL_DOWN), 5, {}),
        ("service", "Requests now", replicas(THREE_UP), 5, {"{}": 0}),
        ("service", "Own errors", replicas(THREE_UP), 5, {"{}": 0}),
        ("service", "Replicas up", replicas(THREE_UP), 5, {'{up="3",of="3"}': 1}),
        ("service", "Replicas up", replicas(REPLICA_DOWN), 5, {'{up="2",of="3"}': 2 / 3}),
        ("service", "Replicas up", replicas(ALL_DOWN), 5, {'{up="0",of="3"}': 0}),
        ("drift", "Input drift", MONITOR_UP, 5, {"{}": -1}),
        ("drift", "Input drift", {'up{job="monitor"}': "0x60"}, 5, {}),
        ("drift", "New model", RESTARTED, 15.5, {}),
        ("drift", "New model", SWAPPED, 10.5, {'{version="2"}': 1}),
        ("drift", "New model", SWAPPED, 12, {}),
    ],
)
def test_a_query_says_what_is_so_in_each_state(tmp_path, name, title, series, minutes, expected):
    asked = {
        "expr": query_of(name, title),
        "eval_time": f"{int(minutes * 60)}s",
        "exp_samples": [{"labels": key, "value": value} for key, value in expected.items()],
    }
    given = [{"series": key, "values": values} for key, values in series.items()]
    case = {"interval": "15s", "input_series": given, "promql_expr_test": [asked]}
    path = tmp_path / "test.yml"
    asking = {"evaluation_interval": "15s", "tests": [case]}
    path.write_text(yaml.safe_dump(asking), encoding="utf-8")
    command = ["promtool", "test", "rules", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@every_dashboard
def test_counters_are_shown_by_their_rate_and_an_idle_axis_ends_near_0(name):
    shown = "\n".join(expressions_of(panels_of(name)))
    assert len(re.findall(r"\w_total\b", shown)) == len(
        re.findall(r"\b(?:rate|increase)\(\w+_total\b", shown)
    )
    for panel in panels_of(name):
        defaults = panel["fieldConfig"]["defaults"]
        if panel["type"] == "timeseries" and defaults["unit"] in ("percentunit", "reqps"):
            assert defaults["custom"].get("axisSoftMax", defaults.get("max", 10)) <= 1


@every_dashboard
def test_a_title_fits_at_a_width_of_1000_pixels(name):
    for panel in panels_of(name):
        # A column of the grid is 41 pixels there, a letter 7.5; the frame and the mark take 58.
        assert len(panel["title"]) <= (panel["gridPos"]["w"] * 41 - 58) / 7.5, panel["title"]
