"""What is deleted of Airflow's old runs and logs, on a database of Airflow's own."""

import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest

pytest.importorskip("airflow.models")

import housekeeping

NOW = datetime.now(timezone.utc)


def write(path, days_ago):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("log")
    moment = (NOW - timedelta(days=days_ago)).timestamp()
    os.utime(path, (moment, moment))


def test_old_logs_go_with_their_folders_and_others_stay(tmp_path):
    write(tmp_path / "dag_id=a" / "run_id=old" / "attempt=1.log", 40)
    write(tmp_path / "dag_id=a" / "run_id=new" / "attempt=1.log", 20)
    write(tmp_path / "dag_id=b" / "run_id=old" / "attempt=1.log", 31)
    (tmp_path / "dag_id=c").mkdir()
    assert housekeeping.clean_logs(tmp_path, NOW - timedelta(days=30)) == 2
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    new = "dag_id=a/run_id=new"
    assert left == ["dag_id=a", new, f"{new}/attempt=1.log", "dag_id=c"]


def test_a_folder_that_is_not_there_holds_no_logs(tmp_path):
    assert housekeeping.clean_logs(tmp_path / "none", NOW) == 0


def test_a_database_that_cannot_be_cleaned_fails_the_command(tmp_path, monkeypatch):
    environment = dict(os.environ) | {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path / 'none' / 'airflow.db'}",
        "PYTHONPATH": str(os.path.dirname(housekeeping.__file__)),
        "PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "housekeeping"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Airflow's database was not cleaned" in done.stderr
