"""The locks of the images are drawn from the root's, and say what it lacks."""

import json

import pytest

from local.image_locks import LockFailed, chosen, locked, requirements, write_lock

FLASK = {"version": "==3.1.3", "hashes": ["sha256:0"], "markers": "python_version >= '3.9'"}
MOTO = {"version": "==5.2.5", "hashes": ["sha256:1"], "index": "main", "extras": ["s3", "server"]}


def test_each_wish_of_a_pipfile_becomes_a_line_of_requirements():
    wishes = {
        "requests": "*",
        "flask": "==3.1.*",
        "pandas": "<3.1,>=3.0",
        "xgboost": {"version": "==3.2.0", "markers": "sys_platform != 'linux'"},
        "moto": {"version": "==5.2.5", "extras": ["s3", "server"]},
        "kaggle": {"version": "*"},
    }
    assert list(requirements({"packages": wishes})) == [
        "requests",
        "flask==3.1.*",
        "pandas<3.1,>=3.0",
        "xgboost==3.2.0 ; sys_platform != 'linux'",
        "moto[s3,server]==5.2.5",
        "kaggle",
    ]


def test_an_image_gets_the_roots_entries_of_what_it_draws_in_and_no_others():
    known = {"flask": FLASK, "moto": MOTO, "requests": {"version": "==2.32"}}
    assert chosen("service", ["flask", "moto"], known) == {
        "flask": FLASK,
        "moto": {"version": "==5.2.5", "hashes": ["sha256:1"]},
    }
    assert known["moto"] == MOTO


def test_what_the_root_lacks_is_named_with_the_image_that_wants_it():
    with pytest.raises(LockFailed, match=r"service/Pipfile .*\['celery', 'redis'\]"):
        chosen("service", ["celery", "flask", "redis"], {"flask": FLASK})


def test_the_roots_packages_are_those_for_development_too_and_those_for_running_win(tmp_path):
    lock = {"default": {"flask": FLASK}, "develop": {"flask": {"version": "==1"}, "moto": MOTO}}
    (tmp_path / "Pipfile.lock").write_text(json.dumps(lock))
    assert locked(tmp_path) == {"flask": FLASK, "moto": MOTO}


def test_a_lock_is_written_without_an_index(tmp_path):
    (tmp_path / "Pipfile").write_text('[packages]\nflask = "*"\n')
    source = {"name": "main", "url": "https://packages.example.org/simple"}
    packages = {"default": {"flask": FLASK}, "develop": {}}
    write_lock(tmp_path, {"_meta": {"sources": [source]}} | packages)
    text = (tmp_path / "Pipfile.lock").read_text()
    assert "example.org" not in text and text.endswith("}\n")
    assert json.loads(text)["default"] == {"flask": FLASK}
