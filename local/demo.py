"""`make demo`: every part started in order, the DAGs run, a first prediction, until Ctrl-C."""

import json
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from local import pages
from local.airflow_api import AirflowApi
from local.environment import Environment, part_variables, stack_variables
from local.http import is_up
from local.journey import DAGS, Journey, RunFailed
from local.ports import require_free
from local.processes import Processes
from local.progress import Progress, TookTooLong

PORTS = ("SERVICE", "FORM", "AIRFLOW", "MLFLOW", "MONITOR")
HEALTH = {
    "MLFLOW": "/health",
    "SERVICE": "/health",
    "MONITOR": "/health",
    "FORM": "/_stcore/health",
}
START_SECONDS = 240
READY_SECONDS = 60
RIGHTS_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO
CLEAN_EVERY_SECONDS = 24 * 3600


@dataclass
class Demo:
    """One launch of the local stack."""

    environment: Environment
    processes: Processes
    progress: Progress

    def run(self, stopped: threading.Event) -> None:
        """Start everything, make sure that a model serves, then stay until `stopped` is set."""
        self.start_parts()
        self.bring_a_model()
        self.progress.say(f"first prediction: {self.journey.first_prediction()}", "bold")
        self.wait_for("FORM")
        self.print_addresses()
        while not stopped.wait(1):
            self.processes.require_running()

    def stop(self) -> None:
        """End everything that was started; those that the others talk to come last."""
        self.processes.stop(last=("airflow-api", "mlflow"))

    def start_parts(self) -> None:
        """Migrate the databases, start the parts, wait until those that train are healthy."""
        self.write_airflow_password()
        self.processes.start("mlflow")
        self.progress.say("preparing Airflow's database and the prediction log")
        self.prepare_airflow()
        # Each part comes after those that it asks: what gets no answer warns in its log.
        for part in ("airflow-api", "airflow-dags"):
            self.processes.start(part)
        self.processes.run("log-migrate")
        self.wait_for("MLFLOW")
        for part in ("service", "monitor"):
            self.processes.start(part)
        self.wait_for("SERVICE", "MONITOR")
        api = self.environment.url("AIRFLOW") + "/api/v2/monitor/health"
        self._wait("Airflow's API", lambda: is_up(api))
        self.processes.start("airflow-scheduler")

    def prepare_airflow(self) -> None:
        """Migrate Airflow's database and, once a day, delete its old runs and logs."""
        cleaned = self.environment.folder / "airflow" / "cleaned"
        if not (self.environment.folder / "airflow" / "airflow.db").exists():
            cleaned.touch()
        self.processes.run("airflow-migrate")
        if not cleaned.exists() or time.time() - cleaned.stat().st_mtime > CLEAN_EVERY_SECONDS:
            self.processes.run("airflow-clean")
            cleaned.touch()

    def bring_a_model(self) -> None:
        """Train through Airflow, unless what is asked for is what is served already."""
        airflow = self.journey.airflow
        is_served = (
            self._served_dataset() == self.environment.dataset and self._serves_what_was_left()
        )
        if is_served:
            self.progress.say("serving what the last run left: nothing to train")
        self._wait("Airflow", airflow.is_healthy)
        self.processes.start("form")
        self._wait("Airflow's DAGs", lambda: airflow.has_dags(*DAGS))
        self.journey.end_what_was_cut_short()
        if not is_served:
            self._train()

    def _serves_what_was_left(self) -> bool:
        """Whether the model of the last run serves; a model of an older format may not load."""
        try:
            self.progress.wait(
                "the model of the last run",
                self.journey.serves,
                READY_SECONDS,
                self.processes.require_running,
            )
        except TookTooLong:
            self.progress.say(
                "The model of the last run does not load (see logs/service.log): training anew",
                "yellow",
            )
            return False
        return True

    def _train(self) -> None:
        """Train; a model that the gate refuses is no failure while another one serves."""
        try:
            self.journey.train()
        except RunFailed as failure:
            if not self.journey.serves():
                raise
            self.progress.say(f"{failure}\nThe model in production stays.", "yellow")
            return
        self._marker.write_text(json.dumps(self.environment.dataset), encoding="utf-8")

    @property
    def journey(self) -> Journey:
        """What drives Airflow and the service."""
        settings, url = self.environment.settings, self.environment.url
        airflow = AirflowApi(url("AIRFLOW"), settings["AIRFLOW_ADMIN_PASSWORD"])
        watch = self.processes.require_running
        return Journey(airflow, url("SERVICE"), settings["API_KEY"], self.progress, watch)

    def wait_for(self, *parts: str) -> None:
        """Wait until the parts answer."""
        for part in parts:
            address = self.environment.url(part) + HEALTH[part]
            self._wait(f"{part.lower()}", lambda address=address: is_up(address))

    def print_addresses(self) -> None:
        """The address and the login of every page."""
        self.progress.say("Everything runs. Ctrl-C stops it.", "bold green")
        pages.show(self.progress, pages.DEMO_PAGES, self.environment.settings)
        password = self.environment.settings["AIRFLOW_ADMIN_PASSWORD"]
        self.progress.show(f"    Airflow's login: admin, password {password} (in .env)")

    def _wait(self, what: str, condition) -> None:
        self.progress.wait(what, condition, START_SECONDS, self.processes.require_running)

    @property
    def _marker(self):
        """Names the DATASET of the last launch that ended with a model."""
        return self.environment.folder / "served_dataset.json"

    def _served_dataset(self) -> str | None:
        if not self._marker.exists():
            return None
        return json.loads(self._marker.read_text(encoding="utf-8"))

    def write_airflow_password(self) -> None:
        """Make the file of passwords that Airflow reads at start."""
        home = self.environment.folder / "airflow"
        home.mkdir(parents=True, exist_ok=True)
        password = self.environment.settings["AIRFLOW_ADMIN_PASSWORD"]
        (home / "passwords.json").touch(mode=0o600)
        (home / "passwords.json").write_text(json.dumps({"admin": password}), encoding="utf-8")


def close_to_others(folder: Path) -> None:
    """Take the rights of other users to the folder and to what is in it away.

    Older releases gave them; a folder that is closed has been filled without them.
    """
    if not folder.stat().st_mode & RIGHTS_OF_OTHERS:
        return
    for path in (*folder.rglob("*"), folder):  # itself last: cut short, this begins anew
        if not path.is_symlink():
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~RIGHTS_OF_OTHERS)


def prepare(environment: Environment, environ: dict[str, str], progress: Progress) -> Demo:
    """A demo whose ports are free; raises PortTaken, SettingsError."""
    require_free({f"{part}_PORT": environment.port(part) for part in PORTS})
    environment.folder.mkdir(exist_ok=True)
    close_to_others(environment.folder)
    variables = stack_variables(environment, environ)
    procfile, logs = environment.root / "local" / "Procfile", environment.folder / "logs"
    processes = Processes(environment.root, logs, variables, procfile, part_variables)
    return Demo(environment, processes, progress)
