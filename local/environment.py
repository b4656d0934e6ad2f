"""The settings of the local stack: `.env`, made when absent, and what each part is given."""

import configparser
import os
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from dotenv import dotenv_values

MAKE_ENV = Path(__file__).with_name("make_env.sh")
NAMED_DATASETS = ("", "kaggle", "sample")
# Patterns of the names of variables. Needed by every process:
SYSTEM = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "TZ", "LANG", "LANGUAGE"),
    *("LC_*", "XDG_*", "SSL_CERT_*", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "LD_*", "DYLD_*"),
    *("OMP_*", "OPENBLAS_*", "MALLOC_*", "PYTHON*", "GIT_PYTHON_REFRESH"),
    *("DO_NOT_TRACK", "MLFLOW_DISABLE_TELEMETRY", "ORT_DISABLE_TELEMETRY"),
)
# By what speaks to servers elsewhere:
_NETWORK = ("*_PROXY", "*_proxy", "S3_*", "AWS_*")
_AIRFLOW = ("AIRFLOW_HOME", "AIRFLOW__*")
_PIPELINE = (
    *("DATASET", "SAMPLE_*", "KAGGLE_*", "DATA_*", "DASK_*", "TRAIN_*", "RETRAIN_*", "FEEDBACK_*"),
    *("MLFLOW_TRACKING_URI", "PREDICTION_LOG_URL", "MONITOR_URL", "SERVICE_URL", *_NETWORK),
)
_SERVICE = (
    *("API_KEY", "ALLOWED_*", "SERVICE_*", "MODEL_*", "OUTBOX_*", "MOST_*", "MAX_*", "SPOOL_*"),
    *("STOP_*", "SHIPPING_*", "PREDICTION_*", "MLFLOW_TRACKING_URI", *_NETWORK),
)
_FORM = (
    *("API_KEY", "SERVICE_*", "MONITOR_URL", "MONITOR_TIMEOUT_*", "CSV_*", "FORM_*", "STREAMLIT_*"),
    *("GRAFANA_URL", "MLFLOW_URL", "AIRFLOW_URL"),
)
COMMAND = "command"  # beside the stack: `python -m local run`
NEEDED_BY = {
    "mlflow": ("MLFLOW_SERVER_*",),
    "airflow-migrate": _AIRFLOW,
    "airflow-clean": _AIRFLOW,
    "airflow-api": _AIRFLOW,
    # The tasks are processes of the scheduler.
    "airflow-scheduler": (*_AIRFLOW, *_PIPELINE),
    "airflow-dags": _AIRFLOW,
    "log-migrate": ("PREDICTION_LOG_URL",),
    "service": _SERVICE,
    "monitor": (
        *("ALLOWED_*", "DRIFT_*", "MONITOR_*", "RUNBOOK_*"),
        *("MLFLOW_TRACKING_URI", "PREDICTION_LOG_URL"),
    ),
    "form": _FORM,
    COMMAND: (*_PIPELINE, "API_KEY"),
}


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


def stack_variables(environment: Environment, environ: dict[str, str]) -> dict[str, str]:
    """Return all variables of the local stack; `part_variables` chooses those of a part."""
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


def part_variables(variables: dict[str, str], part: str) -> dict[str, str]:
    """Return those of the stack's variables that a part needs, and no others.

    `part` is a name of the Procfile, or COMMAND. What needs no secret is given none: not those
    of `.env`, nor those of the shell that the launcher was started in.
    """
    needed = (*SYSTEM, *NEEDED_BY[part])
    return {
        name: value
        for name, value in variables.items()
        if any(fnmatchcase(name, pattern) for pattern in needed)
    }


def _is_foreign(name: str) -> bool:
    """Whether a variable belongs to another environment and would mislead ours."""
    return name.startswith(("AIRFLOW", "MLFLOW_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS"))


def _places(environment: Environment) -> dict[str, str]:
    """Where the parts keep their data and find one another."""
    root, folder = environment.root, environment.folder
    packages = ("airflow", "mlflow", "service", "evidently_service", "streamlit")
    return {
        "LOCAL_DIR": str(folder),
        "PYTHONPATH": os.pathsep.join(str(root / package) for package in packages),
        "DATA_URI": str(folder / "data"),
        "PREDICTION_LOG_URL": f"sqlite:///{folder / 'prediction_log.db'}",
        "OUTBOX_DIR": str(folder / "outbox"),
        "SPOOL_DIR": str(folder / "spool"),
        "MODEL_CACHE_DIR": str(folder / "model_cache"),
        "MONITOR_DIR": str(folder / "monitor"),
        "MLFLOW_TRACKING_URI": environment.url("MLFLOW"),
        "SERVICE_URL": environment.url("SERVICE"),
        "MONITOR_URL": environment.url("MONITOR"),
        "MLFLOW_URL": environment.url("MLFLOW"),
        "AIRFLOW_URL": environment.url("AIRFLOW"),
        # MLflow's default takes `10.example.com` for a private address.
        "MLFLOW_SERVER_ALLOWED_HOSTS": "localhost:*,127.0.0.1:*",
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": _origins_of_mlflow(environment),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        "DO_NOT_TRACK": "true",
        "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime's
    }


def _origins_of_mlflow(environment: Environment) -> str:
    """Return MLflow's own address, whose pages alone it answers (mlflow/own_origin.py)."""
    port = environment.port("MLFLOW")
    return f"http://127.0.0.1:{port},http://localhost:{port}"


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
    settings = environment.settings
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(environment.port("AIRFLOW")),
        "AIRFLOW__API__SECRET_KEY": settings["AIRFLOW_SECRET_KEY"],
        "AIRFLOW__API_AUTH__JWT_SECRET": settings["AIRFLOW_JWT_SECRET"],
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(environment.root / "airflow" / "dags"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__FERNET_KEY": ",".join(
            [settings["AIRFLOW_FERNET_KEY"], *_fernet_keys_of_older_releases(home)]
        ),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS": "task_logs.LOGGING_CONFIG",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _fernet_keys_of_older_releases(home: Path) -> list[str]:
    """Return the key that Airflow made for itself: what was saved with it can be read still."""
    config = configparser.RawConfigParser(strict=False)
    config.read(home / "airflow.cfg", encoding="utf-8")
    key = config.get("core", "fernet_key", fallback="")
    return [key] if key else []
