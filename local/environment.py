"""The settings of the local stack: `.env`, made when absent, and what each part is given."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

MAKE_ENV = Path(__file__).with_name("make_env.sh")
NAMED_DATASETS = ("", "kaggle", "sample")


class SettingsError(Exception):
    """A setting that cannot be used; the message says how to mend it."""


@dataclass(frozen=True)
class Environment:
    """What the launcher runs on: the project's root, the folder of all data, the settings."""

    root: Path
    folder: Path
    settings: dict[str, str]

    def port(self, part: str) -> int:
        """The port of a part, such as SERVICE."""
        value = self.settings[f"{part}_PORT"]
        if not (value.isdigit() and 0 < int(value) < 65536):
            raise SettingsError(f"{part}_PORT is {value!r}: it must be a number from 1 to 65535.")
        return int(value)

    def url(self, part: str) -> str:
        """The address of a part on this machine."""
        return f"http://127.0.0.1:{self.port(part)}"

    @property
    def dataset(self) -> str:
        """What DATASET asks for, a path made absolute."""
        value = self.settings["DATASET"]
        if value in NAMED_DATASETS or value.startswith("s3://"):
            return value
        path = (self.root / value).resolve()
        if not path.is_file():
            raise SettingsError(
                f"DATASET={value}: no such file. Give kaggle, sample, or the path of an archive."
            )
        return str(path)


def make_env_file(root: Path) -> bool:
    """Make `.env`, or fill in the secrets that it lacks; whether anything was written."""
    command = ["bash", str(MAKE_ENV), str(root)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise SettingsError(made.stderr.strip())
    return made.stdout != ""


def read_settings(root: Path, environ: dict[str, str]) -> dict[str, str]:
    """Every setting of `.env.example`: the environment wins over `.env`, that over the default."""
    defaults, chosen = dotenv_values(root / ".env.example"), dotenv_values(root / ".env")
    known = dict.fromkeys([*defaults, *chosen])
    return {
        name: environ.get(name) or chosen.get(name) or defaults.get(name) or "" for name in known
    }


def load(root: Path, environ: dict[str, str]) -> Environment:
    """The environment of a launch from the project's root."""
    make_env_file(root)
    return Environment(root, root / ".local", read_settings(root, environ))


def part_variables(environment: Environment, environ: dict[str, str]) -> dict[str, str]:
    """The variables that every part of the local stack is started with."""
    outside = {name: value for name, value in environ.items() if not _is_foreign(name)}
    search_path = os.pathsep.join(
        [str(environment.root / ".venv" / "bin"), environ.get("PATH", os.defpath)]
    )
    return {
        **outside,
        **environment.settings,
        **_places(environment),
        **_airflow(environment),
        **_s3_keys(environment, environ),
        "DATASET": environment.dataset,
        "PATH": search_path,
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore::DeprecationWarning,ignore::FutureWarning",
    }


def _is_foreign(name: str) -> bool:
    """Whether a variable belongs to another environment and would mislead ours."""
    return name.startswith(("AIRFLOW", "MLFLOW_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS"))


def _places(environment: Environment) -> dict[str, str]:
    """Where the parts keep their data and find one another."""
    root, folder = environment.root, environment.folder
    packages = ("airflow", "service", "evidently_service", "streamlit")
    return {
        "LOCAL_DIR": str(folder),
        "PYTHONPATH": os.pathsep.join(str(root / package) for package in packages),
        "DATA_URI": str(folder / "data"),
        "PREDICTION_LOG_URL": f"sqlite:///{folder / 'prediction_log.db'}",
        "OUTBOX_DIR": str(folder / "outbox"),
        "MODEL_CACHE_DIR": str(folder / "model_cache"),
        "MONITOR_DIR": str(folder / "monitor"),
        "MLFLOW_TRACKING_URI": environment.url("MLFLOW"),
        "SERVICE_URL": environment.url("SERVICE"),
        "MONITOR_URL": environment.url("MONITOR"),
        "MLFLOW_URL": environment.url("MLFLOW"),
        "AIRFLOW_URL": environment.url("AIRFLOW"),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        "DO_NOT_TRACK": "1",
    }


def _s3_keys(environment: Environment, environ: dict[str, str]) -> dict[str, str]:
    """The keys to AWS, for an archive that lies there; those of another S3 where one is named."""
    if environ.get("S3_ENDPOINT_URL"):
        return {}
    settings = environment.settings
    return {
        "S3_ACCESS_KEY": settings.get("AWS_ACCESS_KEY_ID", ""),
        "S3_SECRET_KEY": settings.get("AWS_SECRET_ACCESS_KEY", ""),
    }


def _airflow(environment: Environment) -> dict[str, str]:
    """Airflow's own settings: SQLite, LocalExecutor, one user, everything on the loopback."""
    home, url = environment.folder / "airflow", environment.url("AIRFLOW")
    secret = environment.settings["AIRFLOW_SECRET_KEY"]
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(environment.port("AIRFLOW")),
        "AIRFLOW__API__SECRET_KEY": secret,
        "AIRFLOW__API_AUTH__JWT_SECRET": secret,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(environment.root / "airflow" / "dags"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
