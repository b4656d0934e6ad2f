"""What the form reads from the environment."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the service and the monitor are, how long the form waits for them, and what it links.

    The last three are addresses as the visitor's browser reaches them; empty: no link. Without a
    login before it the form hands what anybody sends on with its own key: feedback and uploads can
    be switched off.
    """

    model_config = SettingsConfigDict(extra="ignore")

    service_url: str = "http://127.0.0.1:9696"
    monitor_url: str = "http://127.0.0.1:8085"
    api_key: str = ""
    service_timeout_seconds: float = 10.0
    csv_timeout_seconds: float = 60.0
    # A monitor that is down or slow must not hold up a price.
    monitor_timeout_seconds: float = 1.5
    form_feedback: bool = True
    form_uploads: bool = True
    grafana_url: str = ""
    mlflow_url: str = ""
    airflow_url: str = ""
