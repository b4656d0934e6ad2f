import io
import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from dotenv import dotenv_values

SCRIPT = Path(__file__).resolve().parents[2] / "local" / "make_env.sh"
ON_A_FULL_DISK = ["bash", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "bash"]
NOBODY = 65534
SECRET_NAME = re.compile(r"PASSWORD|KEY|SECRET")
LONGER = {"AIRFLOW_JWT_SECRET": 64, "AIRFLOW_FERNET_KEY": 44}
# The secrets that .env had before each part had one of its own.
OLDER = """\
AIRFLOW_ADMIN_PASSWORD=of-airflow-7xK2m9Qp4Lr8Tz
AIRFLOW_SECRET_KEY=of-sessions-3Vb6Nc1Wd5Hj
POSTGRES_PASSWORD=of-the-superuser-9Fg2Ks
S3_ACCESS_KEY=of-s3-5Rt8Yu
S3_SECRET_KEY=of-s3-4Pl7Om0Ik3
GRAFANA_ADMIN_PASSWORD=of-grafana-6Bh1Ed
MLFLOW_ADMIN_PASSWORD=of-mlflow-8Uj2Xs
MLFLOW_READER_PASSWORD=of-readers-2Qa5Zw
MLFLOW_SECRET_KEY=of-forms-7Ty4Gv
"""
EXAMPLE = """\
# Secrets that are (made) are marked.
SERVICE_PORT=9696
# (made) user admin
ADMIN_PASSWORD=
API_KEY=
# (made)
SECRET_KEY=
DATASET=
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / ".env.example").write_text(EXAMPLE)
    return tmp_path


def make_env(folder, **options):
    """Runs the script on a folder, or with `cwd=` in it; returns what it said."""
    command = ["bash", str(SCRIPT), *([str(folder)] if folder else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, **options)
    assert done.stderr == ""
    return done.stdout


def failure(folder, script=SCRIPT, wrapper=(), **options):
    """What the script says when it fails, as it must here."""
    command = [*wrapper, "bash", str(script), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 1 and done.stdout == ""
    return done.stderr


def values(root):
    return dotenv_values(root / ".env")


def test_a_new_file_is_the_example_with_a_random_value_for_every_made_secret(root):
    said = make_env(root)
    lines = (root / ".env").read_text().splitlines()
    secrets = [
        line.partition("=")[2]
        for line, given in zip(lines, EXAMPLE.splitlines(), strict=True)
        if line != given
    ]
    assert [line.partition("=")[0] for line in lines] == [
        line.partition("=")[0] for line in EXAMPLE.splitlines()
    ]
    assert len(secrets) == 2 and secrets[0] != secrets[1]
    assert all(re.fullmatch("[A-Za-z0-9_-]{24}", secret) for secret in secrets)
    assert said.count("\n") == 1 and ".env was made" in said


def test_only_the_owner_reads_it(root):
    make_env(root)
    assert stat.S_IMODE((root / ".env").stat().st_mode) == 0o600


def test_without_a_folder_it_works_in_the_current_one(root):
    make_env(None, cwd=root)
    assert values(root)["ADMIN_PASSWORD"]


def test_a_second_run_says_and_changes_nothing(root):
    make_env(root)
    before = (root / ".env").read_bytes(), (root / ".env").stat().st_mtime_ns
    assert make_env(root) == ""
    assert ((root / ".env").read_bytes(), (root / ".env").stat().st_mtime_ns) == before


def test_secrets_that_an_older_file_lacks_are_filled_in_and_nothing_else_is_touched(root):
    (root / ".env").write_text("# mine: ü\nSERVICE_PORT=1\nSECRET_KEY=\nX='a b'")
    said = make_env(root)
    secret, password = values(root)["SECRET_KEY"], values(root)["ADMIN_PASSWORD"]
    assert len(secret) == len(password) == 24
    assert (root / ".env").read_text() == (
        f"# mine: ü\nSERVICE_PORT=1\nSECRET_KEY={secret}\nX='a b'\nADMIN_PASSWORD={password}\n"
    )
    assert said.count("\n") == 1 and "ADMIN_PASSWORD" in said and "SECRET_KEY" in said
    assert secret not in said and password not in said
    assert (root / ".env").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "line",
    ['SECRET_KEY=""', "SECRET_KEY=''", "export SECRET_KEY = ", "SECRET_KEY= # x", "SECRET_KEY=\r"],
)
def test_a_secret_that_is_empty_in_whatever_spelling_is_given_a_value(root, line):
    (root / ".env").write_text(f"{line}\nADMIN_PASSWORD=x\n", newline="")
    make_env(root)
    assert len(values(root)["SECRET_KEY"]) == 24
    assert (root / ".env").read_text().count("SECRET_KEY") == 1


@pytest.mark.parametrize(
    "line",
    [
        "SECRET_KEY=#x",
        "SECRET_KEY='a b'",
        "export SECRET_KEY=x # or y",
        "SECRET_KEY=\nSECRET_KEY==",
    ],
)
def test_a_secret_that_has_a_value_in_whatever_spelling_is_kept(root, line):
    text = f"ADMIN_PASSWORD=x\n{line}\n"
    (root / ".env").write_text(text)
    assert make_env(root) == ""
    assert (root / ".env").read_text() == text


def test_only_the_empty_line_of_a_secret_is_given_a_value(root):
    (root / ".env").write_text("ADMIN_PASSWORD=x\nSECRET_KEY=old\nSECRET_KEY=\n")
    make_env(root)
    assert (root / ".env").read_text() == (
        f"ADMIN_PASSWORD=x\nSECRET_KEY=old\nSECRET_KEY={values(root)['SECRET_KEY']}\n"
    )


def test_what_the_environment_gives_is_not_written_down(root):
    make_env(root, env=os.environ | {"ADMIN_PASSWORD": "from-outside", "API_KEY": "from-outside"})
    assert "from-outside" not in (root / ".env").read_text()
    assert len(values(root)["ADMIN_PASSWORD"]) == 24


def test_a_link_to_a_file_elsewhere_stays_one(root, tmp_path_factory):
    shared = tmp_path_factory.mktemp("shared") / "settings"
    shared.write_text("ADMIN_PASSWORD=x\n")
    (root / ".env").symlink_to(shared)
    make_env(root)
    assert (root / ".env").is_symlink()
    assert len(dotenv_values(shared)["SECRET_KEY"]) == 24


def test_a_folder_without_an_example_is_refused(tmp_path):
    assert "has no .env.example" in failure(tmp_path)


def test_a_folder_in_the_place_of_the_file_is_refused(root):
    (root / ".env").mkdir()
    assert "not a file" in failure(root)


def test_a_folder_that_cannot_be_written_to_is_told_in_a_sentence():
    as_another = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    with tempfile.TemporaryDirectory() as name:  # pytest's own are closed to other users
        folder = Path(name)
        script = Path(shutil.copy(SCRIPT, folder))
        (folder / ".env.example").write_text(EXAMPLE)
        folder.chmod(0o555)
        said = failure(folder, script, **(as_another if os.geteuid() == 0 else {}))
        assert "cannot be written to" in said and said.count("\n") == 1
        assert not (folder / ".env").exists()
        folder.chmod(0o755)


def test_without_random_values_nothing_is_written(root, tmp_path_factory):
    tools = tmp_path_factory.mktemp("tools")
    (tools / "head").write_text("#!/bin/sh\nprintf short\n")
    (tools / "head").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    assert "could not be written" in failure(root, env=os.environ | {"PATH": path})
    assert [entry.name for entry in root.iterdir()] == [".env.example"]


@pytest.mark.parametrize("before", [None, "SERVICE_PORT=1\n"])
def test_a_full_disk_leaves_what_was_there_and_nothing_half_written(root, before):
    if before:
        (root / ".env").write_text(before)
    assert "unchanged" in failure(root, wrapper=ON_A_FULL_DISK)
    names = {path.name for path in root.iterdir()}
    assert names == {".env.example", ".env"} if before else {".env.example"}
    assert not before or (root / ".env").read_text() == before


def test_the_projects_own_example_leaves_no_made_secret_empty(tmp_path):
    shutil.copy(SCRIPT.parents[1] / ".env.example", tmp_path)
    make_env(tmp_path)
    marked = re.findall(r"^# \(made\).*\n(\w+)=$", (tmp_path / ".env.example").read_text(), re.M)
    lengths = {name: len(values(tmp_path)[name]) for name in marked}
    assert lengths == dict.fromkeys(marked, 24) | LONGER
    assert "AIRFLOW_ADMIN_PASSWORD" in marked


def test_no_two_secrets_are_equal_and_the_fernet_key_is_one(tmp_path):
    shutil.copy(SCRIPT.parents[1] / ".env.example", tmp_path)
    make_env(tmp_path)
    made = {name: value for name, value in values(tmp_path).items() if SECRET_NAME.search(name)}
    filled = [value for value in made.values() if value]
    assert len(filled) > 12 and len(set(filled)) == len(filled)
    fernet = Fernet(values(tmp_path)["AIRFLOW_FERNET_KEY"])
    assert fernet.decrypt(fernet.encrypt(b"a connection")) == b"a connection"


def test_the_settings_of_an_older_release_are_kept_and_their_lack_is_filled_in(tmp_path):
    shutil.copy(SCRIPT.parents[1] / ".env.example", tmp_path)
    (tmp_path / ".env").write_text(OLDER)
    make_env(tmp_path)
    assert (tmp_path / ".env").read_text().startswith(OLDER)
    older = dotenv_values(stream=io.StringIO(OLDER))
    added = {name: values(tmp_path)[name] for name in values(tmp_path).keys() - older.keys()}
    assert {name for name, value in added.items() if value} == {
        *("AIRFLOW_JWT_SECRET", "AIRFLOW_FERNET_KEY", "VALKEY_PASSWORD"),
        *(f"POSTGRES_{role}_PASSWORD" for role in ("MLFLOW", "AIRFLOW", "PRICE_SERVICE")),
        "POSTGRES_LOG_READER_PASSWORD",
    }
    assert not set(added.values()) & set(older.values())


def test_a_shortened_key_is_not_written(root, tmp_path_factory):
    (root / ".env.example").write_text("# (made)\nAIRFLOW_FERNET_KEY=\n")
    tools = tmp_path_factory.mktemp("tools")
    (tools / "head").write_text("#!/bin/sh\nprintf 'thirty bytes and not one more..'\n")
    (tools / "head").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    assert "could not be written" in failure(root, env=os.environ | {"PATH": path})


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing():
    subprocess.run(["shellcheck", str(SCRIPT)], check=True)
