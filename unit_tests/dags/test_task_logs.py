"""The logs of tasks are read from the folder that all parts share, never from a server."""

from logging.config import DictConfigurator
from types import SimpleNamespace

import pytest

pytest.importorskip("airflow.models")

import task_logs
from airflow.utils.state import TaskInstanceState


# Airflow leaves the file that it reads to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("state", [TaskInstanceState.RUNNING, TaskInstanceState.SUCCESS, None])
def test_a_log_is_read_without_asking_a_server(tmp_path, monkeypatch, state):
    handler = task_logs.SharedFolderTaskHandler(str(tmp_path))
    monkeypatch.setattr(handler, "_render_filename", lambda ti, number: "run/attempt=1.log")
    monkeypatch.setattr(handler, "_get_executor_get_task_log", lambda ti: lambda *_: ([], []))
    monkeypatch.setattr(
        "airflow.utils.log.file_task_handler._fetch_logs_from_service",
        lambda *_: pytest.fail("a log server was asked"),
    )
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "attempt=1.log").write_text('{"event": "trial 1 of 5"}\n')
    task = SimpleNamespace(state=state, try_number=1, hostname="elsewhere")
    lines, metadata = handler._read(task, 1)
    assert "trial 1 of 5" in [line.event for line in lines]
    assert metadata["end_of_log"] is (state != TaskInstanceState.RUNNING)


def test_airflow_builds_the_handler_from_the_logging_settings():
    configurator = DictConfigurator(task_logs.LOGGING_CONFIG)
    built = configurator.configure_handler(
        task_logs.LOGGING_CONFIG["handlers"]["task"] | {"filters": []} | {"formatter": None}
    )
    assert isinstance(built, task_logs.SharedFolderTaskHandler)
