"""`python -m local.licences`: lists the licence of every Python package that the images hold.

Packages and images come from the images' locks, licences from what the packages say of themselves
where they are installed. Exit status 1 where a licence is not known, or is one that would bind the
whole (GPL, AGPL). The containers of others are in docs/licences.md.
"""

import json
import re
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from local.image_locks import IMAGES, ROOT

# Their metadata says nothing; this is what the licence file inside the package says.
IN_THE_FILE = {"huey": "MIT", "skops": "MIT"}
BINDING = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public")


class Package(NamedTuple):
    """A package that images hold."""

    name: str
    version: str
    licence: str
    images: tuple[str, ...]


def licence(about: metadata.PackageMetadata) -> str:
    """Return a package's licence: its SPDX expression, its classifiers, or its own words."""
    if expression := about.get("License-Expression"):
        return expression
    classifiers = [each for each in about.get_all("Classifier") or [] if each.startswith("License")]
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.count(" :: ") > 1]
    own_words = (about.get("License") or "").strip().split("\n")[0]
    return " or ".join(named) or own_words or IN_THE_FILE.get(about["Name"], "")


def packages(images: Iterable[str] = IMAGES, root: Path = ROOT) -> list[Package]:
    """Return what the images' locks hold and this platform installs, by name."""
    holders: dict[str, list[str]] = {}
    for image in images:
        lock = json.loads((root / image / "Pipfile.lock").read_text(encoding="utf-8"))
        for name in lock["default"]:
            holders.setdefault(name, []).append(image)
    held = []
    for name, where in sorted(holders.items()):
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:  # for another platform
            continue
        held.append(Package(name, about["Version"], licence(about), tuple(where)))
    return held


def is_refused(name: str) -> bool:
    """Whether a licence is unknown, or leaves no choice but one that binds the whole."""
    return not name or all(BINDING.search(each) for each in re.split(r" or | OR ", name))


def main() -> int:
    """Print the list; the exit status."""
    found = packages()
    for package in found:
        licence_name = package.licence or "UNKNOWN"
        print(
            f"{package.name:40} {package.version:16} {licence_name:60} {' '.join(package.images)}"
        )
    refused = [package for package in found if is_refused(package.licence)]
    for package in refused:
        print(f"{package.name}: {package.licence or 'no licence named'}", file=sys.stderr)
    return int(bool(refused))


if __name__ == "__main__":
    sys.exit(main())
