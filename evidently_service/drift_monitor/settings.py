"""The environment of the monitor, read once and typed."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every variable that the monitor knows; an empty one counts as not set."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    prediction_log_url: str = "sqlite:///.local/prediction_log.db"
    mlflow_tracking_uri: str = "http://127.0.0.1:5000"
    monitor_dir: Path = Path(".local/monitor")
    monitor_host: str = "127.0.0.1"
    monitor_port: int = Field(8085, ge=1, le=65535)
    drift_window: int = Field(500, ge=20, le=20_000)
    drift_period: float = Field(15, gt=0)
