"""The worked diff of CONTRIBUTING.md still fits the code and does what the page says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("airflow", "unit_tests/conftest.py", "unit_tests/vehicle_pricing", "pyproject.toml")
PYTHONPATH = ("airflow", "service", "evidently_service", "streamlit", ".")
TESTS = "unit_tests/vehicle_pricing/test_serving_model.py"
WITHOUT_CACHES = shutil.ignore_patterns("__pycache__", "logs")


def worked_diff():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^```diff\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return found


@pytest.fixture(scope="module", name="copy")
def copy_with_the_diff(tmp_path_factory):
    """The pipeline's code and tests with the page's diff applied."""
    folder = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=WITHOUT_CACHES)
        else:
            shutil.copy(ROOT / part, folder / part)
    command = ["git", "apply", "--verbose", "-"]
    environment = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    options = {"cwd": folder, "input": worked_diff(), "capture_output": True, "text": True}
    done = subprocess.run(command, env=environment, check=False, **options)
    assert done.returncode == 0, done.stderr
    return folder


def python(folder, *arguments):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(PYTHONPATH)}
    options = {"cwd": folder, "capture_output": True, "text": True, "timeout": 120}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, check=False, **options)


def test_the_worked_diff_applies_and_its_tests_pass(copy):
    done = python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS)
    assert done.returncode == 0, done.stdout
    added = re.findall(r"^\+def (test_\w+)", worked_diff(), re.MULTILINE)
    assert added and all(name in (copy / TESTS).read_text(encoding="utf-8") for name in added)


def test_the_test_of_the_worked_diff_fails_without_its_code(copy, tmp_path):
    shutil.copytree(copy, tmp_path / "copy", symlinks=True)
    code = "airflow/vehicle_pricing/serving_model.py"
    shutil.copy(ROOT / code, tmp_path / "copy" / code)
    chosen = ["-k", "warranty", TESTS]
    done = python(tmp_path / "copy", "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen)
    assert done.returncode == 1 and "1 failed" in done.stdout, done.stdout
