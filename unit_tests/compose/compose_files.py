"""The Compose files read as YAML, and their variables filled in as Compose does it."""

import re
from itertools import chain
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = ("docker-compose-airflow.yml", "docker-compose-service.yml")
INNERMOST = re.compile(r"\$\{(\w+)(?:(:?)([-?])([^${}]*))?\}")
VARIABLE = re.compile(r"\$\{(\w+)")
MADE = re.compile(r"^# \(made\).*\n(\w+)=$", re.MULTILINE)
# The whole version: SeaweedFS and PostgreSQL have two numbers, the others three.
EXACT_IMAGE = re.compile(r"[\w/]+:v?\d+\.\d+\.\d+|chrislusf/seaweedfs:\d+\.\d+|postgres:\d+\.\d+")
LISTED = re.compile(r"^(?:\||-) .*$", re.MULTILINE)
NAME_IN_LIST = re.compile(r"`([A-Z][A-Z0-9_]+)`")


def read_files() -> list[dict]:
    """Both files, anchors and merges resolved, variables as they are written."""
    return [yaml.safe_load((ROOT / name).read_text(encoding="utf-8")) for name in FILES]


def environment_of(service: str, variables: dict[str, str]) -> dict[str, str]:
    """What a service is told where these variables are set; KeyError where one must be."""
    services = read_files()[0]["services"] | read_files()[1]["services"]
    told = services[service]["environment"]
    return {name: filled(value, variables) for name, value in told.items()}


def filled(text: str, variables: dict[str, str]) -> str:
    """The text with its variables; defaults may hold variables themselves."""

    def value(match: re.Match) -> str:
        name, colon, sign, default = match.groups()
        if name in variables and (variables[name] or not colon):
            return variables[name]
        return variables[name] if sign == "?" else default or ""

    while (once := INNERMOST.sub(value, text)) != text:
        text = once
    return text


def strings(value):
    """All texts of a nested value, keys among them."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = [*value, *value.values()]
    return list(chain.from_iterable(map(strings, value))) if isinstance(value, list) else []


def named(pattern, texts):
    """What the pattern's group finds in the texts."""
    return {name for text in texts for name in pattern.findall(text)}
