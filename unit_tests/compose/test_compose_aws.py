"""What docker-compose-aws.yml adds on a machine of AWS, read as YAML: logins, addresses, targets."""

import shutil
import subprocess
from fnmatch import fnmatch

import pytest
import yaml
from dotenv import dotenv_values

from unit_tests.compose.compose_files import (
    LISTED,
    MADE,
    NAME_IN_LIST,
    ROOT,
    VARIABLE,
    filled,
    named,
    read_files,
    strings,
)

LOGIN = {"MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"}
SERVES_OR_WATCHES = {"service", "monitor"}
ON_THE_MACHINE = {
    "HOST_ADDRESS": "10.0.0.7",
    "SERVICE_TASKS": "service.vehicle-price.internal",
    "MLFLOW_ADMIN_PASSWORD": "of-who-trains",
    "MLFLOW_READER_PASSWORD": "of-who-serves",
    "MLFLOW_SECRET_KEY": "of-the-forms",
    "POSTGRES_HOST": "db.internal",
    "POSTGRES_MLFLOW_PASSWORD": "of-mlflow",
}


@pytest.fixture(scope="module")
def added():
    """The file as it is written."""
    return yaml.safe_load((ROOT / "docker-compose-aws.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def services(added):
    """Name → what is added to the service, variables filled in."""
    text = filled(yaml.safe_dump(added["services"]), ON_THE_MACHINE)
    return yaml.safe_load(text)


@pytest.fixture(scope="module")
def scrape_file(added, tmp_path_factory):
    """What Prometheus gets, as a file."""
    file = tmp_path_factory.mktemp("prometheus") / "service.yml"
    file.write_text(filled(added["configs"]["prometheus-tasks"]["content"], ON_THE_MACHINE))
    return file


def test_whatever_asks_mlflow_signs_in_and_what_serves_or_watches_only_reads(services):
    base = read_files()[0]["services"] | read_files()[1]["services"]
    asks = {name for name in base if "MLFLOW_TRACKING_URI" in (base[name].get("environment") or {})}
    logins = {name: {services[name]["environment"][key] for key in LOGIN} for name in asks}
    reader, writer = {"reader", "of-who-serves"}, {"admin", "of-who-trains"}
    assert SERVES_OR_WATCHES < asks
    assert logins == {name: reader if name in SERVES_OR_WATCHES else writer for name in asks}


def test_mlflow_asks_for_a_login_and_refuses_what_has_no_rule(services):
    mlflow = services["mlflow"]
    assert mlflow["command"][-2:] == ["--app-name", "own-origin-basic-auth"]
    assert mlflow["environment"]["MLFLOW_BASIC_AUTH_FAIL_CLOSED"] == "true"
    assert mlflow["environment"]["MLFLOW_AUTH_CONFIG_PATH"] == mlflow["configs"][0]["target"]


def test_but_for_its_app_the_command_is_that_of_the_image(services):
    command = (ROOT / "mlflow" / "Dockerfile").read_text(encoding="utf-8").rpartition("CMD ")[2]
    assert services["mlflow"]["command"] == [*yaml.safe_load(command)[:-1], "own-origin-basic-auth"]


def test_the_job_that_makes_the_reader_has_no_more_rights_than_the_others(services):
    databases = read_files()[0]["services"]["databases"]
    same = ("init", "logging", "security_opt", "cap_drop", "read_only", "tmpfs")
    job = services["mlflow-reader"]
    assert {key: job[key] for key in same} == {key: databases[key] for key in same}
    assert job["image"] == filled(databases["image"], {})


def test_only_what_the_tasks_ask_listens_beyond_the_loopback(services):
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports == {"mlflow": ["10.0.0.7:5000:5000"], "monitor": ["10.0.0.7:8085:8085"]}


def test_every_variable_is_made_or_listed_on_the_settings_page(added):
    example = ROOT / ".env.example"
    listed = named(
        NAME_IN_LIST, LISTED.findall((ROOT / "setup" / "setup_env.md").read_text("utf-8"))
    )
    assert named(VARIABLE, strings(added)) <= dotenv_values(example).keys() | listed
    assert set(MADE.findall(example.read_text("utf-8"))) >= {
        name for name in ON_THE_MACHINE if name.startswith("MLFLOW_")
    }


def test_prometheus_is_told_the_name_of_the_tasks_and_calls_them_the_service(scrape_file):
    (job,) = yaml.safe_load(scrape_file.read_text())["scrape_configs"]
    (search,) = job["dns_sd_configs"]
    assert (search["names"], search["port"]) == (["service.vehicle-price.internal"], 9696)
    assert job["relabel_configs"] == [{"target_label": "job", "replacement": "service"}]


def test_prometheus_reads_the_file_where_it_is_mounted(services):
    folder = ROOT / "evidently_service" / "config" / "prometheus"
    told = yaml.safe_load((folder / "prometheus.yml").read_text(encoding="utf-8"))
    (mounted,) = services["prometheus"]["configs"]
    assert [fnmatch(mounted["target"], one) for one in told["scrape_config_files"]] == [True]


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_accepts_what_is_scraped(scrape_file):
    command = ["promtool", "check", "config", str(scrape_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
