"""Prometheus is down while drift happens: its alert fires once it is back."""

import shutil
import subprocess
from pathlib import Path

import pytest
import requests
import yaml

from integration_tests.stack import ROOT, poll
from local.http import is_up
from local.traffic import Client, listings_of, of_another_world, reference_rows, send
from unit_tests.ports import free_port

CONFIG = ROOT / "evidently_service" / "config" / "prometheus"
PROMETHEUS = shutil.which("prometheus")
# Two scrapes of 5 s, the rule's own 15 s, an evaluation of 5 s, and a busy machine.
ALERT_SECONDS = 60
ROWS, ROWS_A_SECOND = 600, 300
pytestmark = pytest.mark.skipif(
    PROMETHEUS is None, reason="Prometheus is not installed (Debian: prometheus)"
)


class Prometheus:
    """Prometheus with the stack's own configuration and rules, but for the addresses in it."""

    def __init__(self, folder: Path, targets: dict[str, str]):
        self.port, self.folder = free_port(), folder
        self.url = f"http://127.0.0.1:{self.port}"
        targets = targets | {"prometheus": f"127.0.0.1:{self.port}"}
        config = yaml.safe_load((CONFIG / "prometheus.yml").read_text(encoding="utf-8"))
        config.pop("scrape_config_files")  # Debian 12's is older than that of the containers
        nobody = f"127.0.0.1:{free_port()}"
        for job in config["scrape_configs"]:
            job["static_configs"] = [{"targets": [targets.get(job["job_name"], nobody)]}]
        config["alerting"].pop("alertmanagers")
        shutil.copytree(CONFIG / "rules", folder / "rules")
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it on what it kept, and wait until it is ready."""
        command = [
            *(PROMETHEUS, f"--config.file={self.folder / 'prometheus.yml'}"),
            *(
                f"--storage.tsdb.path={self.folder / 'data'}",
                "--enable-feature=expand-external-labels",
            ),
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        links = {
            "RUNBOOK_URL": "http://127.0.0.1/runbook",
            "GRAFANA_URL": "http://127.0.0.1/grafana",
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=links)
        poll(lambda: is_up(f"{self.url}/-/ready"), "Prometheus ready", 30)

    def kill(self) -> None:
        """End it as a crash does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)

    def values(self, query: str) -> list[dict]:
        """What a query finds now."""
        found = requests.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=10)
        return found.json()["data"]["result"]

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        alerts = requests.get(f"{self.url}/api/v1/alerts", timeout=10).json()["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}


@pytest.fixture(name="prometheus")
def prometheus_of_the_stack(tmp_path, monitor_url, service_url):
    """Prometheus for the running monitor and service, not started yet."""
    addresses = {"monitor": monitor_url, "service": service_url}
    made = Prometheus(
        tmp_path, {job: url.removeprefix("http://") for job, url in addresses.items()}
    )
    yield made
    made.kill()


@pytest.fixture(name="send_listings")
def traffic(service_url, mlflow_url):
    """Sends listings like the reference, or of another world."""
    client = Client(service_url)
    schema, rows = client.schema(), reference_rows(mlflow_url)

    def sent(seed: int, elsewhere: bool = False) -> None:
        listings = listings_of(rows, schema, ROWS, seed)
        listings = of_another_world(listings, schema) if elsewhere else listings
        assert sum(send(client, listings, ROWS_A_SECOND, 0)) == ROWS

    return sent


def test_drift_while_prometheus_is_down_fires_when_it_is_back_and_clears_as_ever(
    prometheus, send_listings, monitor_url, demo
):
    def drift():
        return requests.get(f"{monitor_url}/drift", timeout=30).json()

    send_listings(seed=1)
    poll(lambda: drift()["drift_share"] is not None and not drift()["alert"], "usual listings", 90)
    prometheus.start()
    poll(lambda: prometheus.values("vehicle_price_drift_share"), "a scrape of the monitor", 30)
    assert "InputDrift" not in prometheus.firing()

    prometheus.kill()
    send_listings(seed=2, elsewhere=True)
    poll(lambda: drift()["alert"], "the monitor sees the drift by itself", 60)
    demo.processes.require_running()

    prometheus.start()
    poll(lambda: "InputDrift" in prometheus.firing(), "InputDrift fires", ALERT_SECONDS)

    send_listings(seed=3)
    poll(lambda: not drift()["alert"], "usual listings again", 60)
    poll(lambda: "InputDrift" not in prometheus.firing(), "InputDrift over", 2 * ALERT_SECONDS)
