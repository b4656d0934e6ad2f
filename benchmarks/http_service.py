"""Predictions a second over HTTP beside an echo of the same bodies and other ways to serve, in one run.

Each contender has two workers and 16 connections of wrk. Rounds alternate, and a figure is the
median over the rounds: whatever else the machine does falls on all alike.
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
import requests
from common import kept

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CONNECTIONS, SECONDS, ROUNDS, WARMUP_SECONDS = 16, 8, 3, 2
BODIES, WORKERS = 400, "2"
NOBODY = "http://127.0.0.1:9"
SERVICE, ECHO, MLFLOW, PLAIN = "service", "echo", "mlflow models serve", "frame and DMatrix"
PORTS = {SERVICE: 19696, ECHO: 19697, MLFLOW: 19698, PLAIN: 19699}
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
    """One way to serve, and what wrk found of it, a round each: a second, p50 and p99 in ms."""

    command: list[str]
    path: str
    body: str  # the listing takes the place of LISTING
    variables: dict[str, str] = field(default_factory=dict)
    rounds: list[tuple[float, float, float]] = field(default_factory=list)

    def medians(self) -> dict[str, float]:
        """Over the rounds."""
        names = ("requests_per_second", "p50_ms", "p99_ms")
        found = (statistics.median(values) for values in zip(*self.rounds))
        return {name: round(value, 2) for name, value in zip(names, found)}


def contenders(model: Path, folder: Path) -> dict[str, Contender]:
    """Every way to serve the model of that folder."""
    gunicorn = [str(BIN / "gunicorn"), "--workers", WORKERS, "--threads", "4"]
    gunicorn += ["--worker-class", "gthread", "--keep-alive", "15", "--bind"]
    plain = {"MODEL_FOLDER": str(model), "PYTHONPATH": str(ROOT / "benchmarks")}
    config = str(ROOT / "service" / "gunicorn.conf.py")
    serve = ["models", "serve", "--model-uri", str(model), "--env-manager", "local", "--workers"]
    return {
        SERVICE: Contender(
            [str(BIN / "gunicorn"), "--config", config, "price_service:create_app()"],
            "/predict",
            "LISTING",
            service_variables(model, folder),
        ),
        ECHO: Contender(
            [*gunicorn, address(ECHO), "plain_apps:echo()"], "/predict", "LISTING", plain
        ),
        MLFLOW: Contender(
            [str(BIN / "mlflow"), *serve, WORKERS, "--port", str(PORTS[MLFLOW])],
            "/invocations",
            '{"dataframe_records": [LISTING]}',
            {"PATH": f"{BIN}:{os.environ['PATH']}"},
        ),
        PLAIN: Contender(
            [*gunicorn, address(PLAIN), "plain_apps:frame_and_matrix()"],
            "/predict",
            "LISTING",
            plain,
        ),
    }


def service_variables(model: Path, folder: Path) -> dict[str, str]:
    """The service alone: the model on its disk, no registry, its outbox shipped to SQLite."""
    cache = folder / "model_cache"
    shutil.copytree(model, cache / model.name)
    (cache / "current").write_text(model.name, encoding="utf-8")
    return {
        "PYTHONPATH": str(ROOT / "service"),
        "SERVICE_PORT": str(PORTS[SERVICE]),
        "SERVICE_WORKERS": WORKERS,
        "MLFLOW_TRACKING_URI": NOBODY,
        "OUTBOX_DIR": str(folder / "outbox"),
        "MODEL_CACHE_DIR": str(cache),
        "PREDICTION_LOG_URL": f"sqlite:///{folder / 'log.db'}",
        "API_KEY": "",
    }


def address(name: str) -> str:
    """Where a contender listens."""
    return f"127.0.0.1:{PORTS[name]}"


def listings(model: Path) -> list[str]:
    """Listings of the model's reference as JSON, each with all that it says."""
    schema = json.loads((model / "artifacts" / "schema.json").read_text(encoding="utf-8"))
    names = [feature["name"] for feature in schema["features"]]
    rows = pd.read_parquet(model / "artifacts" / "reference.parquet", columns=names)
    rows = rows.sample(min(BODIES, len(rows)), random_state=0)
    return rows.to_json(orient="records", lines=True).splitlines()


@contextlib.contextmanager
def running(name: str, contender: Contender, folder: Path) -> Iterator[None]:
    """The contender, from its first answer to its end."""
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
        wait_for_answer(name, contender, folder)
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)


def wait_for_answer(name: str, contender: Contender, folder: Path) -> None:
    """Wait until it prices; exits with its log where it never does."""
    body = contender.body.replace("LISTING", bodies_of(folder)[0])
    headers = {"Content-Type": "application/json"}
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.ConnectionError):
            url = f"http://{address(name)}{contender.path}"
            if requests.post(url, data=body, headers=headers, timeout=30).ok:
                return
        time.sleep(0.2)
    sys.exit(f"{name} never answered:\n{(folder / 'servers.log').read_text()[-3_000:]}")


def bodies_of(folder: Path) -> list[str]:
    """The listings."""
    return (folder / "listings.jsonl").read_text(encoding="utf-8").splitlines()


def load(name: str, contender: Contender, folder: Path, seconds: int) -> tuple[float, ...]:
    """Requests a second, p50 and p99 in milliseconds under load; exits on a failed request."""
    bodies, script = folder / "bodies.jsonl", folder / "asking.lua"
    lines = [contender.body.replace("LISTING", listing) for listing in bodies_of(folder)]
    bodies.write_text("\n".join(lines), encoding="utf-8")
    script.write_text(ASKING.format(bodies=bodies, path=contender.path), encoding="utf-8")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    done = subprocess.run(
        [*command, f"http://{address(name)}"], capture_output=True, text=True, check=True
    )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    *found, errors = map(float, line.split()[1:])
    if errors:
        sys.exit(f"{name}: {errors:.0f} requests failed")
    return tuple(found)


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
        "command": "make http_benchmark",
    }


def main() -> None:
    """Measure all in turn, print, and keep the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("model", type=Path, help="folder of a model, as the service keeps it")
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    given = arguments.parse_args()
    model = given.model.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "listings.jsonl").write_text("\n".join(listings(model)), encoding="utf-8")
        every = contenders(model, folder)
        for number in range(given.rounds):
            for name, contender in every.items():
                with running(name, contender, folder):
                    load(name, contender, folder, WARMUP_SECONDS)
                    contender.rounds.append(load(name, contender, folder, SECONDS))
                print(f"round {number + 1}: {name}: {contender.rounds[-1]}", flush=True)
    made = entry({name: contender.medians() for name, contender in every.items()})
    print(json.dumps(made, indent=2))
    kept("http_service", made)


if __name__ == "__main__":
    main()
