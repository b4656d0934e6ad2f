"""Alertmanager's configuration, and the command that writes it."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from drift_monitor.__main__ import main
from drift_monitor.alertmanager_config import MUTES, TEMPLATES, configuration
from drift_monitor.settings import AlertSettings

CONFIG = Path(__file__).resolve().parents[2] / "evidently_service" / "config"
SECRET = "correct-horse"
SERVER = {
    "SMTP_HOST": "mail.example.com",
    "ALERT_EMAIL_TO": "ada@example.com, Bob <bob@example.com>",
    "ALERT_EMAIL_FROM": "stack@example.com",
}
ACCOUNT = {"SMTP_USER": "stack", "SMTP_PASSWORD": SECRET}
SLACK = {"SLACK_WEBHOOK_URL": f"https://hooks.example.com/{SECRET}"}
WEBHOOK = {"ALERT_WEBHOOK_URL": f"http://pager:8000/{SECRET}"}


@pytest.fixture(name="choose")
def variables_of_environment(monkeypatch):
    """Sets variables as Compose does: those not chosen are there and empty."""

    def chosen(**variables):
        for name in map(str.upper, AlertSettings.model_fields):
            monkeypatch.setenv(name, variables.get(name, ""))

    return chosen


@pytest.fixture(name="configured")
def configuration_of_environment(choose):
    """The configuration that variables of the environment make."""

    def made(**variables):
        choose(**variables)
        return configuration(AlertSettings())

    return made


@pytest.fixture(name="write")
def command_in_environment(choose, tmp_path):
    """Runs the command; its exit status and the file that it was to write."""

    def run(**variables):
        choose(**variables)
        path = tmp_path / "alertmanager.yml"
        return main(["alertmanager-config", str(path)]), path

    return run


def test_without_a_mail_server_mail_goes_to_the_mailbox_of_the_stack(configured):
    made = configured()
    assert made["global"] == {
        "smtp_smarthost": "mailpit:1025",
        "smtp_from": "vehicle-price@localhost",
        "smtp_require_tls": False,
    }
    (receiver,) = made["receivers"]
    assert set(receiver) == {"name", "email_configs"}
    assert receiver["email_configs"][0]["to"] == "operator@localhost"
    assert receiver["email_configs"][0]["send_resolved"] is True


def test_a_mail_server_must_speak_tls(configured):
    made = configured(**SERVER, **ACCOUNT)
    assert made["global"] == {
        "smtp_smarthost": "mail.example.com:587",
        "smtp_from": "stack@example.com",
        "smtp_require_tls": True,
        "smtp_auth_username": "stack",
        "smtp_auth_password": SECRET,
    }
    assert made["receivers"][0]["email_configs"][0]["to"] == SERVER["ALERT_EMAIL_TO"]


def test_on_port_465_tls_begins_at_once_and_starttls_is_not_waited_for(configured):
    server = configured(**SERVER, SMTP_PORT="465")["global"]
    assert server["smtp_smarthost"] == "mail.example.com:465"
    assert server["smtp_require_tls"] is False


def test_slack_and_webhook_come_besides_the_mail(configured):
    (receiver,) = configured(**SLACK, **WEBHOOK)["receivers"]
    assert set(receiver) == {"name", "email_configs", "slack_configs", "webhook_configs"}
    assert receiver["slack_configs"][0]["api_url"] == SLACK["SLACK_WEBHOOK_URL"]
    assert receiver["webhook_configs"] == [
        {"url": WEBHOOK["ALERT_WEBHOOK_URL"], "send_resolved": True}
    ]


def test_only_alerts_that_there_are_mute_and_are_muted():
    rules = [
        rule
        for path in (CONFIG / "prometheus" / "rules").glob("*.yml")
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]
    alerts = {rule["alert"] for rule in rules if "alert" in rule}
    assert {name for source, muted in MUTES.items() for name in (source, *muted)} <= alerts


@pytest.mark.skipif(
    shutil.which("amtool") is None,
    reason="amtool is not installed (Debian's package prometheus-alertmanager has it)",
)
@pytest.mark.parametrize(
    "variables",
    [{}, SERVER, SERVER | ACCOUNT | {"SMTP_PORT": "465"}, SERVER | ACCOUNT | SLACK | WEBHOOK],
    ids=["mailbox", "server", "account", "everything"],
)
def test_alertmanager_accepts_the_configuration_and_its_templates(configured, tmp_path, variables):
    made = configured(**variables)
    assert made["templates"] == [TEMPLATES]
    path = tmp_path / "alertmanager.yml"
    made["templates"] = [str(CONFIG / "alertmanager" / "templates" / Path(TEMPLATES).name)]
    path.write_text(yaml.safe_dump(made), encoding="utf-8")
    done = subprocess.run(
        ["amtool", "check-config", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 templates" in done.stdout


def test_the_command_writes_what_another_user_can_read_and_says_where_alerts_go(write, capsys):
    status, path = write(**SERVER, **ACCOUNT, **SLACK, **WEBHOOK)
    said = capsys.readouterr().out
    assert status == 0
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["route"]["group_by"] == ["alertname"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(path.parent) == [path.name]
    assert "mail.example.com and to Slack and to a webhook" in said
    assert SECRET not in said


@pytest.mark.parametrize(
    "variables, sentence",
    [
        ({"SMTP_HOST": "mail.example.com"}, "set ALERT_EMAIL_TO and ALERT_EMAIL_FROM too"),
        (SERVER | {"SMTP_HOST": "mail.example.com:587"}, "SMTP_HOST: Write the mail server's name"),
        (SERVER | {"SMTP_PORT": "smtp"}, "SMTP_PORT: Input should be a valid integer"),
        (SERVER | {"SMTP_PORT": "70000"}, "SMTP_PORT: Input should be less than or equal to"),
        (SERVER | {"ALERT_EMAIL_TO": "ada, bob@example.com"}, "ALERT_EMAIL_TO: Write e-mail"),
        (SERVER | {"SMTP_PASSWORD": SECRET}, "both SMTP_USER and SMTP_PASSWORD"),
        (SERVER | {"SMTP_USER": "stack"}, "both SMTP_USER and SMTP_PASSWORD"),
        (ACCOUNT, "without SMTP_HOST"),
        ({"SMTP_PORT": "587"}, "without SMTP_HOST"),
        ({"SLACK_WEBHOOK_URL": SECRET}, "SLACK_WEBHOOK_URL: Write a whole address"),
        ({"ALERT_WEBHOOK_URL": f"ftp://{SECRET}"}, "ALERT_WEBHOOK_URL: Write a whole address"),
    ],
)
def test_wrong_settings_are_named_with_how_to_mend_them(write, capsys, variables, sentence):
    status, path = write(**variables)
    said = capsys.readouterr().err
    assert status == 1
    assert sentence in said
    assert "Mend it in .env." in said
    assert SECRET not in said
    assert not path.exists()


def test_wrong_settings_leave_the_configuration_that_was_there(write):
    _, path = write(**SLACK)
    before = path.read_text(encoding="utf-8")
    assert write(SMTP_HOST="mail.example.com")[0] == 1
    assert path.read_text(encoding="utf-8") == before


def test_a_file_that_cannot_be_written_is_a_sentence(choose, tmp_path, capsys):
    choose()
    path = tmp_path / "nowhere" / "alertmanager.yml"
    assert main(["alertmanager-config", str(path)]) == 1
    assert f"{path} cannot be written (No such file or directory)" in capsys.readouterr().err


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert "alertmanager-config" in said
    assert "gunicorn" in said
