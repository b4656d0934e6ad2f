"""`python -m local.ci [JOB...]`: runs the steps of .github/workflows/ci.yml on this machine.

The workflow is the one list of steps: whatever a job runs with `make` is run here too, with the
environment of its step. What prepares GitHub's machine (other commands, a job's own environment)
is left out. A step that cannot run here, or that says itself what it has skipped, is listed at the
end with the reason. Exit status 1 where a step failed.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = Path(".github") / "workflows" / "ci.yml"
# Job, or command → what must succeed for it to be possible. The docs fetch the provider of AWS.
NEEDS = {
    "terraform": "terraform version",
    "images": "docker version",
    "make docs_commands": "TF_DATA_DIR=$(mktemp -d) terraform -chdir=terraform init -backend=false",
}
# As local/security.sh and pytest's summary say that something was not looked at.
SKIPPED = re.compile(r"^(?:skip (?P<check>.*)|SKIPPED (?P<test>\[\d+\] .*))$")
# On GitHub a check that is skipped for want of something is a failure; here it is listed.
HERE = {"SECURITY_STRICT": "", "TERRAFORM_REQUIRED": "", "PYTEST_ADDOPTS": "-rs"}
HERE |= {"MAKEFLAGS": "--no-print-directory"}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Step:
    """A command of a job, and how it went."""

    job: str
    command: str
    env: dict[str, str]
    obstacle: str | None = None
    status: int | None = None
    skipped: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What it is called in the summary."""
        return f"{self.job}: {self.command}"


def steps(workflow: dict, jobs: list[str]) -> Iterator[Step]:
    """Yield the make steps of the jobs; ValueError where there is no such job."""
    unknown = set(jobs) - set(workflow["jobs"])
    if unknown:
        raise ValueError(
            f"no such job: {', '.join(unknown)}; there are {', '.join(workflow['jobs'])}"
        )
    for job in jobs or workflow["jobs"]:
        for step in workflow["jobs"][job]["steps"]:
            if step.get("run", "").startswith("make "):
                yield Step(job, step["run"], step.get("env", {}))


def other_pythons(workflow: dict) -> list[str]:
    """The versions of Python on which the workflow runs tests, and this environment does not."""
    jobs = workflow["jobs"].values()
    versions = {
        each for job in jobs for each in job.get("strategy", {}).get("matrix", {}).get("python", [])
    }
    return sorted(versions - {f"{sys.version_info.major}.{sys.version_info.minor}"})


def obstacle(step: Step, root: Path) -> str | None:
    """Return why a step cannot run here; None where it can."""
    for command in filter(None, (NEEDS.get(step.job), NEEDS.get(step.command))):
        done = subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, check=False)
        if done.returncode:
            return f"`{command}` fails"
    return None


def run(step: Step, root: Path) -> None:
    """Run a step, showing its output, and note its end and what it says that it skipped."""
    print(f"== {step.title}", flush=True)
    env = os.environ | step.env | HERE
    options = {"cwd": root, "env": env, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(
        ["bash", "-c", step.command], text=True, errors="replace", **options
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            if found := SKIPPED.match(COLOURS.sub("", line).rstrip()):
                step.skipped.append(found["check"] or found["test"])
    step.status = process.returncode


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the jobs and list how each step went; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.ci", description=__doc__)
    parser.add_argument("job", nargs="*", help="such as lint; without any, all of the workflow")
    workflow = yaml.safe_load((root / WORKFLOW).read_text(encoding="utf-8"))
    try:
        planned = list(steps(workflow, parser.parse_args(arguments).job))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for step in planned:
        step.obstacle = obstacle(step, root)
        if not step.obstacle:
            run(step, root)
    print("\n== make ci")
    for step in planned:
        print(*summary(step), sep="\n")
    if any(step.job == "tests" for step in planned):
        for version in other_pythons(workflow):
            print(f"not run  tests on Python {version}: this environment has another")
    return int(any(step.status for step in planned))


def summary(step: Step) -> Iterator[str]:
    """Yield the lines on a step: passed, failed or not run, and what it skipped."""
    if step.obstacle:
        yield f"not run  {step.title}: {step.obstacle}"
        return
    yield f"{'failed  ' if step.status else 'passed  '} {step.title}"
    yield from (f"not run  {step.title}: {line}" for line in step.skipped)


if __name__ == "__main__":
    sys.exit(main())
