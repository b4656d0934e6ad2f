"""`make test` after the linters: the tests, and those of terraform/ beside them, with stand-ins for make."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "local" / "test.sh"
MAKE = """#!/bin/sh
echo "make $*"
case "$*" in
  *terraform_test*) exit "$TERRAFORM_ENDS_WITH" ;;
  *) sleep 0.3; exit "$TESTS_END_WITH" ;;
esac
"""


@pytest.fixture
def tools(tmp_path):
    """A folder with the programs that the script finds."""
    for name in ("bash", "cat", "dirname", "mktemp", "rm", "sleep"):
        (tmp_path / name).symlink_to(shutil.which(name))
    (tmp_path / "make").write_text(MAKE)
    (tmp_path / "make").chmod(0o755)
    return tmp_path


def run(tools, tests=0, terraform=0):
    told = {"TESTS_END_WITH": str(tests), "TERRAFORM_ENDS_WITH": str(terraform)}
    kept = {name: value for name, value in os.environ.items() if name != "MAKE"}
    environment = kept | told | {"PATH": str(tools), "TMPDIR": str(tools)}
    options = {"capture_output": True, "text": True, "check": False, "timeout": 30}
    return subprocess.run(["bash", str(SCRIPT)], env=environment, **options)


def with_terraform(tools):
    (tools / "terraform").symlink_to(shutil.which("true"))
    return tools


def test_without_terraform_it_is_the_tests_alone(tools):
    done = run(tools)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "make --no-print-directory tests\n"


def test_with_terraform_what_its_tests_said_stands_last(tools):
    done = run(with_terraform(tools))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "make --no-print-directory tests",
        "== terraform/",
        "make --no-print-directory terraform_test TERRAFORM_REQUIRED=",
    ]
    assert list(tools.glob("tmp.*")) == []


@pytest.mark.parametrize(("tests", "terraform"), [(2, 0), (0, 2), (2, 2)])
def test_it_fails_where_either_does(tools, tests, terraform):
    assert run(with_terraform(tools), tests, terraform).returncode != 0


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing():
    subprocess.run(["shellcheck", "-x", str(SCRIPT)], check=True)
