"""A step of the pipeline that dies: `python -m ...pipeline_killed EVENT TEXT COUNT COMMAND...`.

It runs `python -m vehicle_pricing COMMAND...`, the code of the DAG's task, and is killed by SIGKILL
exactly when Python tells of the EVENT (open, os.rename, http.client.send) with TEXT in its
arguments for the COUNT-th time: before the file is opened, renamed, or the request is sent.
"""

import os
import runpy
import signal
import sys


def arm(event: str, text: str, count: int) -> None:
    """Have this process killed at that moment."""
    left = [count]

    def watch(name: str, arguments: tuple) -> None:
        if name == event and text in _told(arguments):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def _told(arguments: tuple) -> str:
    """The arguments of an event as text, without the body of a long request."""
    return " ".join(
        value[:4000].decode("latin-1") if isinstance(value, bytes) else str(value)
        for value in arguments
    )


def main() -> None:
    """Arm, then be the step."""
    event, text, count, *command = sys.argv[1:]
    arm(event, text, int(count))
    sys.argv = ["vehicle_pricing", *command]
    runpy.run_module("vehicle_pricing", run_name="__main__")


if __name__ == "__main__":
    main()
