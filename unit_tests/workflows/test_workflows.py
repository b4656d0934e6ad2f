"""What the workflows of GitHub Actions, Dependabot and pre-commit promise, read as YAML."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from local.ci import steps as ci_steps

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
NAMES = ("ci", "cd", "terraform")
PINNED = re.compile(r"[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
OWN = re.compile(r"\$/\.github/\S+")
USES = re.compile(r"^ *-? *uses: (.*)$", re.MULTILINE)
TARGET = re.compile(r"\bmake (?:--[\w-]+ )*([a-z_]+)")
WRITES = {
    ("cd", "images"): {"packages": "write"},
    ("cd", "deploy"): {"packages": "read", "id-token": "write"},
    ("terraform", "plan"): {"id-token": "write"},
    ("terraform", "apply"): {"id-token": "write"},
}
BEHIND_APPROVAL = {("cd", "deploy"), ("terraform", "apply")}


def tool(name):
    """A program of the development environment, where it is installed."""
    return shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")


def read(path):
    """A YAML file; its key `on` is True to YAML."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def workflow(name):
    return read(FOLDER / f"{name}.yml")


def action_files():
    return sorted((ROOT / ".github" / "actions").glob("*/action.yml"))


def texts():
    """Every file that may run or use something."""
    files = [*sorted(FOLDER.iterdir()), *action_files()]
    return {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in files}


def jobs():
    """(workflow, job) → what it is."""
    return {
        (name, job): content for name in NAMES for job, content in workflow(name)["jobs"].items()
    }


def steps():
    """All steps, those of our own actions among them."""
    of_jobs = [step for job in jobs().values() for step in job.get("steps", [])]
    return of_jobs + [step for path in action_files() for step in read(path)["runs"]["steps"]]


def runs():
    return [step["run"] for step in steps() if "run" in step]


def targets_of_the_makefile():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z_]+):", text, re.MULTILINE))


def commands_of(job):
    return [step.get("run", "") for step in jobs()[job]["steps"]]


def position(job, wanted):
    """Where the step stands whose command begins so."""
    return next(at for at, run in enumerate(commands_of(job)) if run.startswith(wanted))


def test_these_are_all_the_workflows():
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.yml" for name in NAMES}


# --- what runs -----------------------------------------------------------------------------------


def test_every_target_that_a_workflow_or_a_hook_names_is_in_the_makefile():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"entry: (.*)", hooks)
    named = {name for text in [*runs(), *entries] for name in TARGET.findall(text)}
    assert {"lint", "tests", "security", "integration_tests", "deploy_service"} <= named
    assert sorted(named - targets_of_the_makefile()) == []


def test_whatever_ci_checks_is_a_step_that_make_ci_runs():
    ci = [run for (name, _), job in jobs().items() if name == "ci" for run in lines(job) if run]
    assert [run for run in ci if "make " in run and not run.startswith("make ")] == []
    planned = [step.command for step in ci_steps(workflow("ci"), [])]
    assert planned == [run for run in ci if run.startswith("make ")] and len(planned) > 10


def test_whatever_runs_is_one_line():
    assert runs() and [run for run in runs() if "\n" in run.strip()] == []


def test_no_expression_is_pasted_into_a_command():
    assert [run for run in runs() if "${{" in run] == []


def test_the_workflows_run_the_tests_on_every_python_that_the_makefile_takes():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    supported = re.search(r"not in \((.*?)\)\)$", makefile, re.MULTILINE)[1]
    versions = [".".join(found) for found in re.findall(r"\((\d+), (\d+)\)", supported + ")")]
    matrix = jobs()[("ci", "tests")]["strategy"]["matrix"]
    assert matrix["python"] == versions and len(versions) == 2


def test_ci_runs_every_kind_of_check():
    run = " ".join(run for (name, _), job in jobs().items() if name == "ci" for run in lines(job))
    wanted = {"lint", "tests", "terraform_test", "integration_tests", "security", "hooks"}
    assert wanted <= set(TARGET.findall(run))


def lines(job):
    return [step.get("run", "") for step in job.get("steps", [])]


def test_the_images_that_cannot_be_stood_in_for_are_looked_at_in_ci():
    (step,) = [step for step in steps() if step.get("run") == "make integration_tests"]
    assert step["env"]["REAL_IMAGES"] == "1"


def test_what_ci_could_not_look_at_is_a_failure_there():
    found = [step for step in steps() if step.get("run", "").startswith("make security")]
    assert len(found) == 2
    assert all(step["env"]["SECURITY_STRICT"] == "1" for step in found)


def test_every_check_of_make_security_is_in_a_job():
    checks = [re.search(r"CHECKS=\"?([a-z_ ]+)", run)[1] for run in runs() if "CHECKS" in run]
    script = (ROOT / "local" / "security.sh").read_text(encoding="utf-8")
    wanted = re.search(r'^CHECKS="(.*)"$', script, re.MULTILINE)[1]
    assert sorted(" ".join(checks).split()) == sorted(wanted.split())


@pytest.mark.parametrize("job", [("ci", "tests"), ("ci", "images")])
def test_logs_are_kept_when_a_job_fails(job):
    last = jobs()[job]["steps"][-1]
    assert last["if"] == "failure()" and "actions/upload-artifact@" in last["uses"]
    assert last["with"]["retention-days"] <= 14


# --- what may be done ----------------------------------------------------------------------------


def test_every_action_is_pinned_by_its_hash_and_says_its_version():
    uses = [use for text in texts().values() for use in USES.findall(text)]
    outside = [use for use in uses if not OWN.fullmatch(use)]
    assert len(outside) > 10 and [use for use in outside if not PINNED.fullmatch(use)] == []


def test_an_action_has_the_same_version_everywhere():
    uses = {use for text in texts().values() for use in USES.findall(text)}
    names = [use.partition("@")[0] for use in uses]
    assert sorted(names) == sorted(set(names))


def test_actions_of_ours_are_there():
    own = {use[2:] for text in texts().values() for use in USES.findall(text) if OWN.match(use)}
    assert own and all((ROOT / path).exists() for path in own)


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_may_read_unless_a_job_says_why(name):
    assert workflow(name)["permissions"] == {"contents": "read"}
    said = {job: content.get("permissions") for job, content in workflow(name)["jobs"].items()}
    wanted = {
        job: WRITES.get((name, job)) and {"contents": "read"} | WRITES[(name, job)] for job in said
    }
    assert said == wanted


def test_a_checkout_leaves_no_token_behind():
    found = [step for step in steps() if "actions/checkout@" in step.get("uses", "")]
    assert found and all(step["with"]["persist-credentials"] is False for step in found)


def test_no_secret_is_kept_at_github():
    for path, text in texts().items():
        assert "secrets." not in text, path
        assert not re.search(r"aws-(secret-)?access-key|AWS_(SECRET_)?ACCESS_KEY", text), path


def test_aws_is_reached_by_a_role_in_an_environment_alone():
    for name, job in jobs().items():
        roles = [
            step["with"] for step in job.get("steps", []) if "aws-actions/" in step.get("uses", "")
        ]
        assert bool(roles) == ("environment" in job), name
        assert all("role-to-assume" in role for role in roles), name


def test_whatever_changes_production_waits_for_its_approval_and_is_alone():
    behind = {name for name, job in jobs().items() if job.get("environment") == "production"}
    assert behind == BEHIND_APPROVAL
    for name in behind:
        wanted = {"group": "production", "cancel-in-progress": False}
        assert jobs()[name]["concurrency"] == wanted


def test_every_job_ends_in_time():
    without = [
        name for name, job in jobs().items() if "timeout-minutes" not in job and "steps" in job
    ]
    assert without == []


@pytest.mark.parametrize("name", NAMES)
def test_runs_of_a_workflow_do_not_cross(name):
    assert "${{ github.ref }}" in workflow(name)["concurrency"]["group"]


def test_no_workflow_runs_with_rights_on_code_of_a_stranger():
    for name in NAMES:
        assert not {"pull_request_target", "workflow_run"} & set(workflow(name)[True])


# --- release -------------------------------------------------------------------------------------


def test_a_release_is_a_version_tag_and_nothing_else():
    assert workflow("cd")[True] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}


def test_a_release_has_passed_ci_and_stands_on_main():
    of_cd = workflow("cd")["jobs"]
    assert of_cd["ci"]["uses"].endswith("/ci.yml") and of_cd["ci"]["needs"] == "on-main"
    assert of_cd["images"]["needs"] == "ci" and of_cd["deploy"]["needs"] == "images"
    assert "merge-base --is-ancestor" in " ".join(commands_of(("cd", "on-main")))


def test_the_images_are_built_once():
    every = " ".join(" ".join(lines(job)) for (name, _), job in jobs().items() if name == "cd")
    assert TARGET.findall(every) == [
        "push_images",
        "copy_images",
        "deploy_bundle",
        "deploy_service",
    ]


def test_the_images_are_in_the_registry_before_the_services_are_told():
    job = ("cd", "deploy")
    assert position(job, "make copy_images") < position(job, "make deploy_service")


def test_a_pull_request_plans_and_main_applies():
    plan, apply = jobs()[("terraform", "plan")], jobs()[("terraform", "apply")]
    assert {"pull_request", "push"} == set(workflow("terraform")[True])
    assert "make terraform_plan" in lines(plan) and "make terraform_apply" in lines(apply)
    assert apply["if"] == "github.event_name == 'push'" and apply["needs"] == "plan"


def test_what_is_applied_is_the_plan_that_was_seen():
    kept = "s3://$STATE_BUCKET/plans/$GITHUB_SHA.tfplan"
    assert any(kept in run for run in commands_of(("terraform", "plan")))
    job = ("terraform", "apply")
    assert position(job, "aws s3 cp") < position(job, "make terraform_apply")


def test_a_saved_plan_is_no_artifact_of_the_run():
    found = [step.get("uses", "") for step in jobs()[("terraform", "plan")]["steps"]]
    assert not [use for use in found if "artifact" in use]


# --- Dependabot and pre-commit -------------------------------------------------------------------


def folders(name):
    """The folders, as Dependabot writes them, that hold such a file of the repository."""
    command = ["git", "ls-files", "--", name, f"*/{name}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    parents = [Path("/", line).parent for line in done.stdout.splitlines()]
    return {str(parent) for parent in parents}


@pytest.mark.parametrize(
    ("ecosystem", "files"), [("pip", ("Pipfile", "installers.in")), ("docker", ("Dockerfile",))]
)
def test_dependabot_looks_into_every_folder(ecosystem, files):
    updates = {each["package-ecosystem"]: each for each in read_dependabot()}
    assert set(updates[ecosystem]["directories"]) == set().union(*map(folders, files))


def read_dependabot():
    return read(ROOT / ".github" / "dependabot.yml")["updates"]


def test_dependabot_watches_all_that_is_pinned_and_waits_a_week():
    updates = read_dependabot()
    wanted = {"pip", "docker", "docker-compose", "github-actions", "terraform"}
    assert {each["package-ecosystem"] for each in updates} == wanted
    assert all(each["cooldown"]["default-days"] == 7 for each in updates)


def hooks():
    repositories = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert [each["repo"] for each in repositories] == ["local"]
    return repositories[0]["hooks"]


def test_hooks_install_nothing_of_their_own():
    assert {hook["language"] for hook in hooks()} == {"system", "fail"}


def test_hooks_call_what_is_here():
    firsts = {hook["entry"].split()[0] for hook in hooks() if hook["language"] == "system"}
    outside = {first for first in firsts if not first.startswith((".venv/bin/", "local/"))}
    assert outside == {"make", "bash"}
    assert all((ROOT / first).exists() for first in firsts if first.startswith("local/"))


def test_ci_skips_no_hook_that_is_not_run_elsewhere():
    step = next(step for step in steps() if step.get("run") == "make hooks")
    elsewhere = {"pylint", "fast-tests", "secrets", "secrets-in-tests", "zizmor"}
    assert set(step["env"]["SKIP"].split(",")) == elsewhere
    assert elsewhere <= {hook["id"] for hook in hooks()}


# --- tools ---------------------------------------------------------------------------------------


def said_by(name, *arguments):
    """What a tool says, and how it ends."""
    program = tool(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    command = [program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr, done.returncode


def test_zizmor_finds_nothing():
    said, status = said_by(
        "zizmor", "--offline", "--no-progress", "--quiet", "--pedantic", ".github"
    )
    assert status == 0, said


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("github-actions", "actions/*/action.yml"),
        ("dependabot", "dependabot.yml"),
    ],
)
def test_the_files_are_as_github_wants_them(schema, pattern):
    files = [str(path) for path in (ROOT / ".github").glob(pattern)]
    said, status = said_by("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
    assert files and status == 0, said
