"""`python -m local.stack TASK`, in the launcher's container: drives the stack that Compose runs.

`build` makes sure that a model serves, `up` shows where everything is, `retrain` trains anew.
"""

import argparse
import os
import sys

from local import pages
from local.airflow_api import AirflowApi
from local.http import NoAnswer
from local.journey import DAGS, Journey, RunFailed
from local.progress import Progress, TookTooLong

HEALTHY_SECONDS = 240


def build(journey: Journey, variables: dict[str, str]) -> None:
    """Train where there is something new to train on; end with a price and the addresses."""
    wait_for_airflow(journey)
    try:
        journey.train()
    except RunFailed as failure:
        if not journey.serves():
            raise
        journey.progress.say(f"{failure}\nThe model in production stays.", "yellow")
    journey.progress.say(f"first prediction: {journey.first_prediction()}", "bold")
    show_addresses(journey.progress, variables)


def up(journey: Journey, variables: dict[str, str]) -> None:
    """Show a first prediction, where a model serves, and the addresses."""
    try:
        journey.progress.say(f"first prediction: {journey.first_prediction()}", "bold")
    except TookTooLong:
        journey.progress.say("no model serves yet: `make build` trains one", "yellow")
    show_addresses(journey.progress, variables)


def show_addresses(progress: Progress, variables: dict[str, str]) -> None:
    """Where everything is, and how to sign in."""
    progress.say("Everything runs. `make down` stops it, and keeps the data.", "bold green")
    pages.show(progress, pages.COMPOSE_PAGES, variables)
    progress.show("    logins: user admin; AIRFLOW_ADMIN_PASSWORD, GRAFANA_ADMIN_PASSWORD in .env")


def retrain(journey: Journey, _variables: dict[str, str]) -> None:
    """Make a data set of what is new and train on it, or on the latest where nothing is."""
    wait_for_airflow(journey)
    journey.train(even_without_new_data=True)
    journey.progress.say(f"a prediction now: {journey.first_prediction()}", "bold")


TASKS = {"build": build, "up": up, "retrain": retrain}


def wait_for_airflow(journey: Journey) -> None:
    """Wait until Airflow is well and has read the DAGs."""
    progress, airflow = journey.progress, journey.airflow
    progress.wait("Airflow", airflow.is_healthy, HEALTHY_SECONDS)
    progress.wait("Airflow's DAGs", lambda: airflow.has_dags(*DAGS), HEALTHY_SECONDS)


def journey_of(variables: dict[str, str], progress: Progress) -> Journey:
    """What drives the stack at the addresses of the environment."""
    airflow = AirflowApi(variables["AIRFLOW_URL"], variables["AIRFLOW_ADMIN_PASSWORD"])
    return Journey(airflow, variables["SERVICE_URL"], variables.get("API_KEY", ""), progress)


def main() -> int:
    """The exit status: 1 when something failed, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=__doc__)
    parser.add_argument("task", choices=tuple(TASKS))
    task, progress = parser.parse_args().task, Progress()
    try:
        TASKS[task](journey_of(dict(os.environ), progress), dict(os.environ))
    except (RunFailed, TookTooLong, NoAnswer) as failure:
        progress.show(f"\nStopped: {failure}", "red")
        return 1
    except KeyboardInterrupt:
        progress.say("stopped; the containers run on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
