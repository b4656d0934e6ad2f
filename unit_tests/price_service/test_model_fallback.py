"""The model that outlives its machine: kept whole, fetched whole, and never in the way."""

import shutil
import tarfile
import threading

import pytest
from pydantic import ValidationError

from price_service.errors import NoModelYet
from price_service.fallback_store import FallbackFailed, packed, sha256_of, store_of, version_of
from price_service.metrics import Metrics
from price_service.model import ModelSlot
from price_service.model_cache import KEPT_VERSIONS, ModelCache
from price_service.model_fallback import ModelFallback
from price_service.registry import Version
from price_service.settings import Settings
from price_service.watcher import ModelWatcher, Sources

from unit_tests.price_service.fake_registry import FIRST, SECOND
from unit_tests.price_service.waiting import wait_for


@pytest.fixture(name="place")
def place_of_fallback(tmp_path):
    """The folder that outlives the machines."""
    return tmp_path / "outlives"


@pytest.fixture(name="machine")
def machine_with_empty_disk(registry, settings, place, tmp_path):
    """Makes a worker on a machine whose disk is empty: its watcher, and its fallback."""
    kept = settings.model_copy(update={"model_fallback_uri": str(place)})
    made = []

    def make(open_store=lambda: store_of(kept)):
        made.append(make)
        cache = ModelCache(tmp_path / f"disk_{len(made)}")
        fallback = ModelFallback(open_store, cache, Metrics(), retry_seconds=0.05)
        return ModelWatcher(Sources(registry, cache, fallback), ModelSlot(), fallback.metrics)

    return make


def serve_first(machine) -> ModelWatcher:
    """A worker that serves the first version and has kept it."""
    watcher = machine()
    watcher.look()
    assert watcher.fallback.work()
    return watcher


def start_without_registry(machine, registry) -> ModelWatcher:
    """A worker after a start with an empty disk and no registry."""
    registry.away = True
    watcher = machine()
    watcher.serve_from_disk()
    watcher.look()
    watcher.serve_from_fallback()
    watcher.fallback.work()
    watcher.serve_from_fallback()
    return watcher


def files(place) -> list[str]:
    """The versions that are kept, by the number and time in their files' names."""
    return sorted(str(version_of(path.name).key) for path in place.glob("*.tar"))


def failures(watcher) -> float:
    """The metric of what did not go well."""
    name = "price_service_model_fallback_failures_total"
    return watcher.metrics.registry.get_sample_value(name)


def test_with_an_empty_disk_and_no_registry_the_version_that_was_kept_serves(machine, registry):
    serve_first(machine)
    watcher = start_without_registry(machine, registry)
    assert watcher.slot.current().version == "1"
    assert round(watcher.slot.current().predict([{"year": 2014}])[0]["price"]) == 21000
    assert watcher.cache.current() == FIRST, "the next start finds it on the disk"


def test_the_registry_that_comes_back_wins(machine, registry):
    serve_first(machine)
    watcher = start_without_registry(machine, registry)
    registry.away, registry.alias = False, SECOND
    watcher.look()
    assert watcher.slot.current().version == "2"


def test_while_the_registry_answers_nothing_is_fetched(machine, registry):
    serve_first(machine)
    registry.alias = SECOND
    watcher = machine()
    watcher.look()
    watcher.fallback.work()
    assert [path.name for path in watcher.cache.folder.glob("?-*")] == ["2-2000"]


def test_of_several_machines_one_uploads_a_version(machine, place):
    serve_first(machine)
    (tar,) = place.glob("*.tar")
    before = tar.stat().st_mtime_ns
    watcher = serve_first(machine)
    assert watcher.fallback.work()
    assert [path.stat().st_mtime_ns for path in place.glob("*.tar")] == [before]


def test_a_worker_that_did_not_download_the_version_keeps_it_where_nobody_did(machine, registry):
    first = machine()
    first.look()  # and it dies before it uploads
    second = machine()
    second.cache.fetch(FIRST, lambda _, to: shutil.copytree(first.cache.path(FIRST), to / "m"))
    second.look()
    assert second.fallback.work()
    assert start_without_registry(machine, registry).slot.current().version == "1"


def test_every_machine_makes_the_same_file_of_a_version(machine, tmp_path):
    cache = serve_first(machine).cache
    copy = tmp_path / "copy"
    shutil.copytree(cache.path(FIRST), copy, copy_function=shutil.copy)
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__" / "code.pyc").write_bytes(b"compiled")
    made = []
    for number, folder in enumerate((cache.path(FIRST), copy)):
        (tmp_path / str(number)).mkdir()
        made.append(packed(FIRST, folder, tmp_path / str(number)).name)
    assert made[0] == made[1]


def test_old_versions_are_dropped_and_a_rollback_is_followed(machine, registry, place):
    watcher = machine()
    versions = [Version(str(number), number) for number in range(1, KEPT_VERSIONS + 3)]
    for version in [*versions, versions[-3]]:
        registry.models[version] = registry.models[FIRST]
        registry.alias = version
        watcher.look()
        assert watcher.fallback.work()
    assert files(place) == ["3-3", "4-4", "5-5"]
    assert start_without_registry(machine, registry).slot.current().version == "3"


def test_what_a_machine_without_a_registry_serves_is_not_kept_as_the_last(machine, registry):
    serve_first(machine)
    late = start_without_registry(machine, registry)
    registry.away, registry.alias = False, SECOND
    serve_first(machine)
    registry.away = True
    late.look()
    late.fallback.work()
    assert start_without_registry(machine, registry).slot.current().version == "2"


def test_half_a_file_is_refused_and_uploaded_again(machine, registry, place, caplog):
    serve_first(machine)
    (tar,) = place.glob("*.tar")
    whole = tar.read_bytes()
    tar.write_bytes(whole[: len(whole) // 2])
    watcher = start_without_registry(machine, registry)
    assert watcher.slot.empty and failures(watcher) == 1
    assert "its hash is another" in caplog.text
    (place / "current").unlink()
    registry.away = False
    serve_first(machine)
    assert tar.read_bytes() == whole


@pytest.mark.parametrize("said", ["", "half a na", "../../etc/passwd", "1-1.tar"])
def test_a_pointer_that_names_no_kept_model_counts_as_none(machine, registry, place, said):
    serve_first(machine)
    (place / "current").write_text(said)
    watcher = start_without_registry(machine, registry)
    assert watcher.slot.empty and failures(watcher) == 0
    registry.away = False
    serve_first(machine)
    assert start_without_registry(machine, registry).slot.current().version == "1"


def test_a_file_that_reaches_outside_its_folder_is_refused(machine, registry, place, tmp_path):
    place.mkdir()
    evil = place / "evil.tar"
    (tmp_path / "outside").write_text("overwritten")
    with tarfile.open(evil, "w") as tar:
        tar.add(tmp_path / "outside", arcname="../../outside_of_it")
    name = f"1-1000.{sha256_of(evil)}.tar"
    evil.rename(place / name)
    (place / "current").write_text(name)
    watcher = start_without_registry(machine, registry)
    assert watcher.slot.empty and failures(watcher) == 1
    assert not list(tmp_path.rglob("outside_of_it"))


def test_a_kept_version_that_does_not_load_is_refused_and_the_service_lives(machine, registry):
    registry.models[FIRST].joinpath("MLmodel").unlink()
    broken = machine()
    broken.cache.fetch(FIRST, registry.download)
    broken.fallback.serves(FIRST)
    broken.fallback.work()
    watcher = start_without_registry(machine, registry)
    with pytest.raises(NoModelYet):
        watcher.slot.current()


def test_a_fallback_that_is_away_is_said_once_and_counted_and_kept_later(machine, place, caplog):
    caplog.set_level("INFO")
    place.write_text("a file where the folder should be")
    watcher = machine()
    watcher.look()
    assert [watcher.fallback.work() for _ in range(3)] == [False] * 3
    assert watcher.slot.current().version == "1"
    assert caplog.text.count("the model fallback is not usable") == 1
    assert failures(watcher) == 3
    place.unlink()
    assert watcher.fallback.work()
    assert "the model fallback is back" in caplog.text
    assert files(place) == ["1-1000"]


def test_a_fallback_that_hangs_holds_up_no_version(machine, registry):
    hung, stop = threading.Event(), threading.Event()

    def never_answers():
        hung.set()
        assert stop.wait(60)
        raise FallbackFailed("it never answered")

    watcher = machine(never_answers)
    thread = threading.Thread(target=watcher.fallback.run, args=(stop,))
    thread.start()
    registry.away = True
    try:
        watcher.serve_from_fallback()
        assert hung.wait(10)
        registry.away = False
        for version in (FIRST, SECOND):
            registry.alias = version
            watcher.look()
            assert watcher.slot.current().version == version.number
    finally:
        stop.set()
        thread.join()


def test_the_thread_tries_again_by_itself_until_the_version_is_kept(machine, place):
    place.write_text("a file where the folder should be")
    watcher, stop = machine(), threading.Event()
    thread = threading.Thread(target=watcher.fallback.run, args=(stop,))
    thread.start()
    try:
        watcher.look()
        wait_for(lambda: failures(watcher) >= 2, "two failures")
        place.unlink()
        wait_for(place.is_dir, "the place made")
        wait_for(lambda: (place / "current").exists(), "the version kept")
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("uri", ["s3://", "s3:///", "gs://bucket/models", "https://bucket/models"])
def test_a_fallback_that_is_neither_a_folder_nor_a_bucket_is_refused(uri):
    with pytest.raises(ValidationError, match="MODEL_FALLBACK_URI"):
        Settings(model_fallback_uri=uri)
