"""The dashboards are what their code says, whole, and about metrics that really exist."""

import itertools
import json
import re
from pathlib import Path

import pytest

from dashboards.files import texts, write
from drift_monitor.board import Board
from drift_monitor.metrics import registry_of
from price_service.metrics import Metrics

FOLDER = Path(__file__).resolve().parents[2] / "evidently_service/config/grafana/dashboards"
DASHBOARDS = {name: json.loads(text) for name, text in texts().items()}
PANELS = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, made in DASHBOARDS.items()
    for panel in made["panels"]
    if panel["type"] != "row"
]
SERIES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
OF_PROMETHEUS = {"up", "ALERTS"}
WORDS = {"and", "bool", "by", "count", "Inf", "max", "min", "offset", "on", "or", "sum", "unless"}


def exported():
    """The names of the series that the service and the monitor have for Prometheus."""
    families = [*Metrics().registry.collect(), *registry_of(Board(500)).collect()]
    return {family.name + suffix for family in families for suffix in SERIES[family.type]}


def metrics_of(expr):
    """The metrics that an expression names."""
    bare = re.sub(r'"[^"]*"', "", expr)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on) \([^)]*\)", "", bare)
    return set(re.findall(r"\b[A-Za-z_]\w*\b(?!\()", bare)) - WORDS


def test_the_committed_files_are_those_of_the_code(tmp_path):
    write(tmp_path)
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert set(made) == set(committed)
    stale = [name for name, text in made.items() if text != committed[name]]
    assert not stale, "write them anew: PYTHONPATH=evidently_service python -m dashboards"


def test_the_dashboards_are_found_by_fixed_names():
    assert {name: made["uid"] for name, made in DASHBOARDS.items()} == {
        "drift.json": "vehicle-price-drift",
        "service.json": "vehicle-price-service",
        "model.json": "vehicle-price-model",
    }


@pytest.mark.parametrize("made", DASHBOARDS.values(), ids=DASHBOARDS)
def test_a_dashboard_shows_the_last_hour_and_links_its_sisters(made):
    assert (made["time"], made["refresh"]) == ({"from": "now-1h", "to": "now"}, "10s")
    assert [link["type"] for link in made["links"]] == ["dashboards"]
    assert made["links"][0]["tags"] == made["tags"] == ["vehicle-price"]
    assert made["description"]


@pytest.mark.parametrize("made", DASHBOARDS.values(), ids=DASHBOARDS)
def test_panels_are_told_apart_by_number_and_title(made):
    numbers = [panel["id"] for panel in made["panels"]]
    titles = [panel["title"] for panel in made["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("made", DASHBOARDS.values(), ids=DASHBOARDS)
def test_no_panel_lies_on_another_or_beyond_the_edge(made):
    taken = set()
    for panel in made["panels"]:
        place = panel["gridPos"]
        columns = range(place["x"], place["x"] + place["w"])
        rows = range(place["y"], place["y"] + place["h"])
        cells = set(itertools.product(columns, rows))
        assert cells and columns.stop <= 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_says_what_it_shows_in_which_unit(panel):
    assert panel["title"].strip()
    assert len(panel["description"]) > 15
    assert panel["fieldConfig"]["defaults"]["unit"]


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_asks_the_provisioned_data_source(panel):
    source = {"type": "prometheus", "uid": "prometheus"}
    assert panel["targets"]
    assert all(target["expr"].strip() for target in panel["targets"])
    assert [target["datasource"] for target in panel["targets"]] == [source] * len(panel["targets"])
    assert panel["datasource"] == source


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_shows_only_what_the_service_and_the_monitor_export(panel):
    named = set().union(*(metrics_of(target["expr"]) for target in panel["targets"]))
    assert named <= exported() | OF_PROMETHEUS


@pytest.mark.parametrize("panel", PANELS)
def test_lines_and_states_over_time_are_named_in_a_legend(panel):
    if panel["type"] in ("timeseries", "state-timeline"):
        assert panel["options"]["legend"]["showLegend"] is True


@pytest.mark.parametrize("panel", PANELS)
def test_no_threshold_is_written_down_but_the_one_of_a_ratio_or_a_count(panel):
    limits = panel["fieldConfig"]["defaults"].get("thresholds", {"steps": []})
    assert {step["value"] for step in limits["steps"]} <= {None, 1}


@pytest.mark.parametrize("made", DASHBOARDS.values(), ids=DASHBOARDS)
def test_alerts_and_new_models_are_marked(made):
    marks = {mark["name"]: mark for mark in made["annotations"]["list"]}
    assert set(marks) == {"Alerts", "New model"}
    assert metrics_of(marks["Alerts"]["expr"]) == {"ALERTS"}
    assert metrics_of(marks["New model"]["expr"]) == {"price_service_model_info"}
    assert all("{{" in mark["titleFormat"] for mark in marks.values())


def test_the_metrics_of_an_expression_are_found():
    expr = 'max by (le) (rate(some_total{route="x(y)"}[$__rate_interval])) / a_gauge or vector(0)'
    assert metrics_of(expr) == {"some_total", "a_gauge"}


def test_every_metric_of_the_monitor_is_shown_in_some_panel():
    targets = [
        target for (panel,) in (param.values for param in PANELS) for target in panel["targets"]
    ]
    shown = set().union(*(metrics_of(target["expr"]) for target in targets))
    assert {name for name in exported() if name.startswith("vehicle_price_")} <= shown
