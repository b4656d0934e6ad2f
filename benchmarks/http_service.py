"""Predictions a second over HTTP beside an echo of the same bodies and other ways to serve.

    python benchmarks/http_service.py

Each contender has two workers, and 16 connections of wrk (Debian's package `wrk`). All take turns
in one run, and a figure is the median over the rounds: whatever else the machine does falls on all
alike. In each round wrk connects several times, as a worker may take more than its share of the
connections. The processor's time a request is counted too: it depends less on what else runs.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil
import requests
from common import ROOT, free_port, kept, served_model

BIN = Path(sys.executable).parent
CONNECTIONS, SECONDS, TURNS, ROUNDS, WARMUP_SECONDS = 16, 2, 5, 3, 2
BODIES, WORKERS, THREADS = 400, "2", "8"
NOBODY = "http://127.0.0.1:9"
AS_CACHED = "1-1000"  # version, and when it was made
SERVICE, ECHO, MLFLOW, PLAIN = "service", "echo", "mlflow models serve", "frame and DMatrix"
FIGURES = ("requests_per_second", "p50_ms", "p99_ms", "cpu_microseconds_a_request")
ASKING = """
local bodies, at = {{}}, 0
for line in io.lines("{bodies}") do bodies[#bodies + 1] = line end
request = function()
  at = at % #bodies + 1
  return wrk.format("POST", "{path}", {{["Content-Type"] = "application/json"}}, bodies[at])
end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %f %f %f %d\\n", 1e6 * summary.requests / summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.timeout))
end
"""


@dataclass
class Contender:
    """One way to serve, and what was found of it in each round, in the order of FIGURES."""

    command: list[str]
    port: int
    path: str
    body: str  # the listing takes the place of LISTING
    variables: dict[str, str] = field(default_factory=dict)
    rounds: list[tuple[float, ...]] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)  # seconds to its first answer

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def medians(self) -> dict[str, float]:
        """Over the rounds."""
        found = (statistics.median(values) for values in zip(*self.rounds))
        figures = {name: round(value, 2) for name, value in zip(FIGURES, found)}
        return figures | {"seconds_to_first_answer": round(statistics.median(self.starts), 1)}


def contenders(model: Path, folder: Path) -> dict[str, Contender]:
    """Every way to serve the model of that folder."""
    config = str(ROOT / "service" / "gunicorn.conf.py")
    service = [str(BIN / "gunicorn"), "--config", config, "price_service:create_app()"]
    mlflow = [str(BIN / "mlflow"), "models", "serve", "--model-uri", str(model)]
    mlflow += ["--env-manager", "local", "--workers", WORKERS, "--port"]
    ports = {name: free_port() for name in (SERVICE, ECHO, MLFLOW, PLAIN)}
    plain = {"MODEL_FOLDER": str(model), "PYTHONPATH": str(ROOT / "benchmarks")}
    return {
        SERVICE: Contender(
            service,
            ports[SERVICE],
            "/predict",
            "LISTING",
            service_variables(model, folder, ports[SERVICE]),
        ),
        ECHO: Contender(gunicorn(ports[ECHO], "echo"), ports[ECHO], "/predict", "LISTING", plain),
        MLFLOW: Contender(
            [*mlflow, str(ports[MLFLOW])],
            ports[MLFLOW],
            "/invocations",
            '{"dataframe_records": [LISTING]}',
            {"PATH": f"{BIN}:{os.environ['PATH']}"},
        ),
        PLAIN: Contender(
            gunicorn(ports[PLAIN], "frame_and_matrix"), ports[PLAIN], "/predict", "LISTING", plain
        ),
    }


def gunicorn(port: int, app: str) -> list[str]:
    """One of plain_apps.py, under Gunicorn as the service is."""
    options = ["--workers", WORKERS, "--threads", THREADS, "--worker-class", "gthread"]
    options += ["--keep-alive", "15", "--bind", f"127.0.0.1:{port}"]
    return [str(BIN / "gunicorn"), *options, f"plain_apps:{app}()"]


def service_variables(model: Path, folder: Path, port: int) -> dict[str, str]:
    """The service alone: the model on its disk, no registry, its outbox shipped to SQLite."""
    cache = folder / "model_cache"
    shutil.copytree(model, cache / AS_CACHED)
    (cache / "current").write_text(AS_CACHED, encoding="utf-8")
    variables = {
        "PYTHONPATH": str(ROOT / "service"),
        "SERVICE_PORT": str(port),
        "SERVICE_WORKERS": WORKERS,
        "SERVICE_THREADS": THREADS,
        "MLFLOW_TRACKING_URI": NOBODY,
        "OUTBOX_DIR": str(folder / "outbox"),
        "MODEL_CACHE_DIR": str(cache),
        "PREDICTION_LOG_URL": f"sqlite:///{folder / 'log.db'}",
        "API_KEY": "",
    }
    migrate = [sys.executable, "-m", "price_service", "migrate"]
    subprocess.run(migrate, env=os.environ | variables, check=True, stdout=subprocess.DEVNULL)
    return variables


def listings(model: Path, count: int = BODIES) -> list[dict]:
    """Listings of the model's reference, each with all that it says."""
    schema = json.loads((model / "artifacts" / "schema.json").read_text(encoding="utf-8"))
    names = [feature["name"] for feature in schema["features"]]
    rows = pd.read_parquet(model / "artifacts" / "reference.parquet", columns=names)
    drawn = rows.sample(count, random_state=0, replace=count > len(rows))
    return json.loads(drawn.to_json(orient="records"))


@contextlib.contextmanager
def running(contender: Contender, folder: Path) -> Iterator[psutil.Process]:
    """The contender's master, from its first answer to its end."""
    began = time.monotonic()
    with open(folder / "servers.log", "ab") as log:
        server = subprocess.Popen(  # pylint: disable=consider-using-with # ended below
            contender.command,
            env=os.environ | contender.variables,
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_for_answer(contender, folder)
        contender.starts.append(time.monotonic() - began)
        yield psutil.Process(server.pid)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)


def wait_for_answer(contender: Contender, folder: Path) -> None:
    """Wait until it prices; exits with its log where it never does."""
    body = contender.body.replace("LISTING", json.dumps(listing_of(folder)))
    headers = {"Content-Type": "application/json"}
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.ConnectionError):
            url = contender.address + contender.path
            if requests.post(url, data=body, headers=headers, timeout=30).ok:
                return
        time.sleep(0.05)
    sys.exit(f"it never answered:\n{(folder / 'servers.log').read_text()[-3_000:]}")


def listing_of(folder: Path) -> dict:
    """One of the listings that are asked for."""
    return json.loads((folder / "listings.jsonl").read_text(encoding="utf-8").splitlines()[0])


def load(contender: Contender, folder: Path, seconds: int) -> tuple[float, ...]:
    """Requests a second, p50 and p99 in milliseconds under load; exits on a failed request."""
    bodies, script = folder / "bodies.jsonl", folder / "asking.lua"
    lines = (folder / "listings.jsonl").read_text(encoding="utf-8").splitlines()
    bodies.write_text("\n".join(contender.body.replace("LISTING", line) for line in lines))
    script.write_text(ASKING.format(bodies=bodies, path=contender.path), encoding="utf-8")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    done = subprocess.run([*command, contender.address], capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    *found, errors = map(float, line.split()[1:])
    if errors:
        sys.exit(f"{errors:.0f} requests failed")
    return tuple(found)


def cpu_seconds(server: psutil.Process) -> float:
    """Processor time of all its processes so far."""
    times = [process.cpu_times() for process in (server, *server.children(recursive=True))]
    return sum(time.user + time.system for time in times)


def measure(contender: Contender, folder: Path) -> None:
    """One round."""
    with running(contender, folder) as server:
        load(contender, folder, WARMUP_SECONDS)
        before = cpu_seconds(server)
        turns = [load(contender, folder, SECONDS) for _ in range(TURNS)]
        answers = sum(rate for rate, *_ in turns) * SECONDS
        cpu = 1e6 * (cpu_seconds(server) - before) / answers
        contender.rounds.append((*map(statistics.median, zip(*turns)), cpu))


def entry(found: dict[str, dict[str, float]]) -> dict:
    """What results.json keeps."""
    rate = {name: figures["requests_per_second"] for name, figures in found.items()}
    ratios = {
        "of_echo": rate[SERVICE] / rate[ECHO],
        "p99_of_echo": found[SERVICE]["p99_ms"] / found[ECHO]["p99_ms"],
        "times_mlflow_models_serve": rate[SERVICE] / rate[MLFLOW],
        "times_frame_and_dmatrix": rate[SERVICE] / rate[PLAIN],
    }
    return {
        "ratio": round(ratios["of_echo"], 3),
        "unit": "requests a second of the service over those of an echo of the same bodies",
        "figures": found | {"ratios": {name: round(value, 2) for name, value in ratios.items()}},
        "command": "python benchmarks/http_service.py",
    }


def main() -> None:
    """Measure all in turn, print, and keep the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--model", type=Path, help="folder of a model, as the service keeps it")
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    given = arguments.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed: apt-get install wrk")
    model = (given.model or served_model()).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        lines = [json.dumps(listing) for listing in listings(model)]
        (folder / "listings.jsonl").write_text("\n".join(lines), encoding="utf-8")
        every = contenders(model, folder)
        for number in range(given.rounds):
            for name, contender in every.items():
                measure(contender, folder)
                shown = [round(value, 1) for value in contender.rounds[-1]]
                print(f"round {number + 1}: {name}: {dict(zip(FIGURES, shown))}", flush=True)
    made = entry({name: contender.medians() for name, contender in every.items()})
    print(json.dumps(made["figures"]["ratios"], indent=2))
    kept("http_service", made)


if __name__ == "__main__":
    main()
