"""The licence of the code, of what the images hold, and of the containers that others publish."""

import re
from pathlib import Path

import pytest

from local.licences import is_refused, packages

ROOT = Path(__file__).resolve().parents[2]
OF_DOCKERFILES = re.compile(r"^FROM ([\w./-]+):", re.MULTILINE)
OF_COMPOSE = re.compile(r"^\s+image: ([a-z][\w./-]*):", re.MULTILINE)


def images_of_others():
    """The images that Compose starts or ours are built from, without their tags."""
    compose = [path.read_text(encoding="utf-8") for path in ROOT.glob("docker-compose-*.yml")]
    ours = [path.read_text(encoding="utf-8") for path in ROOT.glob("*/Dockerfile")]
    started = {name for text in compose for name in OF_COMPOSE.findall(text)}
    return started | {name for text in ours for name in OF_DOCKERFILES.findall(text)}


def test_every_image_of_others_stands_in_the_table_with_its_licence():
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE))
    found = images_of_others()
    assert {"grafana/grafana", "postgres", "python"} <= found
    assert sorted(found - set(rows)) == [] and all(rows.values())


def test_every_package_of_the_images_has_a_licence_that_binds_nobody():
    found = {package.name: package for package in packages()}
    assert len(found) > 200
    assert [name for name, package in found.items() if is_refused(package.licence)] == []
    assert found["flask"].licence == "BSD-3-Clause" and "service" in found["flask"].images
    assert found["huey"].licence == "MIT" and "LGPL" in found["psycopg2-binary"].licence


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("", True),
        ("AGPL-3.0-only", True),
        ("GPLv3", True),
        ("GNU Affero General Public License v3", True),
        ("GNU General Public License (GPL)", True),
        ("GNU Library or Lesser General Public License (LGPL)", False),
        ("LGPL-3.0-or-later", False),
        ("Artistic License or GNU General Public License (GPL)", False),
        ("MIT OR GPL-2.0-only", False),
        ("Apache-2.0", False),
    ],
)
def test_a_licence_is_refused_where_it_leaves_no_other_choice_than_to_bind_the_whole(name, refused):
    assert is_refused(name) is refused


def test_the_licence_is_apache_s_and_names_the_authors():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "Copyright 2026 The Vehicle Price authors" in text
    assert "Copyright 2026 The Vehicle Price authors" in (ROOT / "NOTICE").read_text("utf-8")
