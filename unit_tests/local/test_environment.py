from pathlib import Path

import pytest

from local.environment import (
    Environment,
    SettingsError,
    load,
    make_env_file,
    part_variables,
    read_settings,
)

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
    variables = part_variables(load(project, chosen), chosen)
    assert variables["MLFLOW_URL"] == "http://127.0.0.1:5001"
    assert variables["AIRFLOW_URL"] == "http://127.0.0.1:8081"
    assert "GRAFANA_URL" not in variables


def test_the_keys_of_the_s3_container_are_not_offered_to_aws(project):
    chosen = {"AWS_ACCESS_KEY_ID": "of-aws"}
    variables = part_variables(load(project, chosen), chosen)
    assert (variables["S3_ACCESS_KEY"], variables["S3_SECRET_KEY"]) == ("of-aws", "")


def test_the_keys_of_a_named_s3_server_are_kept(project):
    chosen = {"S3_ENDPOINT_URL": "http://127.0.0.1:1", "S3_ACCESS_KEY": "mine"}
    assert part_variables(load(project, chosen), chosen)["S3_ACCESS_KEY"] == "mine"
