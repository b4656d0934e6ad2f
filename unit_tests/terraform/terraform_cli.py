"""Terraform in a copy of the project's folder, with the provider of TF_PLUGIN_DIR or downloaded once.

`make terraform_test` sets TERRAFORM_REQUIRED: what would be skipped without Terraform then fails.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfvars", "backend.hcl")
INIT_SECONDS, RUN_SECONDS = 300, 600


@dataclass(frozen=True)
class Terraform:
    """Runs terraform in a folder."""

    folder: Path
    cache: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str) -> subprocess.CompletedProcess:
        """What it says and how it ends; it never asks."""
        return subprocess.run(
            ["terraform", *words],
            cwd=self.folder,
            env=clean_environment() | {"TF_PLUGIN_CACHE_DIR": str(self.cache)} | self.variables,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )

    def must(self, *words: str) -> str:
        """What it says; AssertionError with all of it where it fails."""
        done = self.run(*words)
        assert done.returncode == 0, f"terraform {' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def init(self, *words: str) -> None:
        """Get the provider, the modules and the state."""
        self.must("init", "-input=false", "-no-color", *plugin_words(), *words)

    def state(self) -> dict:
        """The resources as Terraform knows them, by their address."""
        shown = json.loads(self.must("show", "-json"))
        return resources(shown.get("values", {}).get("root_module", {}))


def resources(module: dict) -> dict:
    """The resources' values of a module and those below it, by their address."""
    found = {
        resource["address"]: resource
        for resource in module.get("resources", [])
        if resource["mode"] == "managed"
    }
    for child in module.get("child_modules", []):
        found |= resources(child)
    return found


def clean_environment() -> dict[str, str]:
    """This process' environment, without what would lead Terraform elsewhere or to an account."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "TF_VAR_", "TF_CLI_ARGS", "TF_DATA_DIR", "TF_WORKSPACE"))
    }
    return kept | {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}


def plugin_words() -> list[str]:
    """Where the provider lies on this machine, if TF_PLUGIN_DIR says it."""
    folder = os.environ.get("TF_PLUGIN_DIR")
    return [f"-plugin-dir={folder}"] if folder else []


def copy_of_project(folder: Path) -> Path:
    """The project's terraform folder, copied without what its use has left in it."""
    shutil.copytree(ROOT / "terraform", folder / "terraform", ignore=NOT_COPIED)
    return folder / "terraform"


def require_terraform(folder: Path, cache: Path) -> None:
    """Skip where Terraform or the provider cannot be had, and say why; fail where they must be."""
    if not shutil.which("terraform"):
        _unavailable("terraform is not on this machine")
    trial = Terraform(folder, cache)
    done = trial.run("init", "-backend=false", "-input=false", "-no-color", *plugin_words())
    if done.returncode != 0 and "provider" in done.stderr:
        reason = " ".join(done.stderr.partition("Error: ")[2].replace("│", " ").split())[:300]
        _unavailable(
            f"the AWS provider cannot be had (TF_PLUGIN_DIR may name its folder): {reason}"
        )


def _unavailable(reason: str) -> None:
    if os.environ.get("TERRAFORM_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)
