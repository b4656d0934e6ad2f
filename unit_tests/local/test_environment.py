import configparser
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet

from drift_monitor.settings import Settings as MonitorSettings
from price_app.settings import Settings as FormSettings
from price_service.settings import Settings as ServiceSettings
from vehicle_pricing.settings import Settings as PipelineSettings

from local.environment import (
    COMMAND,
    NEEDED_BY,
    Environment,
    SettingsError,
    load,
    make_env_file,
    part_variables,
    read_settings,
    stack_variables,
)
from local.processes import read_procfile

PROCFILE = Path(__file__).resolve().parents[2] / "local" / "Procfile"
# What .env and a user's shell may hold besides.
OF_THE_SHELL = {
    "KAGGLE_KEY": "of-kaggle",
    "KAGGLE_API_TOKEN": "token-of-kaggle",
    "AWS_SECRET_ACCESS_KEY": "of-aws",
    "AWS_SESSION_TOKEN": "token-of-aws",
    "SMTP_PASSWORD": "of-smtp",
    "SLACK_WEBHOOK_URL": "https://hooks.example.com/secret",
    "API_KEY": "of-the-service",
    "GITHUB_TOKEN": "of-another-program",
    "DATABASE_URL": "postgresql://me:of-another-database@db/x",
    "AIRFLOW__CORE__FERNET_KEY": "of-another-airflow",
    "HTTPS_PROXY": "http://me:of-the-proxy@proxy:3128",
}
OF_AIRFLOW = {"AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET"}
OF_AIRFLOW |= {"AIRFLOW__CORE__FERNET_KEY"}
OF_TRAINING = {"KAGGLE_KEY", "KAGGLE_API_TOKEN"}
OF_S3 = {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "S3_SECRET_KEY", "HTTPS_PROXY"}
SECRETS_OF = {
    "mlflow": set(),
    "airflow-migrate": OF_AIRFLOW,
    "airflow-clean": OF_AIRFLOW,
    "airflow-api": OF_AIRFLOW,
    "airflow-scheduler": OF_AIRFLOW | OF_TRAINING | OF_S3,
    "airflow-dags": OF_AIRFLOW,
    "log-migrate": set(),
    "service": {"API_KEY"} | OF_S3,
    "monitor": set(),
    "form": {"API_KEY"},
    COMMAND: {"API_KEY"} | OF_TRAINING | OF_S3,
}
SETTINGS_OF = {
    "airflow-scheduler": PipelineSettings,
    COMMAND: PipelineSettings,
    "service": ServiceSettings,
    "monitor": MonitorSettings,
    "form": FormSettings,
}
EXAMPLE = "SERVICE_PORT=9696\nDATASET=\n# (made) user admin\nAIRFLOW_ADMIN_PASSWORD=\n"


@pytest.fixture
def root(tmp_path):
    (tmp_path / ".env.example").write_text(EXAMPLE)
    return tmp_path


def test_a_missing_env_file_is_made_with_random_secrets_that_only_its_owner_reads(root):
    assert make_env_file(root)
    first = (root / ".env").read_text()
    assert (root / ".env").stat().st_mode & 0o077 == 0
    (root / ".env").unlink()
    make_env_file(root)
    assert (root / ".env").read_text() != first


def test_an_env_file_that_lacks_nothing_is_left_alone(root):
    text = "SERVICE_PORT=1\nAIRFLOW_ADMIN_PASSWORD=x\n"
    (root / ".env").write_text(text)
    assert not make_env_file(root)
    assert (root / ".env").read_text() == text


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(root):
    assert read_settings(root, {})["SERVICE_PORT"] == "9696"
    (root / ".env").write_text("SERVICE_PORT=1\n")
    assert read_settings(root, {})["SERVICE_PORT"] == "1"
    assert read_settings(root, {"SERVICE_PORT": "2"})["SERVICE_PORT"] == "2"


def test_a_launch_has_a_secret_that_the_env_file_lacked(root):
    (root / ".env").write_text("SERVICE_PORT=1\nAIRFLOW_ADMIN_PASSWORD=\n")
    settings = load(root, {}).settings
    assert len(settings["AIRFLOW_ADMIN_PASSWORD"]) == 24
    assert settings["SERVICE_PORT"] == "1"


def test_an_env_file_that_cannot_be_made_is_told_in_a_sentence(tmp_path):
    with pytest.raises(SettingsError, match="has no .env.example"):
        load(tmp_path, {})


@pytest.mark.parametrize("port", ["", "abc", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused_by_its_name(root, port):
    with pytest.raises(SettingsError, match="SERVICE_PORT"):
        Environment(root, root, {"SERVICE_PORT": port}).port("SERVICE")


def test_a_path_as_dataset_is_made_absolute_and_must_exist(root):
    (root / "archive.zip").write_bytes(b"")
    assert Environment(root, root, {"DATASET": "archive.zip"}).dataset == str(root / "archive.zip")
    with pytest.raises(SettingsError, match="no such file"):
        _ = Environment(root, root, {"DATASET": "absent.zip"}).dataset


@pytest.mark.parametrize("name", ["", "kaggle", "sample", "s3://bucket/archive.zip"])
def test_a_named_dataset_is_passed_on_as_it_is(root, name):
    assert Environment(root, root, {"DATASET": name}).dataset == name


@pytest.fixture
def project(tmp_path):
    """A folder with the project's own .env.example."""
    example = Path(__file__).resolve().parents[2] / ".env.example"
    (tmp_path / ".env.example").write_text(example.read_text())
    return tmp_path


def test_the_form_is_told_where_what_runs_here_is_seen_and_no_more(project):
    chosen = {"MLFLOW_PORT": "5001", "AIRFLOW_PORT": "8081", "MLFLOW_URL": "http://elsewhere"}
    variables = stack_variables(load(project, chosen), chosen)
    assert variables["MLFLOW_URL"] == "http://127.0.0.1:5001"
    assert variables["AIRFLOW_URL"] == "http://127.0.0.1:8081"
    assert "GRAFANA_URL" not in variables


def test_the_keys_of_the_s3_container_are_not_offered_to_aws(project):
    chosen = {"AWS_ACCESS_KEY_ID": "of-aws"}
    variables = stack_variables(load(project, chosen), chosen)
    assert (variables["S3_ACCESS_KEY"], variables["S3_SECRET_KEY"]) == ("of-aws", "")


def test_the_keys_of_a_named_s3_server_are_kept(project):
    chosen = {"S3_ENDPOINT_URL": "http://127.0.0.1:1", "S3_ACCESS_KEY": "mine"}
    assert stack_variables(load(project, chosen), chosen)["S3_ACCESS_KEY"] == "mine"


def test_a_process_of_the_demo_has_the_secrets_that_it_needs_and_no_others(project):
    everything = stack_variables(load(project, OF_THE_SHELL), OF_THE_SHELL)
    values = {
        name: value
        for name, value in everything.items()
        if value and (name in OF_THE_SHELL or name.endswith(("_KEY", "_PASSWORD", "_SECRET")))
    }
    assert set(OF_THE_SHELL) < set(values) and "POSTGRES_PASSWORD" in values
    given = {
        part: {name for name, value in values.items() if name in part_variables(everything, part)}
        for part in NEEDED_BY
    }
    assert given == SECRETS_OF
    secrets = {value for name, value in values.items() if name not in SECRETS_OF["form"]}
    assert secrets.isdisjoint(part_variables(everything, "form").values())


def test_every_part_of_the_procfile_is_named_with_what_it_needs():
    assert NEEDED_BY.keys() - {COMMAND} == read_procfile(PROCFILE).keys()


@pytest.mark.parametrize("part", SETTINGS_OF)
def test_a_part_is_given_every_setting_that_it_reads(part):
    names = {field.upper() for field in SETTINGS_OF[part].model_fields}
    assert names - part_variables(dict.fromkeys(names, "x"), part).keys() == set()


def test_a_part_finds_its_programs_and_the_certificates_of_the_machine(project):
    shell = {"HOME": "/home/me", "PATH": "/bin", "SSL_CERT_FILE": "/etc/ca.pem", "LC_ALL": "C"}
    everything = stack_variables(load(project, shell), shell)
    for part in NEEDED_BY:
        given = part_variables(everything, part)
        assert shell.keys() | {"PYTHONPATH", "DO_NOT_TRACK"} <= given.keys(), part


def test_airflow_reads_what_was_saved_with_the_key_that_it_once_made_for_itself(project):
    old = Fernet.generate_key().decode()
    config = configparser.RawConfigParser()
    config["core"] = {"fernet_key": old, "percent": "100%"}
    (project / ".local" / "airflow").mkdir(parents=True)
    with (project / ".local" / "airflow" / "airflow.cfg").open("w") as file:
        config.write(file)
    loaded = load(project, {})
    keys = stack_variables(loaded, {})["AIRFLOW__CORE__FERNET_KEY"].split(",")
    assert keys == [loaded.settings["AIRFLOW_FERNET_KEY"], old]
    saved = Fernet(old).encrypt(b"a password")
    assert MultiFernet([Fernet(key) for key in keys]).decrypt(saved) == b"a password"


def test_mlflow_answers_the_pages_of_its_own_address_alone(project):
    chosen = {"MLFLOW_PORT": "5001"}
    everything = stack_variables(load(project, chosen), chosen)
    origins = part_variables(everything, "mlflow")["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"]
    assert origins == "http://127.0.0.1:5001,http://localhost:5001"


def test_no_part_reports_to_those_who_made_its_libraries(project):
    everything = stack_variables(load(project, {}), {})
    off = {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "ORT_DISABLE_TELEMETRY": "1"}
    for part in NEEDED_BY:
        assert off.items() <= part_variables(everything, part).items(), part
