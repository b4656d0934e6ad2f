"""What docker-compose-replicas.yml and its nginx promise, read as text: no Docker is needed."""

import json
import re

import pytest
import yaml

from price_service.errors import problem
from price_service.settings import MEBIBYTE, Settings

from unit_tests.compose.compose_files import EXACT_IMAGE, ROOT, read_files

NGINX = (ROOT / "local" / "nginx.conf").read_text(encoding="utf-8")
GUNICORN = (ROOT / "service" / "gunicorn.conf.py").read_text(encoding="utf-8")
RETURNED = re.compile(r"return (\d+) '(.*)';")


class Overriding(yaml.SafeLoader):
    """YAML with Compose's word for taking out what another file has put in."""


Overriding.add_constructor("!reset", lambda loader, node: f"!reset {node.value}")


@pytest.fixture(scope="module")
def added():
    """Name → what is added to a service."""
    text = (ROOT / "docker-compose-replicas.yml").read_text(encoding="utf-8")
    return yaml.load(text, Overriding)["services"]


@pytest.fixture(scope="module")
def base():
    """The services of the other two files."""
    first, second = read_files()
    return first["services"] | second["services"]


def directive(name, block=NGINX):
    """The one value that a directive has."""
    (value,) = set(re.findall(rf"^ *{name} (.*);", block, re.MULTILINE))
    return value


def location(path):
    """The text of one location."""
    return NGINX.partition(f"location {path} {{")[2].partition("\n        }")[0]


def test_the_port_of_the_service_is_that_of_nginx(added, base):
    assert added["service"]["ports"] == "!reset []"
    assert added["proxy"]["ports"] == base["service"]["ports"]
    assert added["service"]["scale"] == "${SERVICE_REPLICAS:?}"


def test_whoever_asks_the_service_asks_nginx(added, base):
    asks = {name for name in base if "SERVICE_URL" in (base[name].get("environment") or {})}
    # The tasks are told the address and ask the monitor alone.
    asks -= {"airflow-scheduler", "airflow-worker"}
    told = {name: added[name]["environment"]["SERVICE_URL"] for name in asks}
    assert told == dict.fromkeys(asks, f"http://proxy:{directive('listen')}")


def test_nginx_is_watched_limited_and_has_no_more_rights_than_others(added, base):
    proxy = added["proxy"]
    same = ("read_only", "logging", "security_opt", "cap_drop", "restart")
    assert {key: proxy[key] for key in same} == {key: base["service"][key] for key in same}
    assert proxy["user"] == "10001:10001"
    assert proxy["networks"] == ["front"] and "front" in base["service"]["networks"]
    assert {"interval", "timeout", "retries"} < proxy["healthcheck"].keys()
    assert "mem_limit" in proxy
    assert EXACT_IMAGE.fullmatch(proxy["image"])


def test_nginx_writes_to_its_memory_alone():
    written = [line for line in NGINX.splitlines() if re.match(r" *(pid|\w+_temp_path) ", line)]
    assert len(written) == 6
    assert all(" /tmp/" in line for line in written)


def test_the_limits_of_a_body_are_the_services_own(monkeypatch):
    for name in ("MAX_BODY_BYTES", "MAX_CSV_BYTES", "MOST_BODY_BYTES", "MOST_CSV_BYTES"):
        monkeypatch.delenv(name, raising=False)
    settings = Settings()
    outside = NGINX.replace(location("= /predict/csv"), "")
    assert directive("client_max_body_size", outside) == f"{settings.max_body_bytes // MEBIBYTE}m"
    csv = directive("client_max_body_size", location("= /predict/csv"))
    assert csv == f"{settings.max_csv_bytes // MEBIBYTE}m"


def test_nginx_waits_for_an_answer_as_long_as_gunicorn_lets_a_worker_work():
    assert directive("proxy_read_timeout") == f"{directive_of_gunicorn('timeout')}s"


def directive_of_gunicorn(name):
    """A number in Gunicorn's configuration."""
    return re.search(rf"^{name} = (\d+)$", GUNICORN, re.MULTILINE)[1]


def test_a_csv_is_not_kept_and_everything_else_is_received_whole():
    assert "proxy_request_buffering off" in location("= /predict/csv")
    assert "buffering off" not in location("/")


def test_what_was_sent_is_sent_again_once_at_most_and_soon_or_never():
    assert set(directive("proxy_next_upstream").split()) == {
        *("error", "timeout", "http_503", "non_idempotent")
    }
    assert directive("proxy_next_upstream_tries") == "2"
    again = float(directive("proxy_next_upstream_timeout").removesuffix("s"))
    reads = float(directive("proxy_read_timeout").removesuffix("s"))
    assert float(directive("proxy_connect_timeout").removesuffix("s")) < again < reads


def test_the_replicas_are_looked_up_while_nginx_runs():
    """A name in `proxy_pass` itself, or in an upstream, is resolved once at its start."""
    assert directive("resolver").startswith("127.0.0.11 valid=1s")
    assert re.findall(r"proxy_pass (.*);", NGINX) == ["http://$replicas"] * 2
    assert directive(r"set \$replicas") == f"service:{Settings().service_port}"


@pytest.mark.parametrize("status", [413, 503])
def test_what_nginx_refuses_itself_is_a_problem_as_the_service_writes_it(status):
    texts = {int(code): json.loads(text) for code, text in RETURNED.findall(NGINX)}
    written = json.loads(problem(status, texts[status]["detail"]).get_data())
    assert texts[status] == written
    assert NGINX.count("default_type application/problem+json;") == len(texts) == 2


def test_prometheus_scrapes_each_replica_by_its_own_address():
    path = ROOT / "evidently_service" / "config" / "prometheus" / "prometheus.yml"
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["scrape_configs"]
    (service,) = (job for job in jobs if job["job_name"] == "service")
    (search,) = service["dns_sd_configs"]
    assert (search["names"], search["type"], search["port"]) == (["service"], "A", 9696)
    assert "static_configs" not in service
