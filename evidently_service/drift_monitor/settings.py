"""The environment of the monitor and of its commands, read once and typed."""

from email.utils import getaddresses
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

RUNBOOK = Path("setup/runbook.md")
# How the monitor is asked on its own machine, and from the containers beside it.
OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "monitor"})


class Settings(BaseSettings):
    """Every variable that the monitor knows; an empty one counts as not set."""

    # A value may be a secret, or hold one: an error does not repeat it.
    model_config = SettingsConfigDict(
        extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    prediction_log_url: str = "sqlite:///.local/prediction_log.db"
    mlflow_tracking_uri: str = "http://127.0.0.1:5000"
    monitor_dir: Path = Path(".local/monitor")
    monitor_host: str = "127.0.0.1"
    monitor_port: int = Field(8085, ge=1, le=65535)
    allowed_hosts: str = ""
    drift_window: int = Field(500, ge=20, le=20_000)
    drift_period: float = Field(15, gt=0)
    runbook_path: Path = RUNBOOK

    @cached_property
    def host_names(self) -> frozenset[str]:
        """Return the names and addresses that it is asked by, in lower case and without ports."""
        more = [self.monitor_host, *self.allowed_hosts.split(",")]
        return OWN_HOSTS | {urlsplit(f"//{host.strip()}").hostname or "" for host in more}


class AlertSettings(BaseSettings):
    """Who is told of an alert. Without SMTP_HOST the mail stays in the stack's own mailbox."""

    model_config = SettingsConfigDict(
        extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    alert_email_to: str = ""
    alert_email_from: str = ""
    smtp_host: str = ""
    smtp_port: int | None = Field(None, ge=1, le=65535)
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    slack_webhook_url: SecretStr = SecretStr("")
    alert_webhook_url: SecretStr = SecretStr("")

    @field_validator("alert_email_to", "alert_email_from")
    @classmethod
    def _addresses(cls, value: str) -> str:
        if value and not all("@" in address for _, address in getaddresses([value])):
            raise ValueError("Write e-mail addresses such as ada@example.com, with commas between.")
        return value

    @field_validator("smtp_host")
    @classmethod
    def _host_alone(cls, value: str) -> str:
        if any(sign in value for sign in ":/ "):
            raise ValueError("Write the mail server's name alone; its port goes into SMTP_PORT.")
        return value

    @field_validator("slack_webhook_url", "alert_webhook_url")
    @classmethod
    def _whole_url(cls, value: SecretStr) -> SecretStr:
        url = urlsplit(value.get_secret_value())
        if value and not (url.scheme in ("http", "https") and url.hostname):
            raise ValueError("Write a whole address that begins with https:// or http://.")
        return value

    @model_validator(mode="after")
    def _belong_together(self):
        if self.smtp_host and not (self.alert_email_to and self.alert_email_from):
            raise ValueError(
                "SMTP_HOST is set: set ALERT_EMAIL_TO and ALERT_EMAIL_FROM too, since that server"
                " must know whom it takes the mail from and to whom it brings it."
            )
        if not self.smtp_host and (self.smtp_port or self.smtp_user or self.smtp_password):
            raise ValueError(
                "SMTP_PORT, SMTP_USER or SMTP_PASSWORD is set without SMTP_HOST: set that too, or"
                " leave all of them empty, and mail stays in the stack's own mailbox."
            )
        if bool(self.smtp_user) != bool(self.smtp_password):
            raise ValueError("Set both SMTP_USER and SMTP_PASSWORD, or neither of them.")
        return self


def sentences(error: ValidationError) -> list[str]:
    """What is wrong, a sentence a variable; never its value, which may be a secret."""
    return [
        ": ".join([*(str(name).upper() for name in found["loc"]), found["msg"]]).replace(
            "Value error, ", ""
        )
        for found in error.errors(include_input=False, include_url=False)
    ]
