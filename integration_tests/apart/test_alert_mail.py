"""A real Prometheus and a real Alertmanager, from the monitor's gauges to the mail in an inbox."""

import shutil
import socketserver
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import requests
import yaml
from werkzeug.serving import make_server

from drift_monitor.alertmanager_config import configuration
from drift_monitor.board import Alert, Board, ColumnDrift, FeatureDrift, Status
from drift_monitor.routes import make_app
from drift_monitor.settings import AlertSettings, Settings

from unit_tests.ports import free_port

CONFIG = Path(__file__).resolve().parents[2] / "evidently_service" / "config"
PROMETHEUS = shutil.which("prometheus")
# Debian names it after its package.
ALERTMANAGER = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
MAIL_SECONDS = 15
DRIFT_MAIL_SECONDS = 45
RUNBOOK_URL, GRAFANA_URL = "http://127.0.0.1:8085/runbook", "http://127.0.0.1:3000"
pytestmark = pytest.mark.skipif(
    ALERTMANAGER is None,
    reason="Alertmanager is not installed (Debian: prometheus-alertmanager)",
)


class MailSession(socketserver.StreamRequestHandler):
    """As much SMTP as it takes to receive a mail."""

    def handle(self):
        self.say("220 ready")
        for line in self.rfile:
            verb = line.strip().upper()[:4]
            if verb == b"DATA":
                self.say("354 go on")
                self.receive()
            self.say("221 bye" if verb == b"QUIT" else "250 fine")

    def receive(self):
        lines = iter(self.rfile.readline, b".\r\n")
        whole = b"".join(line.removeprefix(b".") for line in lines)
        self.server.mails.append(message_from_bytes(whole, policy=policy.default))

    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps what it receives."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), MailSession)
        self.mails = []


def serving(server):
    """Serves in a thread; ends the server after the test."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(name="mail_server")
def running_mail_server():
    """The server that Alertmanager sends its mail to."""
    yield from serving(MailServer())


@pytest.fixture(name="first_mail")
def first_mail_of_server(mail_server, wait_until):
    """Waits for a mail whose subject begins so."""

    def found(beginning):
        return [mail for mail in mail_server.mails if mail["Subject"].startswith(beginning)]

    def wait(beginning, seconds):
        wait_until(lambda: found(beginning), f"a mail {beginning}", seconds)
        return found(beginning)[0]

    return wait


@pytest.fixture(name="start")
def started_programs(tmp_path, wait_until):
    """Starts a program and waits until it says that it is ready; ends it after the test."""
    programs = []

    def started(name, command, url, **options):
        log = (tmp_path / f"{name}.log").open("wb")
        program = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, **options)
        programs.append((program, log))
        wait_until(lambda: ready(url), f"{name} ready", 30)
        return url

    yield started
    for program, log in programs:
        program.terminate()
        program.wait(timeout=20)
        log.close()


def ready(url):
    """Whether a program of Prometheus is."""
    try:
        return requests.get(f"{url}/-/ready", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(name="alertmanager_url")
def running_alertmanager(mail_server, start, tmp_path, monkeypatch):
    """Alertmanager with the stack's own configuration, but for where mailbox and templates are."""
    for name in AlertSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    made = configuration(AlertSettings())
    made["global"]["smtp_smarthost"] = f"127.0.0.1:{mail_server.server_address[1]}"
    made["templates"] = [str(CONFIG / "alertmanager" / "templates" / "*.tmpl")]
    file = tmp_path / "alertmanager.yml"
    file.write_text(yaml.safe_dump(made), encoding="utf-8")
    port = free_port()
    command = [
        ALERTMANAGER,
        f"--config.file={file}",
        f"--storage.path={tmp_path / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    return start("alertmanager", command, f"http://127.0.0.1:{port}")


@pytest.fixture(name="tell")
def tell_alertmanager(alertmanager_url):
    """Posts alerts as Prometheus does."""

    def told(*alerts):
        answer = requests.post(f"{alertmanager_url}/api/v2/alerts", json=alerts, timeout=10)
        assert answer.ok, answer.text

    return told


def an_alert(name, **more):
    """An alert as the rules make it."""
    return {
        "labels": {"alertname": name, "severity": "warning", "model_version": "7"},
        "annotations": {
            "summary": "3 of 11 columns drifted (share 0.273, threshold 0.091)",
            "description": "What drifted:\n- fuel: score 0.812 <b>, threshold 0.075",
            "runbook_url": f"{RUNBOOK_URL}#{name.lower()}",
            "dashboard_url": f"{GRAFANA_URL}/d/vehicle-price-drift",
        },
        "generatorURL": "http://127.0.0.1:9090/graph?g0.expr=up&g0.tab=1",
        **more,
    }


def parts_of(mail):
    """Its plain text and its HTML."""
    found = {part.get_content_type(): part.get_content() for part in mail.iter_parts()}
    return found["text/plain"].replace("\r\n", "\n"), found["text/html"]


def test_a_mail_says_what_drifted_since_when_and_what_to_do(tell, first_mail, alertmanager_url):
    tell(an_alert("InputDrift", startsAt="2020-01-02T03:04:05Z"))
    mail = first_mail("[FIRING]", MAIL_SECONDS)

    summary = "3 of 11 columns drifted (share 0.273, threshold 0.091)"
    assert mail["Subject"] == f"[FIRING] InputDrift: {summary}"
    assert (mail["To"], mail["From"]) == ("operator@localhost", "vehicle-price@localhost")
    text, html = parts_of(mail)
    assert text.startswith(f"{summary}\nInputDrift (warning) since 2020-01-02 03:04:05 UTC\n\n")
    assert "\n- fuel: score 0.812 <b>, threshold 0.075\n" in text
    assert f"Runbook: {RUNBOOK_URL}#inputdrift\n" in text
    assert f"Dashboard: {GRAFANA_URL}/d/vehicle-price-drift\n" in text
    silence = "/#/silences/new?filter=%7Balertname%3D%22InputDrift%22%7D"
    assert f":{alertmanager_url.rsplit(':', maxsplit=1)[1]}{silence}" in text
    assert "- fuel: score 0.812 &lt;b&gt;, threshold 0.075" in html
    assert f'<a href="{RUNBOOK_URL}#inputdrift">Runbook</a>' in html
    assert f'<a href="{GRAFANA_URL}/d/vehicle-price-drift">Dashboard</a>' in html
    assert f'{silence}">Silence this one</a>' in html


def test_a_second_mail_says_that_it_is_over(tell, first_mail):
    begin = datetime.now(timezone.utc)
    over = (begin + timedelta(seconds=8)).isoformat()
    tell(an_alert("InputDrift", startsAt=begin.isoformat(), endsAt=over))
    first_mail("[FIRING]", MAIL_SECONDS)
    mail = first_mail("[RESOLVED]", 2 * MAIL_SECONDS)
    assert mail["Subject"].startswith("[RESOLVED] InputDrift: 3 of 11 columns drifted")
    assert ", over since " in parts_of(mail)[0]


def test_alerts_of_one_name_are_one_mail_and_explained_ones_none(
    tell, first_mail, mail_server, alertmanager_url
):
    columns = [an_alert("ColumnDrift"), an_alert("ServiceErrors"), an_alert("ServiceErrors")]
    columns[1]["labels"]["job"] = "another"
    tell(an_alert("InputDrift"), *columns)
    mail = first_mail("[FIRING] ServiceErrors", MAIL_SECONDS)
    first_mail("[FIRING] InputDrift", MAIL_SECONDS)
    assert mail["Subject"].endswith("(the first of 2)")

    answer = requests.get(f"{alertmanager_url}/api/v2/alerts", timeout=10).json()
    states = {alert["labels"]["alertname"]: alert["status"]["state"] for alert in answer}
    assert states == {
        "InputDrift": "active",
        "ColumnDrift": "suppressed",
        "ServiceErrors": "active",
    }
    assert len(mail_server.mails) == 2


USUAL = tuple(
    ColumnDrift(name, 0.05, 0.1, False, 0.0, f"{name}: as usual")
    for name in ("fuel", "state", "year")
)
OTHER_WORLD = (
    ColumnDrift("fuel", 0.3, 0.1, True, 0.0, "fuel: electric 100% now, 2% in the reference"),
    ColumnDrift("state", 0.8, 0.1, True, 0.0, "state: ca 100% now, 12% in the reference"),
    USUAL[2],
)


def status_of(columns, alert):
    """What the monitor shows of a full window."""
    share = sum(column.drifted for column in columns) / len(columns)
    features = FeatureDrift(0.2, share, columns)
    now = time.time()
    return Status(500, 500, "7", features=features, alert=alert, last_run_seconds=now)


@pytest.fixture(name="board")
def board_of_a_monitor():
    """What the monitor has found: nothing unusual."""
    board = Board(500)
    board.show(status_of(USUAL, Alert()))
    return board


@pytest.fixture(name="monitor_address")
def served_board(board):
    """The monitor's own routes on a free port."""
    app = make_app(board, lambda: True, Settings())
    for server in serving(make_server("127.0.0.1", 0, app, threaded=True)):
        yield f"127.0.0.1:{server.server_port}"


@pytest.fixture(name="prometheus_url")
def running_prometheus(monitor_address, alertmanager_url, start, tmp_path):
    """Prometheus with the stack's own configuration and rules, but for the addresses in it."""
    port = free_port()
    targets = {"monitor": monitor_address, "prometheus": f"127.0.0.1:{port}"}
    config = yaml.safe_load((CONFIG / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    config.pop("scrape_config_files")  # Debian 12's Prometheus is older than that of the containers
    for job in config["scrape_configs"]:
        nobody = f"127.0.0.1:{free_port()}"
        job["static_configs"] = [{"targets": [targets.get(job["job_name"], nobody)]}]
    (manager,) = config["alerting"]["alertmanagers"]
    manager["static_configs"] = [{"targets": [alertmanager_url.removeprefix("http://")]}]
    shutil.copytree(CONFIG / "prometheus" / "rules", tmp_path / "rules")
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [
        PROMETHEUS,
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--enable-feature=expand-external-labels",
    ]
    environment = {"RUNBOOK_URL": RUNBOOK_URL, "GRAFANA_URL": GRAFANA_URL}
    return start("prometheus", command, f"http://127.0.0.1:{port}", env=environment)


@pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed (Debian: prometheus)")
def test_drift_is_in_the_inbox_within_the_time_promised(
    board, prometheus_url, alertmanager_url, first_mail, mail_server, wait_until
):
    def shares():
        query = {"query": "vehicle_price_drift_share == 0"}
        answer = requests.get(f"{prometheus_url}/api/v1/query", params=query, timeout=10)
        return answer.json()["data"]["result"]

    wait_until(shares, "a scrape of the monitor", 30)
    assert mail_server.mails == []

    board.show(status_of(OTHER_WORLD, Alert(True, "2026-11-23T03:00:00+00:00")))
    mail = first_mail("[FIRING]", DRIFT_MAIL_SECONDS)

    assert mail["Subject"] == (
        "[FIRING] InputDrift: 2 of 3 columns drifted (share 0.667, threshold 0.200)"
    )
    text, _ = parts_of(mail)
    worst_first = "- state: score 0.800, threshold 0.100\n- fuel: score 0.300, threshold 0.100\n"
    assert worst_first in text
    assert f"Runbook: {RUNBOOK_URL}#inputdrift\n" in text
    (alert,) = requests.get(f"{alertmanager_url}/api/v2/alerts", timeout=10).json()
    assert set(alert["labels"]) == {"alertname", "model_version", "severity"}
