"""What Gunicorn is told: how the time between SIGTERM and the end is shared out."""

import os
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

CONF = Path(__file__).resolve().parents[2] / "service" / "gunicorn.conf.py"


@pytest.fixture(name="conf")
def configuration(monkeypatch, tmp_path):
    """Reads the configuration as Gunicorn does, with so many seconds to stop."""

    def read(stop_seconds: int) -> dict:
        monkeypatch.setenv("STOP_SECONDS", str(stop_seconds))
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
        return runpy.run_path(str(CONF))

    return read


@pytest.mark.parametrize("stop_seconds", [3, 18, 110])
def test_requests_end_and_the_outbox_drains_before_the_master_kills(conf, stop_seconds):
    read, worker = conf(stop_seconds), SimpleNamespace(cfg=Config())
    read["post_fork"](None, worker)
    assert read["graceful_timeout"] == stop_seconds
    assert worker.cfg.graceful_timeout >= 1 and read["drain_seconds"] >= 1
    assert worker.cfg.graceful_timeout + read["drain_seconds"] < stop_seconds


def test_a_worker_that_never_loaded_the_application_ends_without_a_fault(conf):
    conf(18)["worker_exit"](None, SimpleNamespace())
    conf(18)["worker_exit"](None, SimpleNamespace(wsgi=lambda environ, start: []))


def test_nobody_waits_for_a_worker_that_has_ended(conf):
    read, ended = conf(18), SimpleNamespace(age=7, pid=1)
    read["counts"].tell(ended.age, 0)
    read["child_exit"](None, ended)
    assert not read["counts"].another_has_fewer(1)


@pytest.fixture(name="shared_memory")
def metrics_in_shared_memory(conf, monkeypatch, tmp_path):
    """Makes the folder of the metrics in what stands for /dev/shm: `make()`, and the folder."""
    read = conf(18)
    values = read["make_metrics_folder"].__globals__
    folder = tmp_path / "shm" / "price_service-1-9696"
    folder.parent.mkdir()
    values |= {"in_memory": folder.parent, "metrics_folder": folder}
    return read["make_metrics_folder"], folder


def test_the_metrics_in_shared_memory_are_their_owners_alone(shared_memory):
    make, folder = shared_memory
    make()
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    make()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_another_users_is_refused(shared_memory, monkeypatch):
    make, _ = shared_memory
    make()
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    with pytest.raises(SystemExit, match="PROMETHEUS_MULTIPROC_DIR"):
        make()


def test_a_link_in_the_folders_place_is_refused(shared_memory, tmp_path):
    make, folder = shared_memory
    folder.symlink_to(tmp_path)
    with pytest.raises(SystemExit):
        make()
