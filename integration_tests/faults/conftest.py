"""What the drills break: a service, its prediction log, its registry. docs/faults.md has the table
of faults, drills, what a user sees and what is lost."""

import os
from collections.abc import Callable, Iterator

import pytest

from integration_tests import stack
from integration_tests.faults.drill_log import DrillLog
from integration_tests.faults.drill_registry import DrillRegistry
from integration_tests.service_under_gunicorn import GunicornService, service_in
from unit_tests.mlflow_image.postgresql_server import IS_THERE, WHY_NOT, postgresql
from unit_tests.price_service.waiting import wait_for

WORKERS = 2


@pytest.fixture(name="measured")
def figures(record_property) -> Callable[[str], None]:
    """Notes a figure, which is shown at the end of all drills."""
    return lambda figure: record_property("measured", figure)


def pytest_terminal_summary(terminalreporter) -> None:
    """Show what the drills have measured."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    for report in reports:
        for name, figure in report.user_properties:
            if name == "measured" and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {figure}")


@pytest.fixture(scope="session")
def outage_seconds() -> float:
    """How long a part stays away."""
    return float(os.environ.get("OUTAGE_SECONDS", "20"))


@pytest.fixture(scope="session")
def load_seconds() -> float:
    """How long the load of the long drill lasts."""
    return float(os.environ.get("LOAD_SECONDS", "60"))


@pytest.fixture(scope="session")
def migrated_postgresql() -> Iterator[DrillLog]:
    """A prediction log for all drills."""
    if not IS_THERE:
        pytest.skip(WHY_NOT)
    with postgresql(durable=True) as server:
        yield DrillLog(server)


@pytest.fixture(name="log")
def empty_log(migrated_postgresql) -> DrillLog:
    """The prediction log with nothing in it, there whatever the drill before has done."""
    migrated_postgresql.start()
    migrated_postgresql.clear()
    return migrated_postgresql


@pytest.fixture(scope="session")
def running_registry(tmp_path_factory) -> Iterator[DrillRegistry]:
    """A registry for all drills."""
    folder = tmp_path_factory.mktemp("registry")
    environment = stack.environment_in(folder)
    demo = stack.launcher(environment, stack.variables_of(environment))
    try:
        yield DrillRegistry(demo, folder)
    finally:
        demo.stop()


@pytest.fixture
def registry(running_registry) -> DrillRegistry:
    """The registry, there with all its files, and no version in production."""
    running_registry.start()
    running_registry.find_artifacts()
    running_registry.retire()
    return running_registry


@pytest.fixture
def service(tmp_path) -> Iterator[GunicornService]:
    """A service with a model on its disk; nothing started yet."""
    with service_in(tmp_path) as made:
        made.keep_model()
        yield made


def models_loaded(service: GunicornService) -> int:
    """How often a worker has said, in this run or one before, that a model serves."""
    told = service.folder / "service.log"
    return told.read_text(encoding="utf-8").count(" serves") if told.exists() else 0


@pytest.fixture
def ready() -> Callable[..., GunicornService]:
    """Starts a service and waits for a model in each of its workers."""

    def started(service: GunicornService, **changes: str) -> GunicornService:
        serving = models_loaded(service) + WORKERS
        service.start(**changes)
        wait_for(lambda: models_loaded(service) >= serving, "both workers ready", 60)
        return service

    return started
