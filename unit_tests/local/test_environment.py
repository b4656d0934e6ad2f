import pytest

from local.environment import Environment, SettingsError, load, make_env_file, read_settings

EXAMPLE = "# a comment\nSERVICE_PORT=9696\nDATASET=\nAIRFLOW_ADMIN_PASSWORD=\nAIRFLOW_SECRET_KEY=\n"


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


def test_an_env_file_that_is_there_is_left_alone(root):
    (root / ".env").write_text("SERVICE_PORT=1\n")
    assert not make_env_file(root)
    assert (root / ".env").read_text() == "SERVICE_PORT=1\n"


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(root):
    assert read_settings(root, {})["SERVICE_PORT"] == "9696"
    (root / ".env").write_text("SERVICE_PORT=1\n")
    assert read_settings(root, {})["SERVICE_PORT"] == "1"
    assert read_settings(root, {"SERVICE_PORT": "2"})["SERVICE_PORT"] == "2"


def test_an_emptied_secret_is_refused_by_name(root):
    (root / ".env").write_text("AIRFLOW_ADMIN_PASSWORD=\nAIRFLOW_SECRET_KEY=x\n")
    with pytest.raises(SettingsError, match="AIRFLOW_ADMIN_PASSWORD in .env"):
        load(root, {})


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
