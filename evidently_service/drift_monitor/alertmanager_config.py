"""Alertmanager's configuration from the environment: who is told of an alert, and what mutes it."""

from pathlib import Path

import yaml

from drift_monitor.settings import AlertSettings

MAILBOX_HOST, MAILBOX_PORT = "mailpit", 1025
SUBMISSION_PORT, IMPLICIT_TLS_PORT = 587, 465
MAILBOX_TO, MAILBOX_FROM = "operator@localhost", "vehicle-price@localhost"
TEMPLATES = "/etc/alertmanager/templates/*.tmpl"
RECEIVER = "operator"
# With the scrapes and the rule's own wait, a mail about drift is there within 45 seconds.
ROUTE = {
    "receiver": RECEIVER,
    "group_by": ["alertname"],
    "group_wait": "5s",
    "group_interval": "15s",
    "repeat_interval": "4h",
}
# Alert → those that it explains or makes meaningless.
MUTES = {
    "InputDrift": ("ColumnDrift",),
    "ServiceDown": ("ServiceErrors", "ServiceSlow", "PredictionLogBehind"),
    "MonitorSilent": ("InputDrift", "ColumnDrift", "FeedbackErrorGrown", "IntervalCoverageLost"),
}


def configuration(settings: AlertSettings) -> dict:
    """Alertmanager's whole configuration."""
    return {
        "global": mail_server(settings),
        "templates": [TEMPLATES],
        "route": ROUTE,
        "receivers": [{"name": RECEIVER, **ways(settings)}],
        "inhibit_rules": [inhibit_rule(source, muted) for source, muted in MUTES.items()],
    }


def mail_server(settings: AlertSettings) -> dict:
    """The mail server: the stack's own mailbox, or one that must speak TLS."""
    if not settings.smtp_host:
        return {
            "smtp_smarthost": f"{MAILBOX_HOST}:{MAILBOX_PORT}",
            "smtp_from": settings.alert_email_from or MAILBOX_FROM,
            "smtp_require_tls": False,
        }
    port = settings.smtp_port or SUBMISSION_PORT
    server = {
        "smtp_smarthost": f"{settings.smtp_host}:{port}",
        "smtp_from": settings.alert_email_from,
        # On this port Alertmanager speaks TLS from the first byte, and to require it would make
        # it wait for STARTTLS, which such a server does not offer.
        "smtp_require_tls": port != IMPLICIT_TLS_PORT,
    }
    if settings.smtp_user:
        server["smtp_auth_username"] = settings.smtp_user
        server["smtp_auth_password"] = settings.smtp_password.get_secret_value()
    return server


def ways(settings: AlertSettings) -> dict:
    """E-mail always; Slack and a webhook where their address is set."""
    slack, webhook = settings.slack_webhook_url, settings.alert_webhook_url
    found: dict = {"email_configs": [mail(settings)]}
    if slack:
        found["slack_configs"] = [slack_message(slack.get_secret_value())]
    if webhook:
        found["webhook_configs"] = [{"url": webhook.get_secret_value(), "send_resolved": True}]
    return found


def mail(settings: AlertSettings) -> dict:
    """The e-mail: subject, plain text and HTML."""
    return {
        "to": settings.alert_email_to or MAILBOX_TO,
        "send_resolved": True,
        "headers": {"Subject": use("subject")},
        "text": use("text"),
        "html": use("html"),
    }


def slack_message(url: str) -> dict:
    """The message in Slack: the mail's subject and text."""
    return {"api_url": url, "send_resolved": True, "title": use("subject"), "text": use("text")}


def use(name: str) -> str:
    """A call of a template of evidently_service/config/alertmanager/templates."""
    return f'{{{{ template "vehicle_price.{name}" . }}}}'


def inhibit_rule(source: str, muted: tuple[str, ...]) -> dict:
    """While the alert `source` fires, nobody is told of the muted ones."""
    return {
        "source_matchers": [f'alertname="{source}"'],
        "target_matchers": [f'alertname=~"{"|".join(muted)}"'],
    }


def write(settings: AlertSettings, path: Path) -> None:
    """Write the configuration whole or not at all; raises OSError."""
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(
        yaml.safe_dump(configuration(settings), sort_keys=False), encoding="utf-8"
    )
    # Alertmanager reads it as another user, from a volume that only these two mount.
    unfinished.chmod(0o644)
    unfinished.replace(path)


def described(settings: AlertSettings) -> str:
    """Where alerts go, in a sentence without a secret."""
    server = settings.smtp_host or "the stack's own mailbox"
    others = {"Slack": settings.slack_webhook_url, "a webhook": settings.alert_webhook_url}
    used = [name for name, url in others.items() if url]
    mailed = f"e-mail to {settings.alert_email_to or MAILBOX_TO} through {server}"
    return f"Alerts go out as {' and to '.join([mailed, *used])}."
