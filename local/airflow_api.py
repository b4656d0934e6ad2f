"""Airflow's REST API, as far as a launcher needs it: health, start a run, follow it, read a log."""

from dataclasses import dataclass, field

from local.http import NoAnswer, request, request_json

ENDED = ("success", "failed")
# SQLite under Airflow is locked for a moment where much is written at once; nothing was done then.
DATABASE_ERROR, TRIES = "Database error", 3


@dataclass
class AirflowApi:
    """One Airflow at an address, spoken to as one user; signs in when needed."""

    url: str
    password: str
    user: str = "admin"
    headers: dict[str, str] = field(default_factory=dict)

    def is_healthy(self) -> bool:
        """Whether API, scheduler and DAG processor all say that they are well."""
        try:
            health = request_json("GET", f"{self.url}/api/v2/monitor/health")
        except NoAnswer:
            return False
        wanted = ("metadatabase", "scheduler", "dag_processor")
        return all(health.get(part, {}).get("status") == "healthy" for part in wanted)

    def has_dags(self, *dags: str) -> bool:
        """Whether the DAGs have been read."""
        try:
            found = self._call("GET", "/dags")["dags"]
        except NoAnswer:
            return False
        return set(dags) <= {dag["dag_id"] for dag in found}

    def trigger(self, dag: str, conf: dict | None = None) -> str:
        """Start a run; its id."""
        body = {"logical_date": None, "conf": conf or {}}
        return self._call("POST", f"/dags/{dag}/dagRuns", json=body)["dag_run_id"]

    def run_ids(self, dag: str) -> list[str]:
        """The ids of the DAG's latest runs, the newest first."""
        runs = self._call("GET", f"/dags/{dag}/dagRuns?order_by=-run_after&limit=20")["dag_runs"]
        return [run["dag_run_id"] for run in runs]

    def unfinished_runs(self, dag: str) -> list[str]:
        """The ids of the runs that wait or run."""
        query = "state=running&state=queued&limit=100"
        runs = self._call("GET", f"/dags/{dag}/dagRuns?{query}")["dag_runs"]
        return [run["dag_run_id"] for run in runs]

    def fail(self, dag: str, run_id: str) -> None:
        """Mark a run, and what it has not ended, as failed."""
        self._call("PATCH", f"/dags/{dag}/dagRuns/{run_id}", json={"state": "failed"})

    def state(self, dag: str, run_id: str) -> str:
        """The state of a run, such as queued, running, success, failed."""
        return self._call("GET", f"/dags/{dag}/dagRuns/{run_id}")["state"]

    def task_states(self, dag: str, run_id: str) -> dict[str, str]:
        """Task → state (`waiting` before it has one)."""
        path = f"/dags/{dag}/dagRuns/{run_id}/taskInstances"
        tasks = self._call("GET", path)["task_instances"]
        return {task["task_id"]: task["state"] or "waiting" for task in tasks}

    def task(self, dag: str, run_id: str, task: str) -> dict:
        """A task of a run: its state, its try_number, the hostname of who runs it, and more."""
        return self._call("GET", f"/dags/{dag}/dagRuns/{run_id}/taskInstances/{task}")

    def log(self, dag: str, run_id: str, task: str) -> list[str]:
        """The lines of a task's latest log."""
        return [_line(entry) for entry in self._log(dag, run_id, task)]

    def notes(self, dag: str, run_id: str, task: str, logger: str) -> list[str]:
        """What one package has logged in a task so far."""
        entries = [entry for entry in self._log(dag, run_id, task) if isinstance(entry, dict)]
        return [_line(entry) for entry in entries if (entry.get("logger") or "").startswith(logger)]

    def _log(self, dag: str, run_id: str, task: str) -> list:
        number = self.task(dag, run_id, task)["try_number"]
        if not number:  # skipped for what stands before it: it never ran, and has no log
            return []
        path = f"/dags/{dag}/dagRuns/{run_id}/taskInstances/{task}"
        return self._call("GET", f"{path}/logs/{number}?full_content=true")["content"]

    def _call(self, method: str, path: str, **options) -> dict:
        for _ in range(TRIES):
            if not self.headers:
                self._sign_in()
            answer = request(method, f"{self.url}/api/v2{path}", headers=self.headers, **options)
            if answer.status_code == 401:
                self.headers = {}
            elif not (answer.status_code == 500 and DATABASE_ERROR in answer.text):
                break
        if not answer.ok:
            raise NoAnswer(f"Airflow {method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def _sign_in(self) -> None:
        body = {"username": self.user, "password": self.password}
        token = request_json("POST", f"{self.url}/auth/token", json=body)["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}


def _line(entry) -> str:
    """A log entry as text; one of a failure carries what went wrong first in `error_detail`."""
    if not isinstance(entry, dict):
        return str(entry)
    details = entry.get("error_detail") or []
    values = [f"{detail.get('exc_type')}: {detail.get('exc_value')}" for detail in details[:1]]
    return " ".join([str(entry.get("event", "")), *values])
