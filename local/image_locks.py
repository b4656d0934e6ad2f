"""`python -m local.image_locks`: gives each image's Pipfile.lock the versions of the root's.

Run by `make lock`, after the root's Pipfile.lock is made: it is what the tests ran on, so the
images take no other version of anything. Pins the installers, pipenv and uv, with all that they
need and its hashes too: a build sees nothing but its own folder, so each image has a copy.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ("airflow", "mlflow", "service", "evidently_service", "streamlit")
PARTS = ("default", "develop")
TOOLS = ROOT / ".venv" / "tools" / "bin"
NAME = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)


class LockFailed(Exception):
    """An image asks for what the root's lock does not hold."""


def main() -> int:
    """Write every lock; the exit status."""
    lock_installers()
    known = locked(ROOT)
    write_lock(ROOT, read_lock(ROOT))
    for image in IMAGES:
        names = lock_image(image, known)
        sys.stdout.write(f"{image}: {len(names)} packages\n")
    return 0


def lock_installers() -> None:
    """Write local/installers.txt anew, and each image's copy of it."""
    made = ROOT / "local" / "installers.txt"
    options = ("--generate-hashes", "--universal", "--python-version", "3.11", "--no-annotate")
    command = ("pip", "compile", "--quiet", *options, "--custom-compile-command", "make lock")
    run(str(TOOLS / "uv"), *command, "-o", str(made), str(made.with_suffix(".in")), folder=ROOT)
    for image in IMAGES:
        shutil.copyfile(made, ROOT / image / made.name)


def lock_image(image: str, known: dict[str, dict]) -> list[str]:
    """Write an image's lock; the names of its packages."""
    names = needed(ROOT / image, known)
    write_lock(ROOT / image, {"default": chosen(image, names, known), "develop": {}})
    return names


def read_lock(folder: Path) -> dict:
    """A folder's Pipfile.lock."""
    return json.loads((folder / "Pipfile.lock").read_text(encoding="utf-8"))


def write_lock(folder: Path, lock: dict) -> None:
    """Write a Pipfile.lock that names no index: pip takes the one that it is set to."""
    about = {"hash": {"sha256": pipfile_hash(folder)}, "pipfile-spec": 6}
    whole = {"_meta": about | {"requires": {}, "sources": []}}
    for part in PARTS:
        whole[part] = {name: without(entry, "index") for name, entry in lock[part].items()}
    text = json.dumps(whole, indent=4, ensure_ascii=False) + "\n"
    (folder / "Pipfile.lock").write_text(text, encoding="utf-8")


def pipfile_hash(folder: Path) -> str:
    """What pipenv knows the Pipfile by; the index that this machine's pip is set to is left out."""
    question = "from pipenv.project import Project; print(Project().pipfile.calculate_hash())"
    unset = {"PIP_CONFIG_FILE": os.devnull}
    return run(str(TOOLS / "python"), "-c", question, folder=folder, **unset).strip()


def locked(folder: Path) -> dict[str, dict]:
    """Package → its entry in the folder's lock, those for development too."""
    lock = read_lock(folder)
    return lock["develop"] | lock["default"]


def requirements(pipfile: dict) -> Iterator[str]:
    """The lines of a requirements file that ask for what a Pipfile asks for."""
    for name, wish in pipfile["packages"].items():
        wish = {"version": wish} if isinstance(wish, str) else wish
        extras = f"[{','.join(wish['extras'])}]" if "extras" in wish else ""
        version = "" if wish["version"] == "*" else wish["version"]
        marker = f" ; {wish['markers']}" if "markers" in wish else ""
        yield f"{name}{extras}{version}{marker}"


def needed(folder: Path, known: dict[str, dict]) -> list[str]:
    """What the folder's Pipfile draws in, at the known versions; package names, sorted."""
    pipfile = tomllib.loads((folder / "Pipfile").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        wishes, bounds = Path(scratch) / "wishes.in", Path(scratch) / "bounds.txt"
        wishes.write_text("\n".join(requirements(pipfile)), encoding="utf-8")
        pins = [f"{name}{entry['version']}" for name, entry in known.items()]
        bounds.write_text("\n".join(pins), encoding="utf-8")
        options = ("--no-header", "--no-annotate", "--python-version", "3.11")
        command = ("pip", "compile", *options, "-c", str(bounds), str(wishes))
        found = run(str(TOOLS / "uv"), *command, folder=folder)
    names = [*NAME.findall(found), *pipfile["packages"]]  # those for other platforms too
    return sorted({re.sub(r"[-_.]+", "-", name).lower() for name in names})


def chosen(image: str, names: list[str], known: dict[str, dict]) -> dict[str, dict]:
    """The root's entries of these packages; raises LockFailed naming those that it lacks."""
    missing = [name for name in names if name not in known]
    if missing:
        raise LockFailed(f"{image}/Pipfile draws in {missing}, which the root's Pipfile does not.")
    # What an extra draws in is listed by itself.
    return {name: without(known[name], "extras", "index") for name in names}


def without(entry: dict, *keys: str) -> dict:
    """A lock's entry but for those keys."""
    return {key: value for key, value in entry.items() if key not in keys}


def run(*command: str, folder: Path, **variables: str) -> str:
    """A command's output; CalledProcessError when it fails, its own words on the terminal."""
    place = {"PIPENV_IGNORE_VIRTUALENVS": "1", "PIPENV_PIPFILE": str(folder / "Pipfile")}
    options = {"cwd": folder, "env": os.environ | place | variables, "text": True}
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, **options).stdout


if __name__ == "__main__":
    sys.exit(main())
