"""The scripts that publish and deploy, with recording stand-ins for AWS, Docker and curl."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("deploy_service.sh", "publish_images.sh", "deploy_bundle.sh")
JQ = shutil.which("jq")
REGISTRY = "1.dkr.ecr.eu-west-1.amazonaws.com/vehicle-price"
# Notes the call and what it reads; says and does what the first answer that fits has.
RECORDER = f"""#!{sys.executable} -IS
import json, os, pathlib, sys
folder = pathlib.Path(__file__).parent
call = [pathlib.Path(__file__).name, *sys.argv[1:]]
read = sys.stdin.read() if call[0] == "curl" else ""
with open(folder / "calls", "a") as calls:
    calls.write(json.dumps([call, read]) + "\\n")
for words, text, status in json.loads((folder / "answers.json").read_text()):
    if all(any(word in part for part in call) for word in words):
        sys.stdout.write(text)
        sys.exit(status)
"""
# ECS as far as the script uses it: services with a task definition each, kept in ecs.json.
AWS = f"""#!{sys.executable} -IS
import json, pathlib, sys
folder = pathlib.Path(__file__).parent
words = sys.argv[1:]
with open(folder / "calls", "a") as calls:
    calls.write(json.dumps([["aws", *words], ""]) + "\\n")
state = json.loads((folder / "ecs.json").read_text())
option = dict(zip(words, words[1:]))
action = " ".join(words[:2])
if action in state["fails"]:
    state["fails"][action] -= 1
    if state["fails"][action] < 0:
        sys.exit("An error occurred (" + action + ")")
if action == "ecs describe-services":
    print(state["services"].get(option["--services"], "None"))
elif action == "ecs describe-task-definition":
    print(json.dumps(state["definitions"][option["--task-definition"]]))
elif action == "ecs register-task-definition":
    given = json.loads(option["--cli-input-json"])
    arn = "arn:aws:ecs:eu-west-1:1:task-definition/" + given["family"] + ":8"
    state["registered"][arn] = given
    print(arn)
elif action == "ecs update-service":
    state["services"][option["--service"]] = option["--task-definition"]
    print("ACTIVE")
elif action == "ecs wait":
    state["services"].update(state["circuit_breaker"])
    state["circuit_breaker"] = {{}}
elif action == "secretsmanager get-secret-value":
    print("the-key-of-the-service")
(folder / "ecs.json").write_text(json.dumps(state))
"""
PREDICTION = {"price": 21000, "low": 15000, "high": 27000, "model_version": "7"}
SETTINGS = {
    "ECS_CLUSTER": "vehicle-price",
    "ECS_SERVICES": "service form",
    "IMAGES": REGISTRY,
    "IMAGE_TAG": "v1.3.0",
    "SERVICE_URL": "https://prices.example/",
}


def definition(family):
    """A task definition as ECS describes it: ours beside another's container."""
    containers = [
        {"name": family, "image": f"{REGISTRY}/{family}:v1.2.0", "cpu": 256},
        {"name": "logs", "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:2.32"},
    ]
    told = {
        "taskDefinitionArn": arn(family, 7),
        "family": family,
        "revision": 7,
        "status": "ACTIVE",
        "requiresAttributes": [{"name": "ecs.capability.secrets"}],
        "compatibilities": ["EC2", "FARGATE"],
        "registeredAt": "2026-11-01T10:00:00Z",
        "registeredBy": "arn:aws:iam::1:role/terraform",
        "containerDefinitions": containers,
        "executionRoleArn": "arn:aws:iam::1:role/execution",
    }
    return {"taskDefinition": told, "tags": [{"key": "Project", "value": "vehicle-price"}]}


def arn(family, revision):
    return f"arn:aws:ecs:eu-west-1:1:task-definition/{family}:{revision}"


@dataclass
class Machine:
    """A clone of the project's scripts, and stand-ins for what they call."""

    folder: Path
    tools: Path

    def run(self, script, *arguments, **environment):
        """Run a script with the stand-ins before everything else."""
        path = f"{self.tools}{os.pathsep}{os.environ['PATH']}"
        inherited = {"HOME": str(self.tools), "PATH": path}
        command = ["bash", str(self.folder / "local" / script), *arguments]
        options = {"cwd": self.tools, "capture_output": True, "text": True, "check": False}
        return subprocess.run(command, env=inherited | environment, **options)

    def answer(self, *answers):
        """What the recorders do, the first that fits: (parts of the call, output, exit status)."""
        (self.tools / "answers.json").write_text(json.dumps(answers))

    def ecs(self, **changes):
        """The state of ECS, with changes."""
        path = self.tools / "ecs.json"
        state = json.loads(path.read_text()) | changes
        path.write_text(json.dumps(state))
        return state

    def calls(self, name):
        """The calls of one program: its arguments."""
        return [call[1:] for call, _ in self.noted() if call[0] == name]

    def noted(self):
        path = self.tools / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def updates(self):
        """The services that were told to change, in order, with the task definition."""
        found = [call for call in self.calls("aws") if call[:2] == ["ecs", "update-service"]]
        return [
            (call[call.index("--service") + 1], call[call.index("--task-definition") + 1])
            for call in found
        ]


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path / "the clone", tmp_path / "tools")
    (made.folder / "local").mkdir(parents=True)
    made.tools.mkdir()
    for script in SCRIPTS:
        shutil.copy(ROOT / "local" / script, made.folder / "local")
    for name, text in {"aws": AWS, "docker": RECORDER, "curl": RECORDER}.items():
        (made.tools / name).write_text(text)
        (made.tools / name).chmod(0o755)
    made.answer()
    (made.tools / "ecs.json").write_text("{}")
    made.ecs(
        services={"service": arn("service", 7), "form": arn("form", 7)},
        definitions={name: definition(name) for name in ("service", "form")},
        registered={},
        circuit_breaker={},
        fails={},
    )
    return made


def service_answers(**other):
    """What the price service says to curl, with other texts for some paths; None fails."""
    texts = {
        "/ready": "{}",
        "/predict": json.dumps(PREDICTION),
        "/model": '{"version": "7"}',
    } | other
    return [[[path], text or "", 0 if text is not None else 22] for path, text in texts.items()]


def deploy(machine, **environment):
    """Run deploy_service.sh where the price service answers well, unless told otherwise."""
    return machine.run("deploy_service.sh", **SETTINGS | environment)


BEFORE = [("service", arn("service", 7)), ("form", arn("form", 7))]
AFTER = [("service", arn("service", 8)), ("form", arn("form", 8))]
needs_jq = pytest.mark.skipif(JQ is None, reason="jq is not installed")


# --- deploy_service.sh ---------------------------------------------------------------------------


@needs_jq
def test_all_services_get_the_tag_and_the_price_service_is_asked(machine):
    machine.answer(*service_answers())
    done = deploy(machine)
    assert done.returncode == 0, done.stderr
    assert machine.updates() == AFTER
    paths = [call[-1].removeprefix("https://prices.example") for call in machine.calls("curl")]
    assert paths == ["/ready", "/predict", "/model"]
    assert "v1.3.0 is deployed" in done.stdout and "version 7" in done.stdout


@needs_jq
def test_a_new_task_definition_differs_by_the_tag_of_our_images_alone(machine):
    machine.answer(*service_answers())
    deploy(machine)
    given = machine.ecs()["registered"][arn("service", 8)]
    images = [container["image"] for container in given["containerDefinitions"]]
    assert images == [
        f"{REGISTRY}/service:v1.3.0",
        definition("x")["taskDefinition"]["containerDefinitions"][1]["image"],
    ]
    assert given["executionRoleArn"] == "arn:aws:iam::1:role/execution"
    assert given["tags"] == [{"key": "Project", "value": "vehicle-price"}]
    assert set(given) == {"family", "containerDefinitions", "executionRoleArn", "tags"}


@needs_jq
@pytest.mark.parametrize("image", ["service@sha256:abc", "service", "service:v1.2.0"])
def test_an_image_gets_the_tag_however_it_was_named(machine, image):
    machine.answer(*service_answers())
    described = definition("service")
    described["taskDefinition"]["containerDefinitions"][0]["image"] = f"{REGISTRY}/{image}"
    machine.ecs(definitions={"service": described})
    assert deploy(machine, ECS_SERVICES="service").returncode == 0
    given = machine.ecs()["registered"][arn("service", 8)]
    assert given["containerDefinitions"][0]["image"] == f"{REGISTRY}/service:v1.3.0"


@needs_jq
def test_what_terraform_registered_since_is_deployed_and_a_rollback_goes_to_what_ran(machine):
    machine.answer(*service_answers(**{"/model": None}))
    newest = definition("service")
    newest["taskDefinition"] |= {"taskDefinitionArn": arn("service", 9), "cpu": "2048"}
    machine.ecs(definitions={"service": newest})
    assert deploy(machine, ECS_SERVICES="service").returncode == 1
    assert machine.ecs()["registered"][arn("service", 8)]["cpu"] == "2048"
    assert machine.updates() == [AFTER[0], BEFORE[0]]


@needs_jq
def test_it_waits_for_all_services_before_it_asks(machine):
    machine.answer(*service_answers())
    deploy(machine)
    calls = [call for call, _ in machine.noted()]
    waited = ["aws", "ecs", "wait", "services-stable", "--cluster", "vehicle-price"]
    waited += ["--services", "service", "form"]
    assert calls.index(waited) < next(at for at, call in enumerate(calls) if call[0] == "curl")


@needs_jq
@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"/ready": None}, "/ready does not answer"),
        ({"/predict": None}, "/predict does not answer"),
        ({"/predict": '{"price": 0, "low": 0, "high": 0}'}, "/predict gives no price"),
        ({"/predict": '{"price": 5, "low": 7, "high": 9}'}, "/predict gives no price"),
        ({"/predict": "<html>"}, "/predict gives no price"),
        ({"/model": None}, "/model does not answer"),
        ({"/model": "{}"}, "/model names no version"),
    ],
)
def test_a_failed_smoke_test_brings_all_services_back(machine, other, said):
    machine.answer(*service_answers(**other))
    done = deploy(machine)
    assert done.returncode == 1 and said in done.stderr
    assert machine.updates() == AFTER + BEFORE
    assert dict(BEFORE) == machine.ecs()["services"]
    assert "what ran before runs again" in done.stdout


@needs_jq
def test_a_service_that_the_circuit_breaker_took_back_is_a_failure_and_the_others_go_back_too(
    machine,
):
    machine.answer(*service_answers())
    machine.ecs(circuit_breaker={"form": arn("form", 7)})
    done = deploy(machine)
    assert done.returncode == 1 and "form went back by itself" in done.stderr
    assert dict(BEFORE) == machine.ecs()["services"]
    assert machine.calls("curl") == []


@needs_jq
def test_services_that_do_not_become_stable_go_back(machine):
    machine.ecs(fails={"ecs wait": 0})
    done = deploy(machine)
    assert done.returncode == 1 and "did not become stable" in done.stderr
    assert dict(BEFORE) == machine.ecs()["services"]


@needs_jq
def test_an_update_that_fails_halfway_brings_the_first_back(machine):
    machine.ecs(fails={"ecs update-service": 1})
    done = deploy(machine)
    assert done.returncode == 1
    assert machine.updates()[:2] == AFTER and machine.updates()[2:] == BEFORE
    assert "NOT EVERYTHING WENT BACK" in done.stdout and "aws ecs update-service" in done.stdout


@needs_jq
@pytest.mark.parametrize("broken", ["ecs register-task-definition", "ecs describe-task-definition"])
def test_nothing_is_touched_where_no_task_definition_can_be_made(machine, broken):
    machine.ecs(fails={broken: 1})
    done = deploy(machine)
    assert done.returncode == 1 and "could be made" in done.stderr
    assert machine.updates() == []


@needs_jq
def test_a_service_without_an_image_of_ours_is_left_alone(machine):
    done = deploy(machine, IMAGES="another.registry/vehicle-price")
    assert done.returncode == 1 and "no container runs an image of another.registry" in done.stderr
    assert machine.updates() == []


@needs_jq
def test_a_service_that_is_not_there_is_named_before_anything_changes(machine):
    done = deploy(machine, ECS_SERVICES="service from")
    assert done.returncode == 1 and "has no service from" in done.stderr
    assert machine.updates() == [] and machine.ecs()["registered"] == {}


@needs_jq
@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_is_missing_is_named(machine, name):
    done = deploy(machine, **{name: ""})
    assert done.returncode == 1 and f"{name} is not set" in done.stderr
    assert machine.noted() == []


@needs_jq
def test_the_key_comes_from_secrets_manager_and_stands_on_no_command_line(machine):
    machine.answer(*service_answers())
    done = deploy(machine, API_KEY_SECRET_ARN="arn:aws:secretsmanager:eu-west-1:1:secret:key")
    assert done.returncode == 0
    given = [read for call, read in machine.noted() if call[0] == "curl"]
    assert given == ['header = "X-API-Key: the-key-of-the-service"\n'] * 3
    calls = json.dumps([call for call, _ in machine.noted()])
    assert "the-key-of-the-service" not in calls + done.stdout + done.stderr


@needs_jq
def test_an_open_service_is_asked_without_a_key(machine):
    machine.answer(*service_answers())
    deploy(machine)
    assert {read for call, read in machine.noted() if call[0] == "curl"} == {""}


# --- publish_images.sh ---------------------------------------------------------------------------

PUBLISH = {"IMAGES": "ghcr.io/Owner/Vehicle-Price", "IMAGE_TAG": "v1.3.0"}
ABSENT = [["inspect"], "", 1]


def test_every_image_is_built_and_pushed_with_its_sbom_and_provenance(machine):
    machine.answer(ABSENT)
    assert machine.run("publish_images.sh", "push", **PUBLISH).returncode == 0
    built = [call for call in machine.calls("docker") if call[:2] == ["buildx", "build"]]
    folders = [call[-1] for call in built]
    assert folders == ["airflow", "mlflow", "service", "evidently_service", "streamlit"]
    assert all((ROOT / folder / "Dockerfile").is_file() for folder in folders)
    assert all({"--push", "--sbom=true", "--provenance=mode=max"} <= set(call) for call in built)
    tags = [call[call.index("--tag") + 1] for call in built]
    assert tags[3] == "ghcr.io/owner/vehicle-price/monitor:v1.3.0"


def test_the_images_have_the_names_that_compose_asks_for(machine):
    machine.answer(ABSENT)
    machine.run("publish_images.sh", "push", IMAGES="here", IMAGE_TAG="t")
    tags = {call[-2] for call in machine.calls("docker") if call[:2] == ["buildx", "build"]}
    text = "".join(
        (ROOT / f"docker-compose-{part}.yml").read_text() for part in ("airflow", "service")
    )
    assert all(
        tag.replace("here", "${IMAGES:-vehicle-price}").replace(":t", ":${IMAGE_TAG:-local}")
        in text
        for tag in tags
    )


def test_an_image_that_is_there_is_not_made_again(machine):
    machine.answer([["inspect", "/service:"], "", 0], ABSENT)
    done = machine.run("publish_images.sh", "push", **PUBLISH)
    assert "service:v1.3.0 is there already" in done.stdout
    built = [call[-1] for call in machine.calls("docker") if call[:2] == ["buildx", "build"]]
    assert built == ["airflow", "mlflow", "evidently_service", "streamlit"]


def test_copies_are_the_same_images_and_nothing_is_built(machine):
    machine.answer(ABSENT)
    settings = PUBLISH | {"FROM_IMAGES": PUBLISH["IMAGES"], "IMAGES": REGISTRY}
    assert machine.run("publish_images.sh", "copy", **settings).returncode == 0
    made = [call for call in machine.calls("docker") if "inspect" not in call]
    wanted = ["buildx", "imagetools", "create", "--tag", f"{REGISTRY}/form:v1.3.0"]
    assert made[-1] == [*wanted, "ghcr.io/owner/vehicle-price/form:v1.3.0"]
    assert len(made) == 5


def test_an_image_that_cannot_be_built_ends_it(machine):
    machine.answer(ABSENT, [["buildx", "mlflow"], "", 1])
    assert machine.run("publish_images.sh", "push", **PUBLISH).returncode == 1
    built = [call[-1] for call in machine.calls("docker") if call[:2] == ["buildx", "build"]]
    assert built == ["airflow", "mlflow"]


@pytest.mark.parametrize(
    ("words", "change", "said"),
    [
        (["push"], {"IMAGES": ""}, "IMAGES is not set"),
        (["push"], {"IMAGE_TAG": ""}, "is no tag"),
        (["push"], {"IMAGE_TAG": "a b"}, "is no tag"),
        (["copy"], {}, "FROM_IMAGES is not set"),
        ([], {}, "usage"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_done(machine, words, change, said):
    done = machine.run("publish_images.sh", *words, **PUBLISH | change)
    assert done.returncode == 1 and said in done.stderr
    assert machine.noted() == []


# --- deploy_bundle.sh ----------------------------------------------------------------------------


def git(folder, *words):
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    # A hook of git tells its own repository to whatever it runs.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(
        ["git", *who, *words], cwd=folder, env=outside | own, check=True, capture_output=True
    )


@pytest.fixture
def repository(machine):
    """The clone as a repository with all that a bundle takes, and some that it must not."""
    for name in (
        "docker-compose-airflow.yml",
        "docker-compose-service.yml",
        "docker-compose-aws.yml",
    ):
        (machine.folder / name).write_text("services: {}\n")
    for name in (
        "evidently_service/config/a.yml",
        "setup/runbook.md",
        ".env.example",
        "service/rds-ca-bundle.pem",
        "service/a.py",
    ):
        (machine.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (machine.folder / name).write_text("text\n")
    (machine.folder / ".gitignore").write_text(".env\n.local/\n")
    git(machine.folder, "init", "--quiet")
    git(machine.folder, "add", ".")
    git(machine.folder, "commit", "--quiet", "--message", "all")
    (machine.folder / ".env").write_text("SECRET=1\n")
    return machine


def content(machine):
    with tarfile.open(machine.folder / ".local" / "deploy" / "stack.tar.gz") as bundle:
        return {member.name: member for member in bundle.getmembers() if member.isfile()}


def test_a_bundle_holds_what_a_host_needs_and_neither_code_of_the_images_nor_settings(repository):
    assert repository.run("deploy_bundle.sh").returncode == 0
    names = set(content(repository))
    assert names == {
        *("docker-compose-airflow.yml", "docker-compose-service.yml", "docker-compose-aws.yml"),
        *(f"local/{script}" for script in SCRIPTS),
        *("evidently_service/config/a.yml", "setup/runbook.md", ".env.example"),
        "service/rds-ca-bundle.pem",
    }
    assert content(repository)["local/deploy_bundle.sh"].mode & 0o111
    assert repository.noted() == []


def test_whatever_the_containers_mount_is_in_a_bundle_of_this_repository():
    script = (ROOT / "local" / "deploy_bundle.sh").read_text()
    compose = "".join(path.read_text() for path in ROOT.glob("docker-compose-*.yml"))
    mounted = {
        line.split('"./')[1].split(":")[0]
        for line in compose.replace("- ./", '- "./').splitlines()
        if '"./' in line
    }
    assert mounted
    taken = script.split("CONTENT=(")[1].split(")\n")[0].split()
    assert [
        path
        for path in mounted
        if not any(path == part or path.startswith(f"{part}/") for part in taken)
    ] == []


def test_with_a_bucket_it_goes_there(repository):
    done = repository.run("deploy_bundle.sh", DEPLOY_BUCKET="bucket")
    assert done.returncode == 0, done.stderr
    wanted = ["s3", "cp", "--only-show-errors", ".local/deploy/stack.tar.gz"]
    assert repository.calls("aws") == [[*wanted, "s3://bucket/deploy/stack.tar.gz"]]


@pytest.mark.parametrize("name", ["docker-compose-aws.yml", "local/new.sh"])
def test_what_is_not_committed_is_refused(repository, name):
    (repository.folder / name).write_text("changed\n")
    done = repository.run("deploy_bundle.sh", DEPLOY_BUCKET="bucket")
    assert done.returncode == 1 and "committed" in done.stderr
    assert repository.noted() == []


def test_what_is_not_committed_elsewhere_does_not_matter(repository):
    (repository.folder / "service" / "a.py").write_text("changed\n")
    assert repository.run("deploy_bundle.sh").returncode == 0


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_finds_nothing(script):
    subprocess.run(["shellcheck", "-x", str(ROOT / "local" / script)], check=True)
