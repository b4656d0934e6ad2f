"""The dashboards as the files that Grafana reads."""

import json
from collections.abc import Callable
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.drift import drift
from dashboards.model import model
from dashboards.service import service

DASHBOARDS: dict[str, Callable[[], Dashboard]] = {
    "drift.json": drift,
    "service.json": service,
    "model.json": model,
}


def texts() -> dict[str, str]:
    """File name → content."""
    options = {"cls": JSONEncoder, "indent": 2, "sort_keys": True, "ensure_ascii": False}
    return {name: json.dumps(made(), **options) + "\n" for name, made in DASHBOARDS.items()}


def write(folder: Path) -> None:
    """Write every file anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        (folder / name).write_text(text, encoding="utf-8")
