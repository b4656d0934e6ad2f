"""The registry or its files are away, or a version in production is none: the old one serves on."""

from collections.abc import Iterator

import pytest

from integration_tests.faults.load import Load
from integration_tests.faults.told import metric, versions
from integration_tests.service_under_gunicorn import GunicornService, service_in
from unit_tests.price_service.waiting import wait_for

SWAPPED_SECONDS = 30  # five, but for a busy machine
STILL_SECONDS = 3
DAMAGED = ("MLmodel", "*.py")
BROKEN = {
    "no Python": "\ndef (",
    "no model": "\nmlflow.models.set_model(FakePyfunc)\nFakePyfunc.predict_records = None\n",
    "a schema without features": "\nSCHEMA.pop('features')\n",
    "a feature that its code does not know": "\nSCHEMA['features'][2]['name'] = 'built'\n",
    "a feature of an unknown kind": "\nSCHEMA['features'][2]['kind'] = 'picture'\n",
    "a price that is none": "\nFakePyfunc.predict_one = lambda *_: {'price': float('nan')}\n",
    "a fault of its engine": """
def fault(*_):
    raise RuntimeError("Got invalid dimensions for input")
FakePyfunc.predict_records = fault
""",
}


@pytest.fixture(name="old")
def version_that_serves(registry) -> str:
    """A good version in production."""
    version = registry.register()
    registry.promote(version)
    return version


@pytest.fixture(name="follower")
def service_that_serves_it(registry, old, ready, tmp_path) -> Iterator[GunicornService]:
    """A service with nothing on its disk that serves the registry's version from both workers."""
    with service_in(tmp_path) as made:
        ready(made, MLFLOW_TRACKING_URI=registry.url, MODEL_RETRY_SECONDS="2")
        assert served_by_both(made, old)
        yield made


def served_by_both(service: GunicornService, version: str) -> bool:
    """Whether both workers have said that they serve it."""
    return service.log().count(f"model version {version} serves") >= 2


def wait_for_version(service: GunicornService, version: str) -> None:
    """Until both workers serve it."""
    wait_for(lambda: served_by_both(service, version), f"version {version}", SWAPPED_SECONDS)


def assert_unharmed(load: Load, *served: str) -> None:
    """Every request was priced, by one of these versions, and by each of them."""
    assert set(load.statuses()) == {200}
    assert {result["model_version"] for result in load.priced()} == set(served)


def test_at_a_start_without_registry_the_last_model_serves_and_then_the_one_in_production(
    service, registry, ready
):
    service.keep_model("41")
    new = registry.register(price_factor=2.0)
    registry.promote(new)
    registry.stop()
    ready(service, MLFLOW_TRACKING_URI=registry.url)
    with Load(service.url) as load:
        wait_for(lambda: "the model registry is away" in service.log(), "a warning")
        assert versions(service) == {"41"} and metric(service, "registry_up") == 0
        registry.start()
        wait_for_version(service, new)
        assert metric(service, "registry_up") == 1
    assert_unharmed(load, "41", new)


def test_a_registry_that_goes_away_at_a_swap_is_followed_when_it_is_back(
    service, registry, old, ready
):
    ready(service, MLFLOW_TRACKING_URI=registry.url, MODEL_POLL_SECONDS="5")
    wait_for_version(service, old)
    new = registry.register(price_factor=2.0)
    with Load(service.url) as load:
        registry.promote(new)
        registry.stop()
        wait_for(lambda: metric(service, "registry_up") == 0, "it is said to be away")
        registry.start()
        wait_for_version(service, new)
    assert_unharmed(load, old, new)


def test_with_the_artifact_store_away_the_old_version_serves_until_its_files_are_there(
    follower, registry, old
):
    new = registry.register(price_factor=2.0)
    registry.lose_artifacts()
    with Load(follower.url) as load:
        registry.promote(new)
        wait_for(lambda: metric(follower, "models_refused_total") > 0, "it is said that it waits")
        assert versions(follower) == {old} and metric(follower, "registry_up") == 1
        assert f"model version {new} is refused: its files cannot be had" in follower.log()
        registry.find_artifacts()
        wait_for_version(follower, new)
    assert_unharmed(load, old, new)


@pytest.mark.parametrize("name", DAMAGED)
def test_a_version_whose_files_are_damaged_is_refused(follower, registry, old, name):
    corrupt = registry.register(price_factor=2.0)
    for path in registry.files(corrupt).glob(name):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] + b"\x00\xff")
    assert_refused(follower, registry, corrupt, old)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_version_with_another_schema_or_code_is_refused(follower, registry, old, broken):
    assert_refused(follower, registry, registry.register(2.0, broken), old)


def assert_refused(follower, registry, bad: str, old: str) -> None:
    """Once promoted it is refused, with a reason, by both workers; and the next good one serves."""
    good = registry.register(price_factor=3.0)
    with Load(follower.url) as load:
        registry.promote(bad)
        wait_for(lambda: metric(follower, "models_refused_total") >= 2, "it is refused")
        load.reach(load.seconds + STILL_SECONDS)
        assert versions(follower) == {old}
        assert f"model version {bad} is refused: " in follower.log()
        registry.promote(good)
        wait_for_version(follower, good)
    assert_unharmed(load, old, good)
