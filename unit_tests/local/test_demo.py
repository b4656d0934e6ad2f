"""What the local stack keeps: its owner alone reads it."""

import os
import stat

import pytest

from local import __main__ as launcher
from local.demo import Demo, close_to_others
from local.environment import Environment


@pytest.fixture
def folder(tmp_path):
    """A .local as older releases made it: others may read."""
    made = tmp_path / ".local"
    (made / "airflow" / "logs").mkdir(parents=True)
    (made / "airflow" / "passwords.json").write_text("{}")
    (made / "run.sh").touch(mode=0o755)
    for path in (made, *made.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.suffix == ".sh" else 0o644)
    return made


def modes(folder):
    """The rights to the folder and to all that is in it, by their path below it."""
    paths = (folder, *folder.rglob("*"))
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in paths}


def test_an_older_folder_is_closed_to_others_whole(folder):
    close_to_others(folder)
    assert modes(folder) == {
        ".": 0o700,
        "airflow": 0o700,
        "airflow/logs": 0o700,
        "airflow/passwords.json": 0o600,
        "run.sh": 0o700,
    }


def test_what_a_link_leads_to_is_left_as_it_is(folder, tmp_path):
    (tmp_path / "elsewhere").touch()
    (tmp_path / "elsewhere").chmod(0o644)
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    close_to_others(folder)
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o644


def test_a_folder_that_is_closed_is_not_walked_again(folder):
    close_to_others(folder)
    (folder / "airflow" / "passwords.json").chmod(0o640)
    close_to_others(folder)
    assert modes(folder)["airflow/passwords.json"] == 0o640


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_the_password_of_airflow_is_read_by_its_owner_alone(tmp_path, mask):
    before = os.umask(mask)
    try:
        settings = {"AIRFLOW_ADMIN_PASSWORD": "word"}
        Demo(Environment(tmp_path, tmp_path, settings), None, None).write_airflow_password()
    finally:
        os.umask(before)
    file = tmp_path / "airflow" / "passwords.json"
    assert file.read_text() == '{"admin": "word"}'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("task", ["demo", "run"])
def test_whatever_the_launcher_and_its_commands_write_is_their_owners_alone(
    tmp_path, monkeypatch, task
):
    def write(*_) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "log").touch()

    monkeypatch.setattr("sys.argv", ["local", task])
    monkeypatch.setattr(launcher, "stop_on_signals", lambda _stopped: None)
    monkeypatch.setattr(launcher, "launch", write if task == "demo" else lambda *_: None)
    monkeypatch.setattr(launcher, "run", write)
    before = os.umask(0o022)
    try:
        assert launcher.main() == 0
    finally:
        os.umask(before)
    assert modes(tmp_path / "folder") == {".": 0o700, "log": 0o600}
