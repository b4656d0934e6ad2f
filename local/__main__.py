"""`python -m local demo`: the whole stack on this machine, until Ctrl-C.

`python -m local run COMMAND ...` runs a command with the settings of that stack.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from local import demo, environment
from local.http import NoAnswer
from local.journey import RunFailed
from local.ports import PortTaken
from local.processes import PartFailed
from local.progress import Progress, TookTooLong

ROOT = Path(__file__).resolve().parent.parent
FAILURES = (
    environment.SettingsError,
    PortTaken,
    PartFailed,
    RunFailed,
    TookTooLong,
    NoAnswer,
    OSError,
)


class Stopped(Exception):
    """The user asked for the end."""


def stop_on_signals(stopped: threading.Event) -> None:
    """Ctrl-C, SIGTERM and a closed terminal end the launch once; more of them are not heard."""

    def stop(*_) -> None:
        if not stopped.is_set():
            stopped.set()
            raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def launch(progress: Progress, stopped: threading.Event) -> None:
    """Run the demo; whatever happens, nothing of it is left running."""
    launched = demo.prepare(environment.load(ROOT, dict(os.environ)), dict(os.environ), progress)
    try:
        launched.run(stopped)
    finally:
        stopped.set()
        progress.say("stopping everything that was started")
        launched.stop()


def run(command: list[str]) -> None:
    """Become the command, with the variables that the parts of the stack have."""
    loaded = environment.load(ROOT, dict(os.environ))
    variables = environment.stack_variables(loaded, dict(os.environ))
    os.execvpe(command[0], command, environment.part_variables(variables, environment.COMMAND))


def arguments() -> argparse.Namespace:
    """What to do."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="task", required=True)
    commands.add_parser("demo", help="start the stack, train where needed, stay until Ctrl-C")
    runner = commands.add_parser("run", help="run a command with the stack's settings")
    runner.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def main() -> int:
    """The exit status: 0 after Ctrl-C, 1 when something failed."""
    chosen = arguments()
    os.umask(0o077)  # what is written here, secrets and data, its owner alone reads
    progress, stopped = Progress(), threading.Event()
    stop_on_signals(stopped)
    try:
        if chosen.task == "run":
            run(chosen.command)
        launch(progress, stopped)
    except Stopped:
        progress.say("stopped")
    except FAILURES as failure:
        progress.show(f"\nStopped: {failure}", "red")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
