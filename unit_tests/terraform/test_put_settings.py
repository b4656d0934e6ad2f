"""The script that gives the secrets their first values, with stand-ins for AWS and Terraform."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from unit_tests.terraform.terraform_cli import ROOT

# A folder in place of Secrets Manager: a file for each secret. No value may stand on a command line.
AWS = f"""#!{sys.executable} -IS
import pathlib, sys
words = sys.argv[1:]
secret = pathlib.Path(__file__).parent.parent / "secrets" / words[words.index("--secret-id") + 1]
if "get-secret-value" in words:
    sys.exit(print(secret.read_text(), end="") if secret.exists() else 254)
source = words[words.index("--secret-string") + 1].removeprefix("file://")
mode = pathlib.Path(source).stat().st_mode & 0o777
assert mode == 0o600, oct(mode)
secret.write_text(pathlib.Path(source).read_text())
"""
TERRAFORM = "#!/bin/sh\necho \"$4\" | sed 's/_secret_arn//'\n"


@pytest.fixture
def project(tmp_path) -> Path:
    """What the script needs of the project, and the stand-ins."""
    for name in ("local", "terraform", "bin", "secrets"):
        (tmp_path / name).mkdir()
    for name in ("terraform/put_settings.sh", "local/make_env.sh", ".env.example"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name, text in (("aws", AWS), ("terraform", TERRAFORM)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def put_settings(project: Path, **variables: str) -> str:
    """Run the script; what it says."""
    path = f"{project / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        [project / "terraform" / "put_settings.sh"],
        env={"PATH": path, "TMPDIR": str(project)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def secret(project: Path, name: str) -> str:
    """The value that was put."""
    return (project / "secrets" / name).read_text()


def test_the_host_gets_what_it_needs_with_random_secrets(project):
    said = put_settings(project)
    settings = json.loads(secret(project, "settings"))
    made = {
        name: settings[name]
        for name in (
            "AIRFLOW_ADMIN_PASSWORD",
            "AIRFLOW_SECRET_KEY",
            "AIRFLOW_JWT_SECRET",
            "AIRFLOW_FERNET_KEY",
            "GRAFANA_ADMIN_PASSWORD",
            "MLFLOW_ADMIN_PASSWORD",
            "MLFLOW_READER_PASSWORD",
            "MLFLOW_SECRET_KEY",
            "POSTGRES_PASSWORD",
            "POSTGRES_MLFLOW_PASSWORD",
            "POSTGRES_AIRFLOW_PASSWORD",
            "POSTGRES_PRICE_SERVICE_PASSWORD",
            "POSTGRES_LOG_READER_PASSWORD",
            "API_KEY",
        )
    }
    assert len(set(made.values())) == 14 and all(len(value) >= 24 for value in made.values())
    assert not any(value in said for value in made.values())
    assert settings["TRAIN_TRIALS"] == "1"


def test_clients_and_host_know_the_same_key(project):
    put_settings(project)
    assert secret(project, "api_key") == json.loads(secret(project, "settings"))["API_KEY"]


def test_what_the_host_works_out_itself_is_left_out(project):
    (project / "mine.env").write_text("S3_BUCKET=mine\nPOSTGRES_HOST=mine\nAIRFLOW_PORT=1\n")
    put_settings(project, SETTINGS="mine.env")
    left = {"S3_BUCKET", "S3_ACCESS_KEY", "POSTGRES_HOST", "AIRFLOW_PORT", "SERVICE_PORT"}
    assert not left & set(json.loads(secret(project, "settings")))


def test_ones_own_settings_are_taken_as_they_are(project):
    password = 'a "quoted" \\ word'
    (project / "mine.env").write_text(f"SMTP_PASSWORD='{password}'\nSMTP_PORT=587\nAPI_KEY=mine\n")
    put_settings(project, SETTINGS="mine.env")
    settings = json.loads(secret(project, "settings"))
    assert (settings["SMTP_PASSWORD"], settings["SMTP_PORT"]) == (password, "587")
    assert secret(project, "api_key") == settings["API_KEY"] == "mine"
    assert len(settings["POSTGRES_PASSWORD"]) >= 24


def test_secrets_that_a_later_release_names_are_added_to_those_that_are_there(project):
    before = {"POSTGRES_PASSWORD": "of before", "SMTP_PASSWORD": 'with "quotes" and }'}
    (project / "secrets" / "settings").write_text(json.dumps(before))
    said = put_settings(project)
    settings = json.loads(secret(project, "settings"))
    assert {name: settings[name] for name in before} == before
    assert len(settings["POSTGRES_MLFLOW_PASSWORD"]) >= 24
    assert settings["POSTGRES_MLFLOW_PASSWORD"] not in said and "added" in said
    assert not (project / "secrets" / "api_key").exists()


def test_what_is_there_stays_and_no_copy_is_left(project):
    put_settings(project)
    before = secret(project, "settings")
    assert "already" in put_settings(project)
    assert secret(project, "settings") == before
    assert {path.name for path in project.iterdir()} == {
        ".env.example",
        "bin",
        "local",
        "secrets",
        "terraform",
    }
