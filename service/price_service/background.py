"""Background threads that are started again should a fault end them."""

import logging
import threading
from collections.abc import Callable

RESTART_SECONDS = 5
logger = logging.getLogger(__name__)


def start(name: str, loop: Callable[[], None], stop: threading.Event) -> threading.Thread:
    """Run `loop` in a daemon thread until `stop` is set, starting it again if it dies."""
    thread = threading.Thread(target=supervise, args=(name, loop, stop), name=name, daemon=True)
    thread.start()
    return thread


def supervise(name: str, loop: Callable[[], None], stop: threading.Event) -> None:
    """Whatever ends the loop is shown by the thread's own traceback; here it is begun anew."""
    while not stop.is_set():
        thread = threading.Thread(target=loop, name=f"{name}-loop", daemon=True)
        thread.start()
        thread.join()
        if not stop.is_set():
            logger.error("%s ended by a fault and starts again", name)
            stop.wait(RESTART_SECONDS)
