"""How the time that something takes grows with its input."""

import time
from collections.abc import Callable

# Linear work takes twice as long for twice the input, quadratic four times.
MAX_GROWTH = 3.0
ATTEMPTS = 5


def assert_grows_with_its_input(work: Callable, make_input: Callable[[int], object], size: int):
    """Doubling the input may not take much more than twice the time; the best of some attempts
    counts, as others use the machine too."""
    small, large = make_input(size), make_input(2 * size)
    growth = min(seconds_of(work, large) / seconds_of(work, small) for _ in range(ATTEMPTS))
    assert growth < MAX_GROWTH, f"twice the input takes {growth:.1f} times as long"


def seconds_of(work: Callable, argument: object) -> float:
    """The processor's seconds of this thread, so that what others do does not count."""
    started = time.thread_time()
    work(argument)
    return time.thread_time() - started
