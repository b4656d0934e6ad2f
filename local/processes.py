"""Starts the parts of the Procfile, each with a log of its own, and ends all that came of them."""

import logging
import os
import shlex
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template

import psutil

logger = logging.getLogger(__name__)

MARK = "VEHICLE_PRICE_LAUNCH"
LOG_LINES_SHOWN = 25


class PartFailed(Exception):
    """A part of the stack ended, or did not become what it should; says which, with its log."""


def read_procfile(path: Path) -> dict[str, str]:
    """Name → command line of every part."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): command.strip() for name, command in pairs}


def end_of(log: Path, lines: int = LOG_LINES_SHOWN) -> str:
    """The last lines of a log, or a word that there is none."""
    if not log.exists():
        return f"(no log {log})"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


@dataclass(frozen=True)
class Part:
    """A started part."""

    name: str
    process: subprocess.Popen
    log: Path

    def require_running(self) -> None:
        """Raise PartFailed with the end of the log if the part has ended."""
        code = self.process.poll()
        if code is not None:
            raise PartFailed(f"{self.name} ended with exit status {code}.\n{self.described_log()}")

    def described_log(self) -> str:
        """Where the log is, and how it ends."""
        return f"The end of {self.log}:\n{end_of(self.log)}"


class Processes:
    """The parts of one launch; everything that they start can be found, and ended."""

    def __init__(
        self,
        root: Path,
        logs: Path,
        variables: dict[str, str],
        procfile: Path,
        choose: Callable[[dict[str, str], str], dict[str, str]],
    ):
        """`choose` gives those of the variables that a part of that name is started with."""
        self.root, self.logs = root, logs
        self.mark = uuid.uuid4().hex
        self.variables, self.choose = {**variables}, choose
        self.commands = read_procfile(procfile)
        self.parts: list[Part] = []

    def start(self, name: str) -> Part:
        """Start a part in a session of its own: a Ctrl-C reaches the launcher alone."""
        part = Part(name, self._popen(name), self._log(name))
        self.parts.append(part)
        return part

    def run(self, name: str) -> None:
        """Run a part that ends by itself, such as a migration, and wait for it."""
        code = self._popen(name).wait()
        if code:
            described = f"The end of {self._log(name)}:\n{end_of(self._log(name))}"
            raise PartFailed(f"{name} ended with exit status {code}.\n{described}")

    def require_running(self) -> None:
        """Raise PartFailed if any started part has ended."""
        for part in self.parts:
            part.require_running()

    def stop(self, last: tuple[str, ...] = (), patience_seconds: float = 8) -> None:
        """End everything that was started, the parts that others lean on, named `last`, at the end.

        First SIGTERM, and SIGKILL to whatever outlives its patience.
        """
        seen = self.alive()
        leaning = [part for part in self.parts if part.name not in last]
        leant_on = [part for part in self.parts if part.name in last]
        for wave in (leaning, leant_on):
            for part in wave:
                part.process.terminate()
            _wait([part.process for part in wave], patience_seconds)
        left = {process for process in [*seen, *self.alive()] if _runs(process)}
        for process in left:
            _kill(process)
        psutil.wait_procs(left, timeout=5)
        _wait([part.process for part in self.parts], patience_seconds=5)

    def alive(self) -> list[psutil.Process]:
        """Every running process that came of a part: by mark, by session, by parent.

        Three ways, since a process may change its session, lose its parent, or overwrite its
        environment with a title.
        """
        sessions = {part.process.pid for part in self.parts}
        found = {process for process in psutil.process_iter() if self._is_ours(process, sessions)}
        for process in list(found):
            found.update(_descendants(process))
        return [process for process in found if _runs(process)]

    def _is_ours(self, process: psutil.Process, sessions: set[int]) -> bool:
        if process.pid == os.getpid():
            return False
        try:
            return os.getsid(process.pid) in sessions or process.environ().get(MARK) == self.mark
        except (psutil.Error, OSError):
            return False

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _popen(self, name: str) -> subprocess.Popen:
        self.logs.mkdir(parents=True, exist_ok=True)
        command = [
            Template(word).substitute(self.variables) for word in shlex.split(self.commands[name])
        ]
        with open(self._log(name), "wb") as log:
            return subprocess.Popen(
                command,
                cwd=self.root,
                env=self.choose(self.variables, name) | {MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def _wait(started: list[subprocess.Popen], patience_seconds: float) -> None:
    """Wait until all have ended, or patience has."""
    deadline = time.monotonic() + patience_seconds
    for process in started:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return


def _kill(process: psutil.Process) -> None:
    """SIGKILL; a process that has just ended needs none."""
    try:
        process.kill()
    except psutil.NoSuchProcess as error:
        logger.debug("%s", error)


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    """Children, their children, and so on; none of a process that has just ended."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _runs(process: psutil.Process) -> bool:
    """Whether it still runs; one that only waits to be reaped does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
