"""What the service tells of itself while something is broken."""

import re

import requests

from integration_tests.service_under_gunicorn import GunicornService


def metric(service: GunicornService, name: str) -> float:
    """A metric's value over all workers and labels; 0 before it is there."""
    text = requests.get(f"{service.url}/metrics", timeout=10).text
    return sum(map(float, re.findall(rf"^price_service_{name}(?:{{.*}})? (\S+)$", text, re.M)))


def versions(service: GunicornService) -> set[str]:
    """The versions that the workers say they serve."""
    replies = [requests.get(f"{service.url}/model", timeout=10) for _ in range(8)]
    return {reply.json()["version"] for reply in replies}
