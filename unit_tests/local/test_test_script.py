"""`make test` after the linters: the parts beside one another, with stand-ins for make and pytest."""

import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "local" / "test.sh"
TOOLS = ("bash", "cat", "dirname", "mkdir", "mktemp", "rm", "sleep", "touch")
MAKE = """#!/bin/sh
echo "make $*"
exit "$TERRAFORM_ENDS_WITH"
"""
# Each waits for the others: none can end before all run.
PYTEST = """#!/bin/bash
case "$*" in
  "$MEASURED"integration_tests/apart\ integration_tests/fuzz/test_nasty_*.py) folder=apart ;;
  "$MEASURED"unit_tests) folder=unit ;;
  "$MEASURED"integration_tests\ --ignore=integration_tests/apart\ --ignore=integration_tests/faults\ --ignore=integration_tests/fuzz\ --ignore=integration_tests/upgrade)
    folder=integration ;;
esac
echo "pytest $folder began"
trap 'echo "$folder was told to stop" >>"$BEGUN/told"; exit 2' INT
touch "$BEGUN/$folder"
for _ in $(seq 100); do
  [ -e "$BEGUN/unit" ] && [ -e "$BEGUN/integration" ] && [ -e "$BEGUN/apart" ] && [ -z "$FOR_EVER" ] && break
  sleep 0.1
done
[ -z "$MEASURED" ] || echo "data" >"$COVERAGE_FILE"
echo "pytest $folder ended"
[ "$folder" != "$FAILS" ]
"""
COVERAGE = """#!/bin/bash
[ "$1" = report ] && cat "$COVERAGE_FILE" || cat "${@:3}" >"$COVERAGE_FILE"
"""


@pytest.fixture(name="place")
def project_with_stand_ins(tmp_path):
    """A folder that holds the script, and the programs that it finds."""
    tools = tmp_path / "tools"
    for folder in (tools, tmp_path / "local", tmp_path / ".venv" / "bin", tmp_path / "begun"):
        folder.mkdir(parents=True)
    for name in (*TOOLS, "seq"):
        (tools / name).symlink_to(shutil.which(name))
    shutil.copy(SCRIPT, tmp_path / "local")
    programs = {"tools/make": MAKE, ".venv/bin/pytest": PYTEST, ".venv/bin/coverage": COVERAGE}
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def started(place, *parts, **told):
    """The script, running."""
    known = {"TERRAFORM_ENDS_WITH": "0", "BEGUN": str(place / "begun")}
    known |= dict.fromkeys(("FAILS", "FOR_EVER", "COVERAGE", "MEASURED"), "")
    paths = {"PATH": str(place / "tools"), "TMPDIR": str(place / "tools")}
    environment = {name: value for name, value in os.environ.items() if name != "MAKE"}
    return subprocess.Popen(
        ["bash", str(place / "local" / "test.sh"), *parts],
        env=environment | known | paths | told,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(place, *parts, **told):
    """Its lines, its complaints and its status."""
    process = started(place, *parts, **told)
    out, complaints = process.communicate(timeout=30)
    return out.splitlines(), complaints, process.returncode


def with_terraform(place):
    (place / "tools" / "terraform").symlink_to(shutil.which("true"))
    return place


def test_the_parts_run_beside_one_another_and_the_later_ones_are_shown_whole(place):
    lines, complaints, status = ended(place, "unit", "integration", "apart")
    assert (status, complaints) == (0, "")
    assert lines == [
        "pytest unit began",
        "pytest unit ended",
        "== integration",
        "pytest integration began",
        "pytest integration ended",
        "== apart",
        "pytest apart began",
        "pytest apart ended",
    ]
    assert list((place / "tools").glob("tmp.*")) == []


def test_the_coverage_of_all_parts_is_told_together_where_it_is_asked_for(place):
    told = {"COVERAGE": "1", "MEASURED": "--cov --cov-report= "}
    lines, complaints, status = ended(place, "unit", "integration", "apart", **told)
    assert (status, complaints, lines[-3:]) == (0, "", ["data"] * 3)


def test_without_terraform_its_tests_are_left_out(place):
    lines, _, status = ended(place, "unit", "integration", "apart", "terraform")
    assert status == 0 and "== terraform" not in lines


def test_with_terraform_what_its_tests_said_stands_last(place):
    lines, _, status = ended(with_terraform(place), "unit", "integration", "apart", "terraform")
    assert status == 0
    said = ["== terraform", "make --no-print-directory terraform_test TERRAFORM_REQUIRED="]
    assert lines[-2:] == said


@pytest.mark.parametrize(
    "told",
    [{"FAILS": "unit"}, {"FAILS": "integration"}, {"FAILS": "apart"}, {"TERRAFORM_ENDS_WITH": "2"}],
    ids=["unit", "integration", "apart", "terraform"],
)
def test_it_fails_where_one_part_does_and_shows_the_others(place, told):
    lines, _, status = ended(
        with_terraform(place), "unit", "integration", "apart", "terraform", **told
    )
    assert status == 1
    assert {"pytest unit ended", "pytest integration ended"} <= set(lines)
    assert "== terraform" in lines


def test_ctrl_c_reaches_every_part(place):
    process = started(place, "unit", "integration", "apart", FOR_EVER="1")
    begun, pause, deadline = place / "begun", threading.Event(), time.monotonic() + 20
    while len(list(begun.iterdir())) < 3:
        assert time.monotonic() < deadline
        pause.wait(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert sorted((begun / "told").read_text().splitlines()) == [
        *("apart was told to stop", "integration was told to stop", "unit was told to stop")
    ]


def test_without_a_part_it_says_how_it_is_used(place):
    lines, complaints, status = ended(place)
    assert (lines, status) == ([], 2)
    assert complaints == "usage: local/test.sh unit|integration|apart|terraform...\n"


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing():
    subprocess.run(["shellcheck", "-x", str(SCRIPT)], check=True)
