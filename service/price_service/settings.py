"""The service's environment, read once and passed down."""

from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 2**20
S3_SCHEME = "s3://"
DEFAULTS = {
    "mlflow_tracking_uri": "http://127.0.0.1:5000",
    "prediction_log_url": "sqlite:///.local/prediction_log.db",
}
# How the service is asked on its own machine, and from the containers beside it.
OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "service", "proxy"})


def byte_limit(name: str, default: int) -> int:
    """Return a limit's field; MOST_…, the variable's name before, is read too."""
    names = AliasChoices(f"max_{name}", f"most_{name}")
    return Field(default, ge=1, validation_alias=names)


class Settings(BaseSettings):
    """Every variable that the service reads; the name of each in upper case is the variable's."""

    # A value may be a secret, or hold one: an error does not repeat it.
    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    service_host: str = "127.0.0.1"
    service_port: int = 9696
    allowed_hosts: str = ""
    service_workers: int = 2
    service_threads: int = 8
    stop_seconds: int = Field(default=18, ge=3)
    api_key: str = ""
    # 10,000 listings are some 3 MB. Eight of the worst bodies within MAX_JSON_VALUES, checked at
    # once, took 330 MB of memory beside the service's own, measured; the container has 1 GB.
    max_body_bytes: int = byte_limit("body_bytes", 4 * MEBIBYTE)
    max_csv_bytes: int = byte_limit("csv_bytes", 200 * MEBIBYTE)
    spool_dir: Path = Path(".local/spool")
    most_waiting_requests: int = Field(default=48, ge=1)
    most_wait_seconds: float = Field(default=2, gt=0)

    mlflow_tracking_uri: str = DEFAULTS["mlflow_tracking_uri"]
    model_cache_dir: Path = Path(".local/model_cache")
    model_poll_seconds: float = Field(default=2, gt=0)
    model_retry_seconds: float = Field(default=60, gt=0)
    model_fallback_uri: str = ""
    s3_endpoint_url: str = ""
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    aws_region: str = ""

    outbox_dir: Path = Path(".local/outbox")
    most_outbox_bytes: int = 2048 * MEBIBYTE
    prediction_log_url: str = DEFAULTS["prediction_log_url"]
    prediction_retention_days: int = Field(default=90, gt=0)
    shipping_backoff_seconds: float = Field(default=10, gt=0)

    @field_validator("mlflow_tracking_uri", "prediction_log_url", mode="before")
    @classmethod
    def default_when_empty(cls, value: str, info: ValidationInfo) -> str:
        """An empty variable means the default: everything on this machine."""
        return value or DEFAULTS[info.field_name]

    @field_validator("model_fallback_uri")
    @classmethod
    def folder_or_bucket(cls, uri: str) -> str:
        """A folder, or a bucket of S3; another scheme would be taken for a folder's name."""
        if "://" in uri and not uri.removeprefix(S3_SCHEME).strip("/"):
            raise ValueError("MODEL_FALLBACK_URI names no bucket: s3://bucket/prefix")
        if "://" in uri and not uri.startswith(S3_SCHEME):
            raise ValueError("MODEL_FALLBACK_URI is neither a folder nor s3://bucket/prefix")
        return uri

    @field_validator("prediction_log_url")
    @classmethod
    def name_the_driver(cls, url: str) -> str:
        """SQLAlchemy 2.1 reads `postgresql://` as psycopg 3; the driver here is psycopg2."""
        scheme, separator, rest = url.partition("://")
        plain = scheme in ("postgres", "postgresql")
        return f"postgresql+psycopg2{separator}{rest}" if plain else url

    @cached_property
    def host_names(self) -> frozenset[str]:
        """Return the names and addresses that it is asked by, in lower case and without ports."""
        more = [self.service_host, *self.allowed_hosts.split(",")]
        return OWN_HOSTS | {urlsplit(f"//{host.strip()}").hostname or "" for host in more}
