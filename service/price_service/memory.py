"""Memory of a worker: what is freed goes back to the system, which glibc alone puts off."""

import ctypes

M_ARENA_MAX = -8  # glibc's malloc.h
ARENAS = 2


def share_arenas() -> None:
    """Let the threads share two heaps: each of its own would keep what its largest request took."""
    _call("mallopt", M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Return the freed pages of every heap; loading a model leaves tens of megabytes of them."""
    _call("malloc_trim", 0)


def _call(function: str, *arguments: int) -> None:
    """Call the C library, where it has the function: glibc does, others do without."""
    found = getattr(ctypes.CDLL(None), function, None)
    if found is not None:
        found(*arguments)
