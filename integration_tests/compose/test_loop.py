"""From drift to a new model and back, in the containers. The tests build on one another, in order."""

import time

import pytest

from integration_tests.compose.stack import Stack, SteadyClient, make, wait_until

MAIL_SECONDS = 60
SWAP_SECONDS = 15
WORLD = {}


@pytest.fixture(scope="module")
def stack() -> Stack:
    """The containers that run.sh has started, with the first model in production."""
    return Stack()


def looked_since(stack: Stack, moment: float) -> bool:
    """Whether the monitor has finished a look that began after the moment."""
    runs = stack.query("vehicle_price_monitor_last_run_timestamp_seconds")
    return bool(runs) and float(runs[0]["value"][1]) > moment + 15


def test_every_target_is_scraped_and_every_rule_is_evaluated(stack):
    wait_until(
        lambda: len(stack.query("up == 1")) >= 4 and not stack.query("up == 0"), "targets up", 60
    )
    assert not stack.query('ALERTS{alertstate="firing"}')


def test_usual_traffic_raises_no_alert_and_no_mail(stack):
    stack.send(stack.usual(600))
    sent = time.time()
    wait_until(lambda: looked_since(stack, sent), "a look of the monitor at the traffic", 90)
    said = stack.drift()
    assert said["window_rows"] >= said["window_needed"]
    assert not said["alert"], said
    assert not stack.mails("Drift")


def test_shifted_traffic_reaches_the_mailbox_as_an_alert_within_a_minute(stack):
    stack.send(stack.shifted(600))
    mail = wait_until(lambda: stack.mails("InputDrift"), "a mail about the drift", MAIL_SECONDS)[0]
    assert "FIRING" in mail["Subject"]
    assert "fuel" in mail["Snippet"] and "state" in mail["Snippet"]
    assert "/runbook#inputdrift" in mail["Snippet"]


def test_drift_without_actual_prices_trains_nothing_and_says_what_is_missing(stack):
    before = stack.airflow.run_ids("create_datasets")
    run_id, state = stack.run_dag("watch_drift")
    assert state == "success"
    states = stack.airflow.task_states("watch_drift", run_id)
    assert states == {"ask_monitor": "skipped", "start_create_datasets": "skipped"}
    log = "\n".join(stack.airflow.log("watch_drift", run_id, "ask_monitor"))
    assert "known actual price" in log and "RETRAIN_MIN_LABELS" in log and "/feedback" in log
    assert stack.airflow.run_ids("create_datasets") == before


def test_actual_prices_of_the_shifted_world_bring_a_better_model_without_a_failed_request(stack):
    WORLD["old"], WORLD["unseen"] = stack.version(), stack.shifted(200)
    WORLD["old_error"] = stack.mean_error(WORLD["unseen"])
    known = {dag: stack.airflow.run_ids(dag) for dag in ("create_datasets", "train_model")}
    with SteadyClient(stack, WORLD["unseen"][0]) as client:
        stack.send(stack.shifted(1_000), actual_prices=True)
        wait_until(lambda: stack.drift()["alert"], "the alert", 60)
        stack.run_dag("watch_drift")
        for dag in ("create_datasets", "train_model"):
            runs = wait_until(lambda d=dag: new_runs(stack, d, known[d]), f"a run of {dag}", 60)
            assert stack.end_of(dag, runs[0]) == "success"
        wait_until(lambda: stack.version() != WORLD["old"], "the new version serves", SWAP_SECONDS)
        WORLD["new"] = stack.version()
        WORLD["new_error"] = stack.mean_error(WORLD["unseen"])
    assert client.sent > 100
    assert client.failures == []


def new_runs(stack: Stack, dag: str, known: list[str]) -> list[str]:
    """The runs of a DAG that were not known."""
    return [run for run in stack.airflow.run_ids(dag) if run not in known]


def test_the_challenger_beat_production_on_shifted_listings_held_out_from_it(stack):
    card = stack.service("/model")["card"]
    figures = card["gate"]["figures"]
    assert card["dataset"]["feedback"]["rows"] > 500
    assert figures["production_version"] == WORLD["old"]
    assert figures["feedback_rows"] > 50
    assert figures["feedback_mae"] < figures["production_feedback_mae"]


def test_the_error_on_the_shifted_world_is_lower_than_before(stack):
    assert WORLD["new_error"] < 0.8 * WORLD["old_error"], WORLD


def test_a_rollback_brings_the_old_version_back(stack):
    said = make("rollback")
    assert f"version {WORLD['old']} is in production again" in said
    wait_until(lambda: stack.version() == WORLD["old"], "the old version serves", SWAP_SECONDS)


def test_automatic_promotion_rests_until_a_person_allows_it(stack):
    run_id, state = stack.run_dag("train_model")
    assert state == "failed"
    log = "\n".join(stack.airflow.log("train_model", run_id, "promote"))
    assert "promotion is paused" in log and "resume" in log
    assert stack.version() == WORLD["old"]
    make("resume")
    run_id, state = stack.run_dag("train_model")
    log = "\n".join(stack.airflow.log("train_model", run_id, "promote"))
    assert "promotion is paused" not in log
