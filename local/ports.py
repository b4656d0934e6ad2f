"""Finds ports that something else listens on, before anything is started."""

import socket


class PortTaken(Exception):
    """Another program listens on a port that a part needs."""


def is_free(port: int) -> bool:
    """Whether a server can be started on the port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_free(ports: dict[str, int]) -> None:
    """Raise PortTaken naming every taken port, its setting, and how to choose another."""
    taken = {setting: port for setting, port in ports.items() if not is_free(port)}
    if not taken:
        return
    lines = [f"  port {port} ({setting}) is taken" for setting, port in taken.items()]
    setting, port = next(iter(taken.items()))
    advice = (
        "End what listens there, or choose another port,"
        f" in .env or as `make demo {setting}={port + 1}`."
    )
    raise PortTaken("\n".join([*lines, advice]))
