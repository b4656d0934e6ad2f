"""The prediction log, or the disk before it, is away: prices go on while they can be recorded."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration_tests.faults.kills import kill_all
from integration_tests.faults.load import NO_ANSWER, REFUSED, Load, percentile_seconds
from integration_tests.faults.told import metric
from unit_tests.price_service.waiting import wait_for

SHIPPED_SECONDS = 120
SMALL_DISK = "size=32m"  # the two write-ahead logs take 4 MiB each


def test_while_the_log_is_down_prices_go_on_and_its_rows_come_later(
    service, log, ready, outage_seconds, measured
):
    ready(service, PREDICTION_LOG_URL=log.url)
    with Load(service.url) as load:
        load.reach(3)
        log.stop()
        load.reach(3 + outage_seconds)
        waiting = metric(service, "outbox_rows")
        log.start()
        back_at = load.seconds
        load.reach(6 + outage_seconds)
    wait_for(lambda: log.holds(load.ids()), "every row in the log", SHIPPED_SECONDS)
    shipped = load.seconds - back_at
    p99 = percentile_seconds(load.of_status(200), 99)
    measured(f"{outage_seconds:.0f} s away: {len(load.ids())} answers, p99 {1000 * p99:.0f} ms;")
    measured(f"{waiting:.0f} rows waited, all in the log {shipped:.1f} s after it was back")
    assert set(load.statuses()) == {200}
    assert waiting > 0 and metric(service, "shipping_failures_total") > 0
    assert set(log.ids()) == load.ids()
    assert p99 < 1


def test_an_outbox_at_its_limit_says_when_to_come_again_until_the_log_is_back(service, log, ready):
    log.stop()
    ready(service, PREDICTION_LOG_URL=log.url, MOST_OUTBOX_BYTES="300000")
    with Load(service.url) as load:
        wait_for(lambda: load.of_status(REFUSED), "the outboxes full", 60)
        assert service.get("/ready") == 200
        log.start()
        wait_for(lambda: metric(service, "outbox_rows") == 0, "the outboxes empty", 60)
        emptied_at = load.began + load.seconds
        load.reach(load.seconds + 2)
    assert_refused_politely(load)
    assert set(load.statuses(since=emptied_at)) == {200}
    wait_for(lambda: log.holds(load.ids()), "every row in the log", SHIPPED_SECONDS)
    assert set(log.ids()) == load.ids(), "what was refused is not recorded either"


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of its own, of some megabytes, at this folder; skips where none may be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", SMALL_DISK, "none", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if done.returncode:
        pytest.skip(f"no disk may be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write until the disk takes nothing more; the file."""
    path = folder / "of-somebody-else"
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 4096)
    return path


def test_on_a_full_disk_nothing_is_priced_that_cannot_be_recorded(service, log, ready):
    disk = service.folder / "disk"
    with small_disk(disk):
        ready(service, PREDICTION_LOG_URL=log.url, OUTBOX_DIR=str(disk / "outbox"))
        with Load(service.url) as load:
            load.reach(2)
            filler = fill(disk)
            wait_for(lambda: load.of_status(REFUSED), "the disk full", 60)
            load.reach(load.seconds + 3)
            assert service.get("/ready") == 200
            filler.unlink()
            freed_at = load.began + load.seconds
            wait_for(lambda: load.statuses(freed_at)[200] > 100, "prices again", 20)
        service.stop()
    assert_refused_politely(load)
    assert set(load.statuses()) == {200, REFUSED}
    assert set(log.ids()) == load.ids()


def assert_refused_politely(load: Load) -> None:
    """Every refusal is a problem with a time after which to come again."""
    for refused in load.of_status(REFUSED):
        assert refused.headers["Retry-After"] == "5"
        assert refused.headers["Content-Type"] == "application/problem+json"


def test_what_waits_when_gunicorn_is_killed_is_shipped_by_the_next_one(
    service, log, ready, measured
):
    told = {"PREDICTION_LOG_URL": log.url}
    ready(service, **told)
    log.stop()
    with Load(service.url) as load:
        load.reach(3)
        killed = kill_all(service)
        answered = len(load.ids())
        ready(service, **told)
        wait_for(lambda: len(load.ids()) > answered + 100, "prices again", 30)
    log.start()
    wait_for(lambda: log.holds(load.ids()), "every row in the log", SHIPPED_SECONDS)
    extra = set(log.ids()) - load.ids()
    in_flight = [each for each in load.of_status(NO_ANSWER) if killed.was_asked(each)]
    measured(f"{answered} rows waited when it was killed, {len(in_flight)} requests in flight")
    assert set(load.statuses()) == {200, NO_ANSWER}
    assert len(extra) <= len(in_flight), "recorded, and then the worker was killed"
