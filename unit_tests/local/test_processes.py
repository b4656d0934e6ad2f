import os
import sys
import threading
import time

import pytest

from local.processes import PartFailed, Processes, read_procfile

PARENT_OF_A_STUBBORN_CHILD = """
import signal, subprocess, sys, time
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
time.sleep(60)
"""


@pytest.fixture
def processes(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT_OF_A_STUBBORN_CHILD)
    (tmp_path / "Procfile").write_text(
        "# the parts\n"
        f"parent: {sys.executable} parent.py\n"
        f"broken: {sys.executable} -c 'raise SystemExit(\"it is $WORD\")'\n"
        f"fine: {sys.executable} -c 'print(1)'\n"
    )
    variables = dict(os.environ) | {"WORD": "broken"}
    files = (tmp_path / "logs", variables, tmp_path / "Procfile")
    launched = Processes(tmp_path, *files, lambda variables, _part: variables)
    yield launched
    launched.stop(patience_seconds=0)


def wait_for(condition):
    pause, deadline = threading.Event(), time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.05)


def test_the_procfile_gives_a_command_for_every_name(processes, tmp_path):
    assert list(read_procfile(tmp_path / "Procfile")) == ["parent", "broken", "fine"]


def test_stopping_ends_even_a_child_with_a_session_of_its_own_that_hears_no_signal(processes):
    part = processes.start("parent")
    wait_for(lambda: "up" in part.log.read_text())
    assert len(processes.alive()) == 2
    processes.stop(patience_seconds=1)
    assert not processes.alive()


def test_a_part_that_ends_is_named_with_the_end_of_its_log(processes):
    part = processes.start("broken")
    part.process.wait()
    with pytest.raises(PartFailed, match="broken ended with exit status 1(.|\n)*it is broken"):
        processes.require_running()


def test_a_step_that_fails_is_named_with_the_end_of_its_log(processes):
    with pytest.raises(PartFailed, match="it is broken"):
        processes.run("broken")


def test_a_step_that_ends_well_says_nothing(processes):
    assert processes.run("fine") is None
