"""Grafana is given the data source that the dashboards name, and finds them where they are mounted."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "evidently_service" / "config"
GRAFANA = CONFIG / "grafana"


def read(path):
    """A YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(name="source")
def provisioned_source():
    """The one data source."""
    provisioned = read(GRAFANA / "provisioning/datasources/prometheus.yml")
    assert provisioned["apiVersion"] == 1
    (source,) = provisioned["datasources"]
    return source


@pytest.fixture(name="provider")
def provisioned_dashboards():
    """The one provider of dashboards."""
    provisioned = read(GRAFANA / "provisioning/dashboards/vehicle_price.yml")
    assert provisioned["apiVersion"] == 1
    (provider,) = provisioned["providers"]
    return provider


@pytest.fixture(name="services", scope="module")
def compose_services():
    """The services of Compose that have to do with dashboards."""
    return read(ROOT / "docker-compose-service.yml")["services"]


def test_the_data_source_is_the_one_that_the_dashboards_name(source):
    named = {
        panel["datasource"]["uid"]
        for path in (GRAFANA / "dashboards").glob("*.json")
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]
        if panel["type"] != "row"
    }
    assert named == {source["uid"]}
    assert (source["type"], source["isDefault"]) == ("prometheus", True)


def test_the_data_source_is_prometheus_in_compose(source, services):
    assert urlsplit(source["url"]).hostname in services


def test_rates_reckon_with_the_scrape_interval_of_prometheus(source):
    scraped = read(CONFIG / "prometheus" / "prometheus.yml")["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == scraped


def test_nothing_is_saved_in_grafana_alone(source, provider):
    assert source["editable"] is False
    assert provider["allowUiUpdates"] is False


def test_both_folders_are_mounted_where_grafana_looks(provider, services):
    mounts = dict(volume.split(":")[:2] for volume in services["grafana"]["volumes"])
    folder = "./evidently_service/config/grafana"
    assert mounts[f"{folder}/provisioning"] == "/etc/grafana/provisioning"
    assert mounts[f"{folder}/dashboards"] == provider["options"]["path"]
