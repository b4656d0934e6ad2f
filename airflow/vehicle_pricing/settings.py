"""The environment of the pipeline, read once and typed."""

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every variable that the pipeline knows; an empty one counts as not set.

    DATASET is `kaggle`, `sample`, or the path or s3:// URI of an archive; not set, it becomes
    `kaggle` where Kaggle's keys are set and `sample` elsewhere. DASK_SCHEDULER, such as
    `tcp://host:8786`: its workers prepare and train over partitions of the data.
    """

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    dataset: str = ""
    sample_rows: int = Field(60_000, ge=1_000, le=5_000_000)
    kaggle_username: str = ""
    kaggle_key: SecretStr = SecretStr("")
    kaggle_api_token: SecretStr = SecretStr("")

    data_uri: str = ".local/data"
    s3_endpoint_url: str = ""
    s3_access_key: str = ""
    s3_secret_key: SecretStr = SecretStr("")
    aws_region: str = ""

    mlflow_tracking_uri: str = "http://127.0.0.1:5000"
    train_trials: int = Field(5, ge=1)
    train_seed: int = 42

    prediction_log_url: str = "sqlite:///.local/prediction_log.db"
    feedback_days: int = Field(90, ge=0)
    feedback_max_share: float = Field(0.2, ge=0, le=1)

    dask_scheduler: str = ""

    retrain_min_labels: int = Field(500, ge=1)
    retrain_cooldown_minutes: int = Field(60, ge=0)
    monitor_url: str = "http://127.0.0.1:8085"
    service_url: str = "http://127.0.0.1:9696"

    @property
    def has_kaggle_keys(self) -> bool:
        """Whether the environment holds an account of Kaggle."""
        pair = bool(self.kaggle_username and self.kaggle_key.get_secret_value())
        return pair or bool(self.kaggle_api_token.get_secret_value())

    @model_validator(mode="after")
    def _choose_dataset(self) -> "Settings":
        if not self.dataset:
            self.dataset = "kaggle" if self.has_kaggle_keys else "sample"
        return self
