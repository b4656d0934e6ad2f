"""The host's user data, rendered by Terraform and run in a folder of its own with stand-ins for what it calls."""

import base64
import email
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "terraform" / "modules" / "host"
RENDERED_FROM = ("variables.tf", "user_data.tf", "user_data.sh.tftpl")
SETTINGS_ARN = (
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:vehicle-price/settings-AbCdEf"
)
DATABASE_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1"
REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
VARIABLES = {
    "name": "vehicle-price",
    "vpc_id": "vpc-1",
    "subnet_id": "subnet-1",
    "instance_type": "m7i-flex.large",
    "disk_gb": 60,
    "region": "eu-central-1",
    "bucket": "the-bucket",
    "bucket_arn": "arn:aws:s3:::the-bucket",
    "database": {"address": "db.internal", "port": 5432, "secret_arn": DATABASE_ARN},
    "settings_secret_arn": SETTINGS_ARN,
    "image_registry": REGISTRY,
    "image_tag": "v1.2.0",
    "repository_arns": {"airflow": "arn:aws:ecr:eu-central-1:123456789012:repository/a"},
    "client_security_group_ids": {},
    "alert_email_to": "ops@example.org",
}
SETTINGS = {
    "AIRFLOW_ADMIN_PASSWORD": "secret-of-airflow",
    "AIRFLOW_SECRET_KEY": "secret-that-signs",
    "AIRFLOW_JWT_SECRET": "secret-of-tokens",
    "AIRFLOW_FERNET_KEY": "secret-of-connections",
    "GRAFANA_ADMIN_PASSWORD": "secret-of-grafana",
    "MLFLOW_ADMIN_PASSWORD": "secret-of-who-trains",
    "MLFLOW_READER_PASSWORD": "secret-of-who-serves",
    "MLFLOW_SECRET_KEY": "secret-of-the-forms",
    "POSTGRES_PASSWORD": "secret-of-the-superuser",
    "VALKEY_PASSWORD": "secret-of-the-queue",
    "POSTGRES_AIRFLOW_PASSWORD": "secret-of-the-role-airflow",
    "POSTGRES_LOG_READER_PASSWORD": "secret-of-the-role-log_reader",
    "POSTGRES_MLFLOW_PASSWORD": "secret-of-the-role-mlflow",
    "POSTGRES_PRICE_SERVICE_PASSWORD": "secret-of-the-role-price_service",
    "API_KEY": "secret-of-the-api",
    "SMTP_PORT": 587,
    "IMAGE_TAG": "what-the-settings-say-is-not-asked",
}
# The characters that AWS puts into a password, those among them that a shell or Compose would read.
MASTER = {"username": "postgres", "password": 'secret$HOME`id`"#&<>!*{}\\x of the master'}
SECRETS = [*(v for k, v in SETTINGS.items() if k != "IMAGE_TAG" and isinstance(v, str))]
PLUGIN = b"not really Compose"
TOKEN = "token-of-the-registry"
TOOLS = "bash cat chmod date dirname gzip mkdir mv sha256sum tar tee".split()
# Notes its call, then does what the first answer that fits says: (words, output, exit status).
RECORDER = f"""#!{sys.executable} -IS
import json, os, pathlib, sys
folder = pathlib.Path({{folder!r}})
call = [pathlib.Path(__file__).name, *sys.argv[1:]]
given = "" if call[0] in ("compose.sh", "build.sh") else sys.stdin.read()
with open(folder / "calls", "a") as calls:
    calls.write(json.dumps([call, given]) + "\\n")
for words, text, status in json.loads((folder / "answers.json").read_text()):
    if all(any(word in each for each in call) for word in words):
        break
else:
    text, status = "", 0
if "--output" in call and call[0] == "curl" and status == 0:
    pathlib.Path(call[call.index("--output") + 1]).write_bytes(text.encode())
elif call[:3] == ["aws", "s3", "cp"] and status == 0:
    pathlib.Path(call[-1]).write_bytes((folder / "stack.tar.gz").read_bytes())
elif status:
    sys.stderr.write(text)
else:
    sys.stdout.write(text)
sys.exit(status)
"""


def console(folder, expression):
    """What Terraform makes of an expression of the module, byte for byte."""
    done = subprocess.run(
        ["terraform", "console", "-var-file=given.tfvars.json"],
        cwd=folder,
        input=f"base64encode({expression})",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return base64.b64decode(json.loads(done.stdout)).decode()


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """The script and the whole user data; the files that they need ask no provider."""
    if not shutil.which("terraform"):
        if os.environ.get("TERRAFORM_REQUIRED"):
            pytest.fail("terraform is not on this machine")
        pytest.skip("terraform is not on this machine")
    folder = tmp_path_factory.mktemp("module")
    for name in RENDERED_FROM:
        shutil.copy(MODULE / name, folder)
    (folder / "given.tfvars.json").write_text(json.dumps(VARIABLES))
    return {name: console(folder, f"local.{name}") for name in ("script", "user_data")}


@dataclass
class Machine:
    """A machine's folders, the stand-ins on its path, and the calls that these have had."""

    root: Path
    tools: Path
    script: Path

    def run(self):
        return subprocess.run(
            [shutil.which("bash"), str(self.script)],
            env={"PATH": str(self.tools), "STACK_ROOT": str(self.root)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def answer(self, *answers):
        """What stand-ins say, before what they say anyway."""
        path = self.tools / "answers.json"
        before = json.loads(path.read_text()) if path.exists() else []
        path.write_text(json.dumps([*answers, *before]))

    def noted(self):
        return [json.loads(line) for line in (self.tools / "calls").read_text().splitlines()]

    def calls(self):
        return [call for call, _given in self.noted()]

    def called(self, *words):
        return [call for call in self.calls() if set(words) <= set(call)]

    @property
    def stack(self):
        return self.root / "opt" / "vehicle-price"

    @property
    def env(self):
        lines = (self.stack / ".env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def write_tool(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def pack_stack(folder, recorder):
    """A bundle whose scripts are stand-ins."""
    for script in ("compose.sh", "build.sh"):
        write_tool(folder / "stack" / "local" / script, recorder)
    with tarfile.open(folder / "stack.tar.gz", "w:gz") as bundle:
        bundle.add(folder / "stack", arcname=".")


@pytest.fixture
def machine(tmp_path, rendered):
    made = Machine(tmp_path / "root", tmp_path / "tools", tmp_path / "script.sh")
    made.tools.mkdir()
    recorder = RECORDER.format(folder=str(made.tools))
    pinned = re.search("PLUGIN_SHA256=([0-9a-f]{64})", rendered["script"])[1]
    ours = hashlib.sha256(PLUGIN).hexdigest()
    made.script.write_text(rendered["script"].replace(pinned, ours))
    for tool in TOOLS:
        (made.tools / tool).symlink_to(shutil.which(tool))
    (made.tools / "python3").symlink_to(sys.executable)
    for name in ("aws", "curl", "dnf", "docker", "iptables", "systemctl"):
        write_tool(made.tools / name, recorder)
    agent = "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
    write_tool(made.root / agent, recorder)
    pack_stack(made.tools, recorder)
    made.answer(
        [["curl", "docker-compose-linux-x86_64"], PLUGIN.decode(), 0],
        [["curl", "PUT", "latest/api/token"], "token-of-the-metadata", 0],
        [["curl", "latest/meta-data/local-ipv4"], "10.20.128.10", 0],
        [["get-secret-value", SETTINGS_ARN], json.dumps(SETTINGS), 0],
        [["get-secret-value", DATABASE_ARN], json.dumps(MASTER), 0],
        [["get-login-password"], TOKEN, 0],
        [["iptables", "--check"], "no such rule", 1],
    )
    return made


def all_said(machine, done):
    """Everything that the script has let out: its output, its log and the command lines."""
    log = (machine.root / "var/log/vehicle-price/user_data.log").read_text()
    return done.stdout + done.stderr + log + json.dumps(machine.calls())


# --- what is rendered ----------------------------------------------------------------------------
@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_the_rendered_script_passes_shellcheck(rendered, tmp_path):
    (tmp_path / "script.sh").write_text(rendered["script"])
    done = subprocess.run(
        ["shellcheck", str(tmp_path / "script.sh")], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


def test_the_user_data_is_a_script_that_cloud_init_runs_at_each_boot(rendered):
    configuration, script = email.message_from_string(rendered["user_data"]).get_payload()
    assert configuration.get_content_type() == "text/cloud-config"
    assert configuration.get_payload().strip() == (
        "#cloud-config\ncloud_final_modules:\n  - [scripts-user, always]"
    )
    assert script.get_content_type() == "text/x-shellscript"
    assert script.get_payload().strip() == rendered["script"].strip()
    assert len(rendered["user_data"].encode()) < 16_384


def test_every_secret_that_is_made_is_needed_but_those_of_containers_that_do_not_run(rendered):
    example = (ROOT / ".env.example").read_text().splitlines()
    made = {
        line.partition("=")[0]
        for before, line in zip(example, example[1:])
        if before.startswith("# (made)")
    }
    needed = set(
        re.findall('"([A-Z_]+)"', re.search(r"NEEDED = \((.*?)\)", rendered["script"], re.S)[1])
    )
    assert needed == made - {"S3_ACCESS_KEY", "S3_SECRET_KEY"}


# --- a start -------------------------------------------------------------------------------------
def test_a_start_does_its_steps_in_their_order_and_says_that_it_is_ready(machine):
    done = machine.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("READY: v1.2.0 runs.")
    kept = "".join(
        f"{Path(call[0]).name} {' '.join(word for word in call[1:] if not word.startswith('-'))}\n"
        for call in machine.calls()
        if call[0] != "curl"
    )
    assert kept == (
        "dnf install amazon-cloudwatch-agent\n"
        f"amazon-cloudwatch-agent-ctl fetch-config ec2 file:{machine.root}/opt/aws/"
        "amazon-cloudwatch-agent/etc/stack.json\n"
        "dnf install docker gzip python3 tar\n"
        "systemctl enable docker\n"
        "iptables DOCKER-USER 169.254.169.254 ! vp-aws DROP\n"
        "iptables DOCKER-USER 169.254.169.254 ! vp-aws DROP\n"
        f"aws s3 cp s3://the-bucket/deploy/stack.tar.gz {machine.stack}.tar.gz\n"
        f"aws secretsmanager get-secret-value {SETTINGS_ARN} SecretString text\n"
        f"aws secretsmanager get-secret-value {DATABASE_ARN} SecretString text\n"
        "aws ecr get-login-password\n"
        f"docker login AWS {REGISTRY}\n"
        "compose.sh pull\n"
        "build.sh up\n"
        "docker image prune\n"
    )


def test_the_rule_for_the_metadata_service_is_made_once(machine):
    assert machine.run().returncode == 0
    machine.answer([["iptables", "--check"], "", 0])
    assert machine.run().returncode == 0
    assert len(machine.called("iptables", "--insert")) == 1


def test_it_waits_until_each_page_answers(machine):
    assert machine.run().returncode == 0
    waits = [call for call in machine.called("curl") if "--retry-all-errors" in call]
    assert {call[-1].removeprefix("http://127.0.0.1:").partition("/")[0] for call in waits} == {
        *("8080", "5000", "8085", "9090", "9093", "3000")
    }
    last_start = machine.calls().index(["build.sh", "up"])
    assert all(machine.calls().index(call) > last_start for call in waits)


def test_the_log_is_what_cloudwatch_is_told_to_take(machine):
    done = machine.run()
    configuration = machine.root / "opt/aws/amazon-cloudwatch-agent/etc/stack.json"
    (taken,) = json.loads(configuration.read_text())["logs"]["logs_collected"]["files"][
        "collect_list"
    ]
    assert taken["log_group_name"] == "/vehicle-price/host"
    assert Path(taken["file_path"]).read_text() == done.stdout


def test_docker_keeps_the_containers_logs_small(machine):
    assert machine.run().returncode == 0
    told = json.loads((machine.root / "etc/docker/daemon.json").read_text())
    assert told == {"log-driver": "json-file", "log-opts": {"max-size": "20m", "max-file": "3"}}


# --- .env and the secrets ------------------------------------------------------------------------
def test_env_holds_the_settings_and_what_terraform_knows(machine):
    assert machine.run().returncode == 0
    told = {name: value for name, value in SETTINGS.items() if name != "IMAGE_TAG"}
    known = {
        "POSTGRES_HOST": "db.internal",
        "POSTGRES_USER": "postgres",
        "POSTGRES_USER_PASSWORD": MASTER["password"],
        "S3_BUCKET": "the-bucket",
        "AWS_REGION": "eu-central-1",
        "IMAGES": f"{REGISTRY}/vehicle-price",
        "IMAGE_TAG": "v1.2.0",
        "HOST_ADDRESS": "10.20.128.10",
        "SERVICE_TASKS": "service.vehicle-price.internal",
        "ALERT_EMAIL_TO": "ops@example.org",
    }
    assert machine.env == {name: f"'{value}'" for name, value in (told | known).items()}


def test_only_root_reads_env_and_containers_read_the_rest(machine):
    assert machine.run().returncode == 0
    assert stat.S_IMODE((machine.stack / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((machine.stack / "local").stat().st_mode) == 0o755
    assert not (machine.stack / ".env.part").exists()


def test_the_scripts_of_the_stack_read_env_as_it_was_meant(machine):
    assert machine.run().returncode == 0
    reader = Path(__file__).resolve().parents[2] / "local" / "make_env.sh"
    done = subprocess.run(
        ["bash", "-c", '. "$1"; value_in .env POSTGRES_USER_PASSWORD', "bash", str(reader)],
        cwd=machine.stack,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.rstrip("\n") == MASTER["password"]


def test_no_secret_is_said_logged_or_on_a_command_line(machine):
    done = machine.run()
    assert done.returncode == 0
    said = all_said(machine, done)
    for secret in (*SECRETS, MASTER["password"], TOKEN):
        assert secret not in said
        assert json.dumps(secret)[1:-1] not in said
    ((_login, given),) = [
        (c, given) for c, given in machine.noted() if c[:2] == ["docker", "login"]
    ]
    assert given == TOKEN


@pytest.mark.parametrize(
    "arn, secret, message",
    [
        (SETTINGS_ARN, "secret-of-airflow", "The settings' secret is not a JSON map."),
        (SETTINGS_ARN, '["secret-of-airflow"]', "The settings' secret is not a JSON map."),
        (
            SETTINGS_ARN,
            json.dumps(SETTINGS | {"POSTGRES_PASSWORD": "", "AIRFLOW_SECRET_KEY": None}),
            "The settings' secret lacks AIRFLOW_SECRET_KEY, POSTGRES_PASSWORD.",
        ),
        (SETTINGS_ARN, json.dumps(SETTINGS | {"no name": "x"}), "not the name of a variable"),
        (SETTINGS_ARN, json.dumps(SETTINGS | {"API_KEY": "secret'"}), "API_KEY holds a single"),
        (SETTINGS_ARN, json.dumps(SETTINGS | {"API_KEY": "secret\nA=b"}), "or a line break"),
        (SETTINGS_ARN, json.dumps(SETTINGS | {"API_KEY": "secret\\"}), "ends with a backslash"),
        (DATABASE_ARN, '{"username": "postgres"}', "The database's secret lacks username or"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named_and_not_told(machine, arn, secret, message):
    machine.answer([["get-secret-value", arn], secret, 0])
    done = machine.run()
    assert done.returncode == 1
    assert message in done.stdout
    assert "STOPPED with status 1 while: writing .env from the secrets." in done.stdout
    assert not [value for value in SECRETS if value in all_said(machine, done)]
    assert not (machine.stack / ".env").exists()
    assert not machine.called("docker", "login")


# --- what may fail -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words, step",
    [
        (["dnf", "amazon-cloudwatch-agent"], "sending this log to CloudWatch"),
        (["amazon-cloudwatch-agent-ctl"], "sending this log to CloudWatch"),
        (["dnf", "docker"], "installing Docker"),
        (["systemctl"], "installing Docker"),
        (["curl", "docker-compose-linux"], "installing Compose v2.40.3"),
        (["aws", "s3"], "downloading the stack's files"),
        (["get-secret-value", SETTINGS_ARN], "writing .env from the secrets"),
        (["get-secret-value", DATABASE_ARN], "writing .env from the secrets"),
        (["curl", "latest/api/token"], "writing .env from the secrets"),
        (["curl", "local-ipv4"], "writing .env from the secrets"),
        (["get-login-password"], "pulling the images of v1.2.0"),
        (["docker", "login"], "pulling the images of v1.2.0"),
        (["compose.sh", "pull"], "pulling the images of v1.2.0"),
        (["build.sh", "up"], "starting the containers"),
        (["curl", ":3000/"], "waiting until each page answers"),
    ],
)
def test_a_step_that_fails_ends_it_with_its_name_and_reason(machine, words, step):
    machine.answer([words, "the reason why", 3])
    done = machine.run()
    assert done.returncode in (1, 3)
    assert "the reason why" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert f"STOPPED with status {done.returncode} while: {step}." in last
    assert "READY" not in done.stdout
    log = machine.root / "var/log/vehicle-price/user_data.log"
    assert log.read_text() == done.stdout
    failed = [all(any(w in each for each in call) for w in words) for call in machine.calls()]
    assert failed.index(True) == len(failed) - 1 or words in (
        ["get-login-password"],  # docker login, at the other end of the pipe, has begun already
        ["curl", ":3000/"],
    )


def test_a_compose_that_is_not_the_pinned_one_is_not_installed(machine):
    machine.answer([["curl", "docker-compose-linux-x86_64"], "another", 0])
    done = machine.run()
    assert done.returncode == 1
    assert "What was downloaded is not Compose v2.40.3: its SHA-256 is another." in done.stdout
    assert not (machine.root / "usr/libexec/docker/cli-plugins/docker-compose").exists()


def test_a_bundle_that_is_not_there_says_how_it_comes_there(machine):
    machine.answer([["aws", "s3"], "404", 1])
    done = machine.run()
    assert "s3://the-bucket/deploy/stack.tar.gz cannot be read. `make deploy_bundle`" in done.stdout


# --- again ---------------------------------------------------------------------------------------
def test_a_second_boot_takes_the_secrets_of_now_and_downloads_no_plugin(machine):
    assert machine.run().returncode == 0
    changed = json.dumps(MASTER | {"password": "of-this-week"})
    machine.answer([["get-secret-value", DATABASE_ARN], changed, 0])
    done = machine.run()
    assert done.returncode == 0, done.stdout
    assert machine.env["POSTGRES_USER_PASSWORD"] == "'of-this-week'"
    downloads = [c for c in machine.calls() if any("docker-compose-linux" in word for word in c)]
    assert len(downloads) == 1
    assert len(machine.called("build.sh", "up")) == 2


def test_a_start_that_was_cut_short_is_mended_by_the_next(machine):
    machine.answer([["compose.sh", "pull"], "no network", 1])
    assert machine.run().returncode == 1
    machine.answer([["compose.sh", "pull"], "", 0])
    assert machine.run().returncode == 0
