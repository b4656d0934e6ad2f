"""The images by their Dockerfiles, Pipfiles and locks: small, pinned, nobody's root, and complete."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from local.image_locks import IMAGES, TOOLS

ROOT = Path(__file__).resolve().parents[2]
HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
# Tools of the build, which the last stage has no use for.
BUILD_TOOLS = re.compile(r"\b(pipenv|uv|gcc|g\+\+|build-essential|apt-get)\b")
# A part of the root's package, or the package of which the modules are parts.
PARTS = {"mlflow-skinny": "mlflow"}
MODULES_OF = {"apache-airflow": "airflow", "mlflow-skinny": "mlflow"}
# Travels inside the registered model, and is run by whoever loads it.
SERVING_MODEL = ROOT / "airflow" / "vehicle_pricing" / "serving_model.py"
LAUNCHED = ("local.stack", "local.traffic")


def instructions(image):
    """The instructions of an image's Dockerfile: (name, argument), lines joined."""
    text = (ROOT / image / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def last_stage(image):
    """The instructions of the stage that becomes the image."""
    found = instructions(image)
    start = max(number for number, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def copied(image):
    """What the Dockerfile copies from the image's folder: paths in it."""
    sources = []
    for name, argument in instructions(image):
        words = [word for word in argument.split() if not word.startswith("--")]
        if name == "COPY" and "--from=" not in argument:
            sources += words[:-1]
    return sources


def pipfile(folder):
    return tomllib.loads((folder / "Pipfile").read_text(encoding="utf-8"))["packages"]


def lock(folder):
    return json.loads((folder / "Pipfile.lock").read_text(encoding="utf-8"))


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


# --- Dockerfiles ---------------------------------------------------------------------------------


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_built_in_one_stage_and_runs_from_another(image):
    bases = [argument for name, argument in instructions(image) if name == "FROM"]
    assert len(bases) == 2
    assert not BUILD_TOOLS.search(" ".join(argument for _, argument in last_stage(image)))


def test_every_base_has_the_same_tag_that_stays_what_it_is():
    bases = {
        argument.split()[0]
        for image in IMAGES
        for name, argument in instructions(image)
        if name == "FROM"
    }
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.1[12]\.\d+-slim-\w+", bases.pop())


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_as_a_user_of_its_own_that_owns_none_of_its_code(image):
    stage = last_stage(image)
    names = [name for name, _ in stage]
    users = [argument for name, argument in stage if name == "USER"]
    assert len(users) == 1 and users[0] not in ("root", "0")
    assert any("useradd --system --uid 10001 --user-group " in run for _, run in stage)
    assert names.index("USER") > max(at for at, name in enumerate(names) if name == "COPY")
    assert not any("--chown" in argument for name, argument in stage if name == "COPY")


@pytest.mark.parametrize("image", IMAGES)
def test_what_is_copied_can_be_read_there_though_it_comes_from_a_clone_that_its_owner_alone_reads(
    image,
):
    copies = [argument for name, argument in last_stage(image) if name == "COPY"]
    own = [argument for argument in copies if "--from=" not in argument]
    assert (
        own and [one for one in own if not one.startswith(("--chmod=755 ", "--chmod=644 "))] == []
    )


@pytest.mark.parametrize("image", IMAGES)
def test_the_installers_are_those_of_the_development_with_a_hash_for_all_that_they_need(image):
    pins = (ROOT / "local" / "installers.txt").read_text(encoding="utf-8")
    assert (ROOT / image / "installers.txt").read_text(encoding="utf-8") == pins
    install = next(argument for name, argument in instructions(image) if "pip install" in argument)
    assert install.endswith("--require-hashes -r installers.txt")
    wanted = (ROOT / "local" / "installers.in").read_text(encoding="utf-8").splitlines()
    assert {line for line in wanted if not line.startswith("#")} <= set(pins.split())


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_says_its_licence_and_what_it_is(image):
    labels = " ".join(argument for name, argument in last_stage(image) if name == "LABEL")
    found = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]+)"', labels))
    assert found["licenses"] == "Apache-2.0" and found["title"].startswith("vehicle-price/")
    assert found["vendor"] == "The Vehicle Price authors" and found["description"]


@pytest.mark.parametrize(
    "image", [image for image in IMAGES if "onnxruntime" in pipfile(ROOT / image)]
)
def test_onnx_runtime_reports_nothing(image):
    (variables,) = (argument for name, argument in last_stage(image) if name == "ENV")
    assert "ORT_DISABLE_TELEMETRY=1" in variables.split()


@pytest.mark.skipif(not HADOLINT, reason="hadolint is not installed")
def test_hadolint_finds_nothing():
    files = [str(ROOT / image / "Dockerfile") for image in IMAGES]
    command = [str(HADOLINT), "--no-color", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


# --- what the engine is sent ---------------------------------------------------------------------


def ignore_pattern(line):
    """A line of .dockerignore as an expression for a path or a folder that it lies in."""
    text = re.escape(line).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return re.compile(text.replace(r"\*", "[^/]*") + "(?:/.*)?")


def is_sent(path, lines):
    """Whether a .dockerignore lets the path through: the last line that fits decides."""
    fitting = [line for line in lines if ignore_pattern(line.lstrip("!")).fullmatch(path)]
    return not fitting or fitting[-1].startswith("!")


def files_of(folder):
    """The paths of all files in a folder."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [path.as_posix() for path in found]


def is_copied(path, sources):
    return any(path == source or path.startswith(f"{source}/") for source in sources)


@pytest.mark.parametrize("image", IMAGES)
def test_the_engine_is_sent_what_the_dockerfile_copies_and_nothing_else(image):
    text = (ROOT / image / ".dockerignore").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    sources = [source.removeprefix("./") for source in copied(image)]
    paths = files_of(ROOT / image)
    wanted = [path for path in paths if is_copied(path, sources) and "__pycache__" not in path]
    assert [path for path in paths if is_sent(path, lines)] == wanted
    assert all((ROOT / image / source).exists() for source in sources)


# --- locks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_installs_what_the_tests_ran_on(image):
    root = lock(ROOT)
    known = root["develop"] | root["default"]
    other = {
        name: (entry["version"], known.get(name, {}).get("version"))
        for name, entry in lock(ROOT / image)["default"].items()
        if entry["version"] != known.get(name, {}).get("version")
        or entry["hashes"] != known[name]["hashes"]
    }
    assert other == {}


@pytest.mark.parametrize("image", IMAGES)
def test_a_lock_holds_all_that_its_pipfile_names_and_nothing_for_development(image):
    held = lock(ROOT / image)
    assert {normal(name) for name in pipfile(ROOT / image)} <= held["default"].keys()
    assert held["develop"] == {}


@pytest.mark.parametrize("folder", [".", *IMAGES])
def test_a_lock_names_no_index(folder):
    assert lock(ROOT / folder)["_meta"]["sources"] == []
    assert "://" not in (ROOT / folder / "Pipfile.lock").read_text(encoding="utf-8")


@pytest.mark.skipif(not (TOOLS / "pipenv").exists(), reason="pipenv is not in .venv/tools")
@pytest.mark.parametrize("folder", [".", *IMAGES])
def test_pipenv_takes_the_lock_for_that_of_its_pipfile_wherever_packages_come_from(folder):
    own = ("PIP_", "PIPENV_")
    outside = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    # The hash covers the index that pip is set to: a machine's own must not get into it.
    settings = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIPENV_PIPFILE": str(ROOT / folder / "Pipfile"),
        "PIPENV_IGNORE_VIRTUALENVS": "1",
        "PIPENV_DONT_LOAD_ENV": "1",
    }
    command = [str(TOOLS / "pipenv"), "verify"]
    options = {"env": outside | settings, "capture_output": True, "text": True, "check": False}
    done = subprocess.run(command, **options)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_asks_for_what_the_root_asks_for(image):
    root = pipfile(ROOT)
    asked = pipfile(ROOT / image)
    other = {name: wish for name, wish in asked.items() if root.get(PARTS.get(name, name)) != wish}
    assert other == {}


# --- imports -------------------------------------------------------------------------------------


def imports(path):
    """The modules that a file imports, `importlib.import_module("name")` among them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            yield from (name.value for name in node.args if isinstance(name, ast.Constant))


def launched_files():
    """The files of `local` that the launcher runs, in the image of Airflow."""
    seen, waiting = set(), [*LAUNCHED]
    while waiting:
        path = (ROOT / waiting.pop().replace(".", "/")).with_suffix(".py")
        if path not in seen and path.is_file():
            seen.add(path)
            parts = (name.split(".") for name in imports(path) if name.startswith("local."))
            waiting += [f"local.{part[1]}" for part in parts]
    return seen


def code_of(image):
    """The Python files that run in an image."""
    also = {"airflow": launched_files(), "service": {SERVING_MODEL}}
    found = set((ROOT / image).rglob("*.py"))
    return found | also.get(image, set())


def own_modules(image):
    names = {path.stem for path in (ROOT / image).iterdir()}
    return names | ({"local"} if image == "airflow" else set())


@pytest.mark.parametrize("image", IMAGES)
def test_whatever_an_image_imports_is_named_in_its_pipfile(image):
    imported = {name.split(".")[0] for path in code_of(image) for name in imports(path)}
    asked = {normal(name) for name in pipfile(ROOT / image)}
    provided = {MODULES_OF[name] for name in asked if name in MODULES_OF}
    providers = packages_distributions()
    unnamed = {
        name: providers.get(name)
        for name in imported - sys.stdlib_module_names - own_modules(image) - provided
        if not asked & {normal(provider) for provider in providers.get(name, ())}
    }
    assert unnamed == {}


def test_the_launcher_takes_little_of_the_local_stack_into_its_container():
    assert {path.stem for path in launched_files()} == {
        *("stack", "traffic", "pages", "journey", "airflow_api", "http", "progress"),
    }
