"""What a person meets in Airflow's pages: triggering, logs, and words about what cannot be done."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from integration_tests.stack import poll

DEADLINE_MILLISECONDS = 90_000
DAGS = ("create_datasets", "train_model", "watch_drift")
FIRST_TASKS = {"create_datasets": "download", "train_model": "train", "watch_drift": "ask_monitor"}
ENDED = ("success", "failed")


@pytest.fixture(scope="module")
def page(airflow, browser) -> Iterator[Page]:
    """Airflow's pages in Chromium, signed in."""
    expect.set_options(timeout=DEADLINE_MILLISECONDS)
    with browser.new_context(viewport={"width": 1400, "height": 1000}) as context:
        page = context.new_page()
        page.set_default_timeout(DEADLINE_MILLISECONDS)
        page.goto(airflow.url)
        page.get_by_label("Username").fill(airflow.user)
        page.get_by_label("Password").fill(airflow.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Asset Events")).to_be_visible()
        yield page


def ended(airflow, dag: str, run_id: str) -> str:
    """The state in which a run ended."""
    poll(lambda: airflow.state(dag, run_id) in ENDED, f"{dag} {run_id} ended", 240)
    return airflow.state(dag, run_id)


def log_of(airflow, dag: str, run_id: str, task: str) -> str:
    return "\n".join(airflow.log(dag, run_id, task))


@pytest.mark.parametrize("dag", DAGS)
def test_each_dag_starts_as_its_trigger_page_opens(airflow, page, dag):
    before = set(airflow.run_ids(dag))
    page.goto(f"{airflow.url}/dags/{dag}")
    page.get_by_test_id("trigger-dag-button").click()
    button = page.get_by_role("dialog").get_by_role("button", name="Trigger", exact=True)
    expect(button).to_be_enabled()
    button.click()

    def by_hand() -> list[str]:
        return [run for run in set(airflow.run_ids(dag)) - before if run.startswith("manual")]

    poll(lambda: bool(by_hand()), f"a run of {dag}", 60)
    airflow.fail(dag, by_hand()[0])  # what it does is for other tests


@pytest.mark.parametrize("dag", DAGS)
def test_an_unknown_parameter_fails_the_first_task_with_a_sentence(airflow, dag):
    run_id = airflow.trigger(dag, {"Trials": 1})
    assert ended(airflow, dag, run_id) == "failed"
    assert airflow.task_states(dag, run_id)[FIRST_TASKS[dag]] == "failed"
    log = log_of(airflow, dag, run_id, FIRST_TASKS[dag])
    assert f"{dag} does not know the parameter 'Trials': " in log
    known = "its parameters are trials, rows, dataset_version, dry_run, force, reason"
    assert (known if dag == "train_model" else "it has none") in log


def test_force_without_a_reason_is_refused_and_what_follows_says_what_is_missing(airflow):
    run_id = airflow.trigger("train_model", {"force": True})
    assert ended(airflow, "train_model", run_id) == "failed"
    assert "force needs a reason" in log_of(airflow, "train_model", run_id, "train")
    for marked, cleared in (("train", "evaluate"), ("evaluate", "promote")):
        path = f"/dags/train_model/dagRuns/{quote(run_id)}/taskInstances/{marked}"
        airflow._call("PATCH", path, json={"new_state": "success"})
        body = {"dag_run_id": run_id, "task_ids": [cleared], "dry_run": False, "only_failed": False}
        airflow._call("POST", "/dags/train_model/clearTaskInstances", json=body)
        poll(
            lambda task=cleared: airflow.task_states("train_model", run_id)[task] == "failed",
            f"{cleared} failed",
            90,
        )
        log = log_of(airflow, "train_model", run_id, cleared)
        assert f"the task {marked} has left no result" in log
        assert f"clear {marked} with all that follows it" in log
        assert "TypeError" not in log and "KeyError" not in log


def test_an_event_without_a_version_trains_on_the_latest_and_a_watched_log_leaves_no_traceback(
    airflow, demo, production_is_put_back
):
    before = airflow.run_ids("train_model")
    assets = airflow._call("GET", "/assets")["assets"]
    asset = next(asset["id"] for asset in assets if asset["name"] == "vehicle_price_dataset")
    airflow._call("POST", "/assets/events", json={"asset_id": asset, "extra": {}})

    def started() -> list[str]:
        return [run for run in airflow.run_ids("train_model") if run not in before]

    poll(lambda: bool(started()), "the training started", 60)
    run_id, watched = started()[0], 0

    def watching() -> bool:
        nonlocal watched
        if airflow.task("train_model", run_id, "train")["state"] == "running":
            watched += len(airflow.log("train_model", run_id, "train")) > 0
        return airflow.task_states("train_model", run_id)["train"] in ENDED

    poll(watching, "the training ended", 240)
    log = log_of(airflow, "train_model", run_id, "train")
    assert "names no version of a data set: trained on the latest data set" in log
    assert airflow.task_states("train_model", run_id)["train"] == "success"
    assert watched, "the log was read while the task ran"
    ended(airflow, "train_model", run_id)
    for part in ("airflow-api", "airflow-scheduler", "airflow-dags", "mlflow"):
        lines = demo.processes.logs.joinpath(f"{part}.log").read_text().splitlines()
        bad = [line for line in lines if re.search(r"served logs|/health", line)]
        assert not bad, f"{part}: {bad[:3]}"
    assert "Traceback" not in demo.processes.logs.joinpath("airflow-api.log").read_text()


def test_old_runs_are_deleted_beside_what_runs_and_new_ones_stay(airflow, demo):
    run_id = airflow.trigger("create_datasets", {"Trials": 1})
    ended(airflow, "create_datasets", run_id)
    demo.processes.run("airflow-clean")
    assert run_id in airflow.run_ids("create_datasets")
