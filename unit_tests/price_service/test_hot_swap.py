"""Following the registry: swaps, refusals, and starting without one."""

import logging
import threading

import pytest

from price_service.errors import NoModelYet
from price_service.metrics import Metrics
from price_service.model import ModelSlot, serve
from price_service.model_cache import KEPT_VERSIONS, ModelCache
from price_service.registry import MlflowRegistry, RegistryUnreachable, Version
from price_service.watcher import ModelWatcher, Sources

from unit_tests.price_service.fake_model import FakeModel
from unit_tests.price_service.fake_registry import FIRST, SECOND
from unit_tests.price_service.saved_model import save_model


def watcher_of(registry, settings) -> ModelWatcher:
    """A watcher as a worker has one."""
    sources = Sources(registry, ModelCache(settings.model_cache_dir))
    return ModelWatcher(sources, ModelSlot(), Metrics())


def price(watcher) -> int:
    """What the served model says of one listing."""
    return round(watcher.slot.current().predict([{"year": 2014, "odometer": 80000}])[0]["price"])


def sample(watcher, name, labels=None):
    """A metric's value."""
    return watcher.metrics.registry.get_sample_value(f"price_service_{name}", labels or {})


def test_the_version_in_production_is_swapped_in(registry, settings):
    watcher = watcher_of(registry, settings)
    watcher.look()
    assert (watcher.slot.current().version, price(watcher)) == ("1", 21300)
    registry.alias = SECOND
    watcher.look()
    assert (watcher.slot.current().version, price(watcher)) == ("2", 42601)
    assert sample(watcher, "model_swaps_total") == 2
    assert sample(watcher, "model_info", {"version": "1"}) == 0
    assert sample(watcher, "model_info", {"version": "2"}) == 1


def test_a_rollback_needs_no_download(registry, settings):
    watcher = watcher_of(registry, settings)
    for registry.alias in (FIRST, SECOND, FIRST):
        watcher.look()
    assert price(watcher) == 21300
    assert registry.downloads == [FIRST, SECOND]


def test_a_second_worker_takes_what_the_first_downloaded(registry, settings):
    workers = [watcher_of(registry, settings) for _ in range(2)]
    for worker in workers:
        worker.look()
    assert [price(worker) for worker in workers] == [21300, 21300]
    assert registry.downloads == [FIRST]


def test_a_version_that_does_not_load_is_refused_and_the_old_one_goes_on(
    registry, settings, caplog
):
    watcher = watcher_of(registry, settings)
    watcher.look()
    (registry.models[SECOND] / "MLmodel").write_text("no model")
    registry.alias = SECOND
    for _ in range(3):
        watcher.look()
    assert price(watcher) == 21300
    assert registry.downloads == [FIRST, SECOND], "it is not tried again at once"
    assert sample(watcher, "models_refused_total") == 1
    assert "model version 2 is refused" in caplog.text


def test_a_version_whose_prices_are_absurd_is_refused(registry, settings, tmp_path):
    watcher = watcher_of(registry, settings)
    watcher.look()
    registry.models[SECOND] = tmp_path / "negative"
    save_model(registry.models[SECOND], -1.0)
    registry.alias = SECOND
    watcher.look()
    assert price(watcher) == 21300


def test_a_version_whose_engine_fails_in_its_own_way_is_refused(registry, settings, caplog):
    watcher = watcher_of(registry, settings)
    watcher.look()
    code = "\nclass Fault(Exception): ...\ndef fault(*_): raise Fault('invalid dimensions')\n"
    (source,) = registry.models[SECOND].glob("*.py")
    source.write_text(f"{source.read_text()}{code}FakePyfunc.predict_records = fault\n")
    registry.alias = SECOND
    watcher.look()
    assert price(watcher) == 21300
    assert "model version 2 is refused: its trial prediction failed: Fault" in caplog.text


def test_a_version_whose_files_are_away_is_waited_for_while_the_registry_is_up(
    registry, settings, caplog
):
    watcher = watcher_of(registry, settings)
    watcher.look()
    registry.alias, registry.files_away = SECOND, True
    for _ in range(3):
        watcher.look()
    assert registry.downloads == [FIRST, SECOND], "it is not asked for at every look"
    assert (price(watcher), sample(watcher, "registry_up")) == (21300, 1)
    assert sample(watcher, "models_refused_total") == 1
    assert "version 2 is refused: its files cannot be had: no such bucket" in caplog.text


def test_files_that_are_there_again_are_taken(registry, settings):
    watcher = watcher_of(registry, settings)
    watcher.retry_seconds = 0
    watcher.look()
    registry.alias, registry.files_away = SECOND, True
    watcher.look()
    registry.files_away = False
    watcher.look()
    assert price(watcher) == 42601


def test_a_refused_version_is_tried_again_later(registry, settings):
    watcher = watcher_of(registry, settings)
    watcher.retry_seconds = 0
    good = registry.models.pop(FIRST)
    registry.models[FIRST] = good.with_name("missing")
    watcher.look()
    assert watcher.slot.empty
    registry.models[FIRST] = good
    watcher.look()
    assert price(watcher) == 21300


def test_without_a_registry_the_last_model_on_disk_serves(registry, settings):
    watcher_of(registry, settings).look()
    registry.away = True
    watcher = watcher_of(registry, settings)
    watcher.serve_from_disk()
    watcher.look()
    assert price(watcher) == 21300
    assert sample(watcher, "registry_up") == 0


def test_a_registry_that_goes_away_is_said_once_and_changes_nothing(registry, settings, caplog):
    caplog.set_level(logging.INFO)
    watcher = watcher_of(registry, settings)
    watcher.look()
    registry.away = True
    for _ in range(3):
        watcher.look()
    assert price(watcher) == 21300
    assert caplog.text.count("the model registry is away") == 1
    registry.away = False
    watcher.look()
    assert "the model registry is back" in caplog.text


def test_without_an_alias_the_old_version_goes_on(registry, settings):
    watcher = watcher_of(registry, settings)
    watcher.look()
    registry.alias = None
    watcher.look()
    assert price(watcher) == 21300


def test_a_registry_begun_anew_is_not_taken_for_the_old_one(registry, settings):
    watcher = watcher_of(registry, settings)
    watcher.look()
    anew = Version("1", 9000)
    registry.models[anew] = registry.models[SECOND]
    registry.alias = anew
    watcher.look()
    assert (watcher.slot.current().version, price(watcher)) == ("1", 42601)


def test_old_versions_are_dropped_from_disk(registry, settings):
    watcher = watcher_of(registry, settings)
    for number in range(KEPT_VERSIONS + 2):
        version = Version(str(number), number)
        registry.models[version] = registry.models[FIRST]
        registry.alias = version
        watcher.look()
    kept = [path.name for path in settings.model_cache_dir.iterdir() if path.is_dir()]
    assert sorted(kept) == ["2-2", "3-3", "4-4"]


def test_a_registry_that_refuses_connections_is_unreachable(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RegistryUnreachable):
        MlflowRegistry("http://127.0.0.1:9").production()


def test_a_request_waits_for_the_model_that_another_worker_serves_already():
    slot = ModelSlot(is_coming=lambda: True)
    loading = threading.Timer(0.2, lambda: slot.swap(serve("7", FakeModel())))
    loading.start()
    assert slot.current().version == "7"
    loading.join()


def test_a_request_is_turned_away_at_once_while_no_worker_serves_a_model():
    with pytest.raises(NoModelYet):
        ModelSlot(is_coming=lambda: False).current()


def test_an_unreachable_registry_is_named_without_its_login(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RegistryUnreachable, match="http://127.0.0.1:9/") as raised:
        MlflowRegistry("http://ml:p@ss-word@127.0.0.1:9").production()
    assert "ss-word" not in str(raised.value)


def test_a_registry_that_fails_otherwise_is_away_and_no_version_is_guessed(
    registry, settings, caplog
):
    watcher = watcher_of(registry, settings)
    watcher.look()
    served = watcher.served

    def fail():
        raise OSError("no route to host")

    registry.production = fail
    watcher.look()
    assert watcher.served == served
    assert "the registry said: no route to host" in caplog.text
