"""The pipeline's steps as processes in a folder: run to their end, or killed within their work."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from integration_tests.stack import ROOT, files_below, poll

STEP_SECONDS = 240
DATA_STEPS = ("download", "prepare", "split")
KILLED = "integration_tests.faults.pipeline_killed"
UNLIKE_EACH_TIME = ("card.json",)  # it tells when it was made


class Moment(NamedTuple):
    """Before the `count`-th event of that kind with `text` in it, as Python's audit hooks tell."""

    event: str
    text: str
    count: int = 1


class Steps:
    """The commands of `python -m vehicle_pricing`, on the data of one folder."""

    def __init__(self, folder: Path, **changes: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.data = folder, folder / "data"
        self.variables = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(ROOT / "airflow"), str(ROOT)]),
            "DATASET": "sample",
            "SAMPLE_ROWS": "3000",
            "DATA_URI": str(self.data),
            "PREDICTION_LOG_URL": f"sqlite:///{folder}/prediction_log.db",
            "TRAIN_TRIALS": "1",
        }
        self.variables |= changes

    def start(self, *command: str, module: str = "vehicle_pricing") -> subprocess.Popen:
        """A step, running."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        whole = [sys.executable, "-m", module, *command]
        return subprocess.Popen(whole, cwd=self.folder, env=self.variables, **pipes)

    def run(self, *command: str) -> str:
        """A step to its end, which must be a good one: what it made."""
        code, out, said = self.ended(self.start(*command))
        assert code == 0, said[-3_000:]
        return out.strip().splitlines()[-1]

    def refused(self, *command: str) -> str:
        """A step that must fail, with a sentence in place of a traceback: what it said."""
        code, _, said = self.ended(self.start(*command))
        assert code == 1 and "Traceback" not in said, said[-3_000:]
        return said

    def killed_at(self, moment: Moment, *command: str) -> None:
        """A step that is killed at that moment."""
        armed = (moment.event, moment.text, str(moment.count))
        code, _, said = self.ended(self.start(*armed, *command, module=KILLED))
        assert code == -signal.SIGKILL, f"it was not killed at {moment}: {said[-2_000:]}"

    def killed_when(self, condition: Callable[[], object], what: str, *command: str) -> None:
        """A step that is killed from outside as soon as the condition holds."""
        process = self.start(*command)
        try:
            poll(lambda: condition() or process.poll() is not None, what, STEP_SECONDS, 0.005)
        finally:
            process.kill()
            _, said = process.communicate()
        assert process.returncode == -signal.SIGKILL, f"it had ended before: {said[-2_000:]}"

    def command(self, step: str) -> tuple[str, ...]:
        """Run the steps before one of the data: what that one is called with."""
        made: tuple[str, ...] = ()
        for earlier in DATA_STEPS[: DATA_STEPS.index(step)]:
            made = (self.run(earlier, *made),)
        return (step, *made)

    def make_dataset(self) -> str:
        """A data set by its three steps: its version."""
        return self.run(*self.command("split"))

    def parts(self) -> list[Path]:
        """What is being written, or was when its writer was killed."""
        return files_below(self.data, ".part-*/*")

    def kept(self) -> dict[str, str]:
        """Name → SHA-256 of all whole files, but of those that tell the time."""
        whole = [path for path in files_below(self.data) if "/.part-" not in f"{path}"]
        return {
            str(path.relative_to(self.data)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in whole
            if path.name not in UNLIKE_EACH_TIME
        }

    @staticmethod
    def ended(process: subprocess.Popen) -> tuple[int, str, str]:
        """Exit status, standard output and standard error of a step at its end."""
        try:
            out, said = process.communicate(timeout=STEP_SECONDS)
        finally:
            process.kill()
        return process.returncode, out, said
