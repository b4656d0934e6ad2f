"""The dashboards' queries, asked of a real Prometheus: of the real service and monitor, and of every alert firing."""

import contextlib
import io
import json
import math
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import yaml
from rich.console import Console

from drift_monitor.runbook import page

from local import traffic
from unit_tests.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "evidently_service" / "config"
PROMETHEUS = shutil.which("prometheus")
SCRAPE_SECONDS, STEP_SECONDS, SHOWN_SECONDS = 1, 5, 3600
LISTINGS, LISTINGS_A_SECOND = 800, 100
RUNBOOK = "http://127.0.0.1:8085/runbook"
DASHBOARDS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((CONFIG / "grafana" / "dashboards").glob("*.json"))
}
# Series that there are only while an alert fires, or while a part is away.
RARE = ("ALERTS", "absent(")
every_dashboard = pytest.mark.parametrize("name", DASHBOARDS)
pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason="needs the program prometheus")


@dataclass(frozen=True)
class Query:
    """One query of a panel, with Grafana's variables filled in as Grafana would."""

    where: str
    expr: str
    instant: bool

    @classmethod
    def of(cls, where, expr, instant):
        """The query as it stands in a dashboard."""
        rate_seconds = max(STEP_SECONDS + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS)
        filled = expr.replace("$__rate_interval", f"{rate_seconds}s")
        assert "$" not in filled, f"{where}: no value for a variable of {expr}"
        return cls(where, filled, instant)


def queries_of_panels(name):
    """Every query of a dashboard's panels, named by where it stands."""
    return [
        Query.of(f"{panel['title']} / {target['refId']}", target["expr"], target["instant"])
        for panel in DASHBOARDS[name]["panels"]
        for target in panel.get("targets", [])
    ]


def queries_of_marks(name):
    """Every query of the marks over a dashboard's panels."""
    return [
        Query.of(mark["name"], mark["target"]["expr"], instant=False)
        for mark in DASHBOARDS[name]["annotations"]["list"]
    ]


class Prometheus:
    """Prometheus' HTTP API."""

    def __init__(self, url):
        self.url = url

    def is_ready(self):
        """Whether it answers queries."""
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/-/ready", timeout=5).ok
        return False

    def series(self, query):
        """Every series that answers a query; a query that is refused fails the test."""
        now = time.time()
        times = {"time": now}
        if not query.instant:
            times = {"start": now - SHOWN_SECONDS, "end": now, "step": STEP_SECONDS}
        path = "query" if query.instant else "query_range"
        asked = {"query": query.expr} | times
        answer = requests.post(f"{self.url}/api/v1/{path}", data=asked, timeout=30).json()
        assert answer["status"] == "success", f"{query.where}: {answer['error']} in {query.expr}"
        return answer["data"]["result"]

    def values(self, query):
        """Every value that answers a query, NaN left out."""
        series = self.series(query)
        samples = [sample for one in series for sample in one.get("values", [one.get("value")])]
        return [float(value) for _, value in samples if not math.isnan(float(value))]

    def knows(self, metric):
        """Whether a metric has a sample now."""
        return bool(self.values(Query.of(metric, metric, instant=True)))


def configuration(service_url, monitor_url):
    """Prometheus' configuration, with the project's names of jobs."""
    places = {"service": service_url, "monitor": monitor_url}
    jobs = [
        {"job_name": name, "static_configs": [{"targets": [url.removeprefix("http://")]}]}
        for name, url in places.items()
    ]
    return {"global": {"scrape_interval": f"{SCRAPE_SECONDS}s"}, "scrape_configs": jobs}


@contextlib.contextmanager
def running(config, folder, wait_until):
    """A Prometheus of a folder's own, ended with the block."""
    port = free_port()
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [
        PROMETHEUS,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with open(folder / "log", "wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            prometheus = Prometheus(f"http://127.0.0.1:{port}")
            wait_until(prometheus.is_ready, "Prometheus ready")
            yield prometheus
        finally:
            process.terminate()


@pytest.fixture(name="prometheus", scope="module")
def prometheus_after_traffic(service_url, mlflow_url, monitor_url, wait_until, tmp_path_factory):
    """A Prometheus that has scraped both while usual traffic came and the monitor looked at it."""

    def drift():
        return requests.get(f"{monitor_url}/drift", timeout=30).json()

    def serves_what_is_watched():
        served = requests.get(f"{service_url}/model", timeout=30).json()["version"]
        return served == drift()["model_version"]

    config, folder = configuration(service_url, monitor_url), tmp_path_factory.mktemp("prometheus")
    with running(config, folder, wait_until) as prometheus:
        wait_until(serves_what_is_watched, "the version that serves watched", 90)
        # A rate needs a sample of before.
        wait_until(lambda: prometheus.knows("price_service_requests_total"), "a scrape", 30)
        send_usual_traffic(service_url, mlflow_url)
        wait_until(lambda: drift()["prediction"]["score"] is not None, "a window looked at", 60)
        for metric in ("drift_share", "prediction_drift_score", "actual_mae", "model_versions"):
            wait_until(lambda name=f"vehicle_price_{metric}": prometheus.knows(name), metric, 30)
        yield prometheus


def send_usual_traffic(service_url, mlflow_url):
    """What `make traffic` sends, faster."""
    places = {"SERVICE_URL": service_url, "MLFLOW_TRACKING_URI": mlflow_url}
    given = ["--rate", str(LISTINGS_A_SECOND), "--count", str(LISTINGS), "--seed", "7"]
    sent = traffic.run(traffic.arguments(places, given), Console(file=io.StringIO()))
    assert sent == LISTINGS


@every_dashboard
def test_every_panel_has_something_to_show_after_usual_traffic(prometheus, name):
    queries = [q for q in queries_of_panels(name) if not any(word in q.expr for word in RARE)]
    assert queries
    assert not [query.where for query in queries if not prometheus.values(query)]


@every_dashboard
def test_what_is_rarely_there_and_every_mark_can_be_asked_for(prometheus, name):
    rare = [q for q in queries_of_panels(name) if any(word in q.expr for word in RARE)]
    for query in [*rare, *queries_of_marks(name)]:
        assert isinstance(prometheus.values(query), list)


def test_a_query_for_what_is_not_exported_has_nothing_to_show(prometheus):
    assert not prometheus.values(Query.of("nowhere", "vehicle_price_no_such_metric", instant=True))
    with pytest.raises(AssertionError, match="nowhere: .*parse error"):
        prometheus.values(Query.of("nowhere", "sum(", instant=False))


@pytest.fixture(name="alarmed", scope="module")
def prometheus_where_every_alert_fires(wait_until, tmp_path_factory):
    """A Prometheus with the project's alerts, each made to fire at once; nothing else is known to it."""
    folder = tmp_path_factory.mktemp("alarmed")
    for path in (CONFIG / "prometheus" / "rules").glob("*.yml"):
        rules = yaml.safe_load(path.read_text(encoding="utf-8"))
        for rule in (rule for group in rules["groups"] for rule in group["rules"]):
            if "alert" in rule:
                rule |= {"expr": "vector(1)", "for": "0s", "annotations": {}}
        (folder / f"{path.stem}.rules").write_text(yaml.safe_dump(rules), encoding="utf-8")
    config = {
        "global": {"evaluation_interval": "1s", "external_labels": {"runbook": RUNBOOK}},
        "rule_files": ["*.rules"],
        "scrape_configs": [],
    }
    with running(config, folder, wait_until) as prometheus:
        wait_until(lambda: len(rows_of_alerts(prometheus, "drift")) == len(alerts()), "alerts", 30)
        yield prometheus


def alerts():
    """The names of the project's alerts."""
    files = (CONFIG / "prometheus" / "rules").glob("*.yml")
    groups = [group for path in files for group in yaml.safe_load(path.read_text())["groups"]]
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


def rows_of_alerts(prometheus, name):
    """The labels of each row of a dashboard's first panel, a table."""
    first = next(panel for panel in DASHBOARDS[name]["panels"] if panel["type"] != "row")
    (target,) = first["targets"]
    assert (first["type"], target["format"], first["gridPos"]["y"]) == ("table", "table", 1)
    query = Query.of(first["title"], target["expr"], target["instant"])
    return [series["metric"] for series in prometheus.series(query)]


@every_dashboard
def test_a_dashboard_begins_with_what_fires_and_links_each_to_its_section(alarmed, name):
    rows = {row["alertname"]: row for row in rows_of_alerts(alarmed, name)}
    assert set(rows) == alerts()
    assert {row["severity"] for row in rows.values()} == {"critical", "warning"}
    shown = page((ROOT / "setup" / "runbook.md").read_text(encoding="utf-8"))
    for alert, row in rows.items():
        address, section = row["runbook"].split("#")
        assert address == RUNBOOK
        assert f'id="{section}">{alert}</h2>' in shown
