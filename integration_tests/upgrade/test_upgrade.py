"""`make demo` over the folder and the `.env` that the release before left: nothing of them is lost.

`release_before.tar.xz` holds them as that release wrote them: a small archive, its data set, a
model in production, a prediction log with actual prices, and an outbox of each of two workers with
rows that had not been shipped when the service was killed.
"""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from dotenv import dotenv_values

from integration_tests import stack
from integration_tests.stack import ROOT, poll
from local.demo import Demo, close_to_others
from local.environment import COMMAND, Environment, make_env_file, part_variables, read_settings
from local.http import request_json
from local.journey import RunFailed
from unit_tests.ports import free_port

LEFT_BY_BEFORE = Path(__file__).with_name("release_before.tar.xz")
FOLDER_OF_BEFORE = b"/home/ann/vpc"
ROWS_IN_LOG, ROWS_IN_OUTBOXES = 161, 40
SHIPPING_SECONDS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What the release before left, as if it had been run in this folder."""
    folder = tmp_path_factory.mktemp("upgrade")
    with tarfile.open(LEFT_BY_BEFORE) as left:
        left.extractall(folder, filter="data")
    for path in folder.rglob("*"):
        if path.suffix in (".json", ".yaml") or path.name == "MLmodel":
            path.write_bytes(path.read_bytes().replace(FOLDER_OF_BEFORE, str(folder).encode()))
    marker = folder / ".local" / "served_dataset.json"
    marker.write_text(json.dumps(str(folder / "vehicles.zip")))
    return folder


@pytest.fixture(scope="module")
def env_before(folder) -> dict:
    """The settings of the release before."""
    return dotenv_values(folder / ".env")


@pytest.fixture(scope="module")
def environment(folder, env_before) -> Environment:
    """The settings of this release made of those, on free ports."""
    (folder / ".env.example").write_text((ROOT / ".env.example").read_text())
    assert env_before
    make_env_file(folder)
    ports = {f"{part}_PORT": str(free_port()) for part in stack.PARTS}
    chosen = {"DATASET": str(folder / "vehicles.zip"), "DRIFT_PERIOD": "2", "TRAIN_TRIALS": "1"}
    return Environment(ROOT, folder / ".local", read_settings(folder, {}) | ports | chosen)


@pytest.fixture(scope="module")
def variables(environment) -> dict[str, str]:
    """What the parts of the stack are started with."""
    return stack.variables_of(environment)


@pytest.fixture(scope="module")
def demo(environment, variables) -> Iterator[Demo]:
    """The stack of this release, running over that folder; it has trained nothing yet."""
    launched = stack.launcher(environment, variables)
    close_to_others(environment.folder)
    mask = os.umask(0o077)  # as the launcher's command sets it
    try:
        launched.start_parts()
        launched.bring_a_model()
        launched.wait_for("MONITOR", "FORM")
        yield launched
    finally:
        os.umask(mask)
        launched.stop()


def logged(folder: Path, query: str) -> list[tuple]:
    """Rows of the prediction log."""
    connection = sqlite3.connect(folder / ".local" / "prediction_log.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def ask(demo: Demo, path: str, **listing) -> dict:
    """What the service answers."""
    url = demo.environment.url("SERVICE") + path
    return request_json("POST", url, json=listing) if listing else request_json("GET", url)


def test_secrets_of_before_stay_and_new_ones_are_filled_in(folder, demo, env_before):
    assert demo
    now = dotenv_values(folder / ".env")
    assert {name: now[name] for name in env_before} == env_before
    example = (ROOT / ".env.example").read_text().splitlines()
    made = [
        line.partition("=")[0]
        for before, line in zip(example, example[1:])
        if before.startswith("# (made)")
    ]
    assert [name for name in made if not now.get(name)] == []


def test_the_model_of_before_serves_the_prices_that_it_gave(folder, demo):
    assert ask(demo, "/model")["version"] == "1"
    rows = logged(folder, f"select features, price, low, high from predictions limit {ROWS_IN_LOG}")
    for features, *prices in rows[:50]:
        answer = ask(demo, "/predict", **json.loads(features))
        assert [answer["price"], answer["low"], answer["high"]] == [int(price) for price in prices]


def test_warnings_of_the_model_of_before_are_structured(demo):
    answer = ask(demo, "/predict", year=2015, fuel="no such fuel")
    (warning,) = answer["warnings"]
    assert warning["code"] == "other" and "no such fuel" in warning["message"]


def test_rows_that_the_outboxes_of_before_kept_are_shipped_once(folder, demo):
    assert demo
    query = (
        "select count(distinct prediction_id), count(*) from predictions "
        "where features like '%\"odometer\": 1500%' or features like '%\"odometer\":1500%'"
    )
    poll(
        lambda: logged(folder, query)[0][0] == ROWS_IN_OUTBOXES,
        f"{ROWS_IN_OUTBOXES} rows shipped",
        SHIPPING_SECONDS,
    )
    assert logged(folder, query) == [(ROWS_IN_OUTBOXES, ROWS_IN_OUTBOXES)]


def test_the_monitor_watches_the_model_of_before(demo):
    url = demo.environment.url("MONITOR") + "/drift"
    poll(lambda: request_json("GET", url)["model_version"] == "1", "the monitor at version 1", 60)


def test_the_folder_is_its_owner_s_alone(folder, demo):
    assert demo
    open_to_others = [
        path for path in (folder / ".local").rglob("*") if path.lstat().st_mode & 0o077
    ]
    assert (folder / ".local").stat().st_mode & 0o077 == 0
    assert open_to_others == [] or all(path.is_symlink() for path in open_to_others)


def test_a_new_model_is_trained_on_a_new_data_set_and_rolled_back_to_the_one_of_before(
    demo, variables
):
    with contextlib.suppress(RunFailed):  # the gate may refuse a model of so few listings
        demo.journey.train(even_without_new_data=True)
    forced = {"force": True, "reason": "a test of an upgrade"}
    run_id = demo.journey.airflow.trigger("train_model", forced)
    demo.journey.follow("train_model", run_id)
    poll(lambda: ask(demo, "/model")["version"] == "3", "version 3 serves", 30)
    versions = {row["version"]: row for row in ask(demo, "/model/versions")["versions"]}
    assert set(versions) == {"1", "2", "3"}
    assert versions["3"]["dataset_version"] != versions["1"]["dataset_version"]
    subprocess.run(
        [sys.executable, "-m", "vehicle_pricing", "rollback"],
        env=part_variables(variables, COMMAND),
        cwd=ROOT,
        check=True,
    )
    poll(lambda: ask(demo, "/model")["version"] == "1", "version 1 serves again", 30)
