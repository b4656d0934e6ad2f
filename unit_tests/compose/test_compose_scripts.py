"""The scripts behind `make build`, in a copy of the project, with stand-ins for what they call."""

import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENTRYPOINT = ROOT / "airflow" / "entrypoint.sh"
SCRIPTS = ("compose.sh", "build.sh", "in_stack.sh", "in_launcher.sh", "make_env.sh", "doctor.sh")
# All that the scripts may call on a machine; docker, make and Python are stand-ins here.
TOOLS = (
    "awk base64 basename bash cat chmod cp dirname head mktemp mv readlink rm sed tail tr".split()
)
# Notes how it was called; then says and does what the test has put into answers.json.
RECORDER = f"""#!{sys.executable} -IS
import json, os, pathlib, sys
folder = pathlib.Path(__file__).parent
call = [pathlib.Path(__file__).name, *sys.argv[1:]]
there = os.path.exists(".env")
with open(folder / "calls", "a") as calls:
    calls.write(json.dumps([call, dict(os.environ), there]) + "\\n")
for words, text, status in json.loads((folder / "answers.json").read_text()):
    if set(words) <= set(call):
        sys.stdout.write(text)
        sys.exit(status)
"""
FILES = ["-f", "docker-compose-airflow.yml", "-f", "docker-compose-service.yml"]
LOCAL_POSTGRES = ["--profile", "local-postgres"]
LOCAL_S3, LOCAL_MLFLOW = ["--profile", "local-s3"], ["--profile", "local-mlflow"]
CELERY = ["--profile", "celery"]
ON_AWS = "S3_BUCKET=b\nAWS_REGION=eu-west-1\nAWS_ACCESS_KEY_ID=id\nAWS_SECRET_ACCESS_KEY=key\n"


@dataclass
class Clone:
    """A copy of the project, a folder of stand-ins, and the calls that these have had."""

    folder: Path
    tools: Path

    def run(self, script, *arguments, **environment):
        """Run a script from another folder, as a person may."""
        command = [shutil.which("bash"), str(self.folder / "local" / script), *arguments]
        variables = {"PATH": str(self.tools)} | environment
        options = {"cwd": self.tools, "capture_output": True, "text": True, "check": False}
        return subprocess.run(command, env=variables, stdin=subprocess.DEVNULL, **options)

    def settings(self, text):
        """Write .env."""
        (self.folder / ".env").write_text(text, newline="")

    def answer(self, *answers):
        """What the stand-ins do, the first that fits: (words of the call, output, exit status)."""
        (self.tools / "answers.json").write_text(json.dumps(answers))

    def noted(self):
        calls = self.tools / "calls"
        return (
            [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
        )

    def calls(self):
        return [call for call, _environment, _env_file in self.noted()]

    def compose(self):
        """The calls of docker compose, without the files and profiles."""
        return [without_options(call) for call in self.calls() if call[:2] == ["docker", "compose"]]

    def last(self):
        """The arguments and the environment of the last call."""
        call, environment, _env_file = self.noted()[-1]
        return call, environment


def without_options(call):
    words = call[2:]
    while words[0] in ("-f", "--profile"):
        words = words[2:]
    return words


def write_tool(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def clone(tmp_path):
    made = Clone(tmp_path / "the clone", tmp_path / "tools")
    (made.folder / "local").mkdir(parents=True)
    made.tools.mkdir()
    for script in SCRIPTS:
        shutil.copy(ROOT / "local" / script, made.folder / "local")
    shutil.copy(ROOT / ".env.example", made.folder)
    for tool in TOOLS:
        (made.tools / tool).symlink_to(shutil.which(tool))
    for name in ("docker", "make"):
        write_tool(made.tools / name, RECORDER)
    made.answer()
    return made


# --- compose.sh ----------------------------------------------------------------------------------


def profiles_of(clone, **environment):
    """The profiles that compose.sh chooses."""
    assert clone.run("compose.sh", "ps", **environment).returncode == 0
    call, _ = clone.last()
    assert call[:8] == ["docker", "compose", *FILES, *LOCAL_POSTGRES] and call[-1] == "ps"
    return call[8:-1]


def test_on_a_machine_of_aws_the_third_file_is_added(clone):
    clone.settings("HOST_ADDRESS=10.0.0.7\n")
    assert clone.run("compose.sh", "ps").returncode == 0
    assert clone.last()[0][:8] == ["docker", "compose", *FILES, "-f", "docker-compose-aws.yml"]


def test_another_postgresql_takes_the_place_of_the_local_one(clone):
    clone.settings("POSTGRES_HOST=db.internal\n")
    assert clone.run("compose.sh", "ps").returncode == 0
    assert clone.last()[0] == ["docker", "compose", *FILES, *LOCAL_S3, *LOCAL_MLFLOW, "ps"]


@pytest.mark.parametrize("text", [None, "", "S3_BUCKET=\nAWS_REGION=\nMLFLOW_TRACKING_URI=\n"])
def test_without_settings_s3_and_mlflow_are_local(clone, text):
    if text is not None:
        clone.settings(text)
    assert profiles_of(clone) == LOCAL_S3 + LOCAL_MLFLOW
    assert not {"S3_ENDPOINT_URL", "S3_ACCESS_KEY", "DATASET"} & clone.last()[1].keys()


def test_a_bucket_in_a_region_takes_the_place_of_the_local_s3_with_its_keys(clone):
    clone.settings(ON_AWS)
    assert profiles_of(clone) == LOCAL_MLFLOW
    _, told = clone.last()
    keys = ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY")
    assert [told[name] for name in keys] == ["", "id", "key"]


def test_a_bucket_that_the_machine_may_use_needs_no_keys(clone):
    clone.settings("S3_BUCKET=b\nAWS_REGION=eu-west-1\nS3_ACCESS_KEY=local\nS3_SECRET_KEY=local\n")
    assert profiles_of(clone) == LOCAL_MLFLOW
    _, told = clone.last()
    assert (told["S3_ACCESS_KEY"], told["S3_SECRET_KEY"]) == ("", "")


@pytest.mark.parametrize("text", ["S3_BUCKET=b\n", "AWS_REGION=eu-west-1\n"])
def test_a_bucket_or_a_region_alone_leaves_s3_local(clone, text):
    clone.settings(text)
    assert profiles_of(clone) == LOCAL_S3 + LOCAL_MLFLOW


def test_another_mlflow_takes_the_place_of_the_local_one(clone):
    clone.settings("MLFLOW_TRACKING_URI=https://mlflow.example.org\n")
    assert profiles_of(clone) == LOCAL_S3


def test_celery_gets_its_broker_and_worker(clone):
    clone.settings("AIRFLOW_EXECUTOR=CeleryExecutor\n")
    assert profiles_of(clone) == LOCAL_S3 + LOCAL_MLFLOW + CELERY


@pytest.mark.parametrize(("given", "retries"), [("", "1"), ("AIRFLOW_TASK_RETRIES=3\n", "3")])
def test_with_celery_a_task_is_tried_again_on_another_worker(clone, given, retries):
    clone.settings(f"AIRFLOW_EXECUTOR=CeleryExecutor\n{given}")
    profiles_of(clone)
    assert clone.last()[1]["AIRFLOW_TASK_RETRIES"] == retries


def test_without_celery_nothing_is_said_of_retries(clone):
    clone.settings("")
    profiles_of(clone)
    assert "AIRFLOW_TASK_RETRIES" not in clone.last()[1]


def test_several_replicas_bring_the_file_with_nginx(clone):
    clone.settings("SERVICE_REPLICAS=3\n")
    assert clone.run("compose.sh", "ps").returncode == 0
    assert clone.last()[0][:8] == ["docker", "compose", *FILES, "-f", "docker-compose-replicas.yml"]


@pytest.mark.parametrize("text", ["SERVICE_REPLICAS=1\n", "SERVICE_REPLICAS=\n"])
def test_one_replica_needs_no_nginx(clone, text):
    clone.settings(text)
    assert profiles_of(clone) == LOCAL_S3 + LOCAL_MLFLOW


@pytest.mark.parametrize("number", ["0", "-1", "two", "2.5"])
def test_replicas_that_are_no_number_are_refused_before_anything_is_started(clone, number):
    done = clone.run("build.sh", "up", SERVICE_REPLICAS=number)
    assert done.returncode in (1, 2) and f"SERVICE_REPLICAS={number}" in done.stderr
    assert "not everything became healthy" not in done.stdout
    assert clone.compose() == []


def test_the_environment_wins_over_the_file(clone):
    clone.settings("MLFLOW_TRACKING_URI=https://a.example.org\nAIRFLOW_EXECUTOR=CeleryExecutor\n")
    assert profiles_of(clone, AIRFLOW_EXECUTOR="LocalExecutor") == LOCAL_S3
    clone.settings(ON_AWS)
    profiles_of(clone, AWS_ACCESS_KEY_ID="another")
    assert clone.last()[1]["S3_ACCESS_KEY"] == "another"


def test_an_empty_variable_of_the_environment_wins_too_as_it_does_for_compose(clone):
    clone.settings(ON_AWS)
    assert profiles_of(clone, S3_BUCKET="") == LOCAL_S3 + LOCAL_MLFLOW


@pytest.mark.parametrize(
    "line",
    [
        "AIRFLOW_EXECUTOR='CeleryExecutor'",
        'AIRFLOW_EXECUTOR="CeleryExecutor"',
        "AIRFLOW_EXECUTOR=LocalExecutor\nAIRFLOW_EXECUTOR=CeleryExecutor",
        "export AIRFLOW_EXECUTOR=CeleryExecutor",
        "AIRFLOW_EXECUTOR = CeleryExecutor",
        "AIRFLOW_EXECUTOR=CeleryExecutor # on two machines",
        "AIRFLOW_EXECUTOR=CeleryExecutor\r",
    ],
)
def test_a_setting_counts_in_whatever_spelling_compose_reads(clone, line):
    clone.settings(f"{line}\nMLFLOW_TRACKING_URI= # the local one\n")
    assert profiles_of(clone) == LOCAL_S3 + LOCAL_MLFLOW + CELERY


@pytest.mark.parametrize("in_file", [True, False])
def test_an_archive_on_this_machine_is_mounted_where_the_containers_read_it(clone, in_file):
    archive = clone.folder / "my data" / "the archive.zip"
    archive.parent.mkdir()
    archive.touch()
    for path in (str(archive), "my data/the archive.zip"):
        if in_file:
            clone.settings(f"DATASET={path}\n")
        clone.run("compose.sh", "ps", **({} if in_file else {"DATASET": path}))
        _, told = clone.last()
        assert told["DATASET_FOLDER"] == str(archive.parent)
        assert told["DATASET"] == "/datasets/the archive.zip"


def test_a_search_path_of_cd_leads_nowhere_else(clone):
    elsewhere = clone.tools / "elsewhere" / "data"
    for folder in (elsewhere, clone.folder / "data"):
        folder.mkdir(parents=True)
        (folder / "a.zip").touch()
    clone.run("compose.sh", "ps", CDPATH=str(elsewhere.parent), DATASET="data/a.zip")
    assert clone.last()[1]["DATASET_FOLDER"] == str(clone.folder / "data")


@pytest.mark.parametrize("name", ["sample", "kaggle", "s3://bucket/a.zip"])
def test_a_named_dataset_mounts_nothing(clone, name):
    clone.run("compose.sh", "ps", DATASET=name)
    _, told = clone.last()
    assert told["DATASET"] == name and "DATASET_FOLDER" not in told


def test_arguments_are_passed_on_as_they_are_and_the_status_comes_back(clone):
    arguments = ["run", "launcher", "sh", "-c", 'echo "$HOME" *', "", "two words"]
    clone.answer([["launcher"], "said", 7])
    done = clone.run("compose.sh", *arguments)
    assert clone.last()[0] == [
        *("docker", "compose", *FILES),
        *(*LOCAL_POSTGRES, *LOCAL_S3, *LOCAL_MLFLOW, *arguments),
    ]
    assert (done.stdout, done.returncode) == ("said", 7)


# --- build.sh ------------------------------------------------------------------------------------


LAUNCH = ["run", "--rm", "--no-deps", "--no-TTY", "launcher", "python", "-m", "local.stack"]
UP = ["up", "--detach", "--remove-orphans", "--wait", "--wait-timeout", "600"]
READ_ANEW = ["kill", "--signal", "HUP", "prometheus", "alertmanager"]


def test_build_builds_starts_and_hands_over_to_the_launcher(clone):
    done = clone.run("build.sh", "build")
    assert clone.compose() == [["build"], UP, READ_ANEW, [*LAUNCH, "build"]]
    assert done.returncode == 0, done.stderr


def test_up_starts_what_was_built_before(clone):
    assert clone.run("build.sh", "up").returncode == 0
    assert clone.compose() == [UP, READ_ANEW, [*LAUNCH, "up"]]


def test_the_settings_are_made_before_anything_is_started(clone):
    clone.run("build.sh", "up")
    assert all(env_file for _call, _environment, env_file in clone.noted())
    assert "POSTGRES_PASSWORD=\n" not in (clone.folder / ".env").read_text()


def test_without_an_example_nothing_is_started(clone):
    (clone.folder / ".env.example").unlink()
    assert clone.run("build.sh", "build").returncode == 1
    assert clone.calls() == []


@pytest.mark.parametrize("in_file", [True, False])
@pytest.mark.parametrize("kind", ["absent", "folder"])
@pytest.mark.parametrize("task", ["build", "up"])
def test_an_archive_that_is_none_is_refused_before_anything_is_started(clone, in_file, kind, task):
    (clone.folder / "folder").mkdir()
    clone.settings(f"DATASET={kind if in_file else ''}\n")
    done = clone.run("build.sh", task, **({} if in_file else {"DATASET": kind}))
    assert done.returncode in (1, 2) and f"DATASET={kind}" in done.stderr
    assert "not everything became healthy" not in done.stdout
    assert clone.compose() == []


def test_an_archive_that_is_gone_is_in_the_way_of_nothing_else(clone):
    clone.settings("DATASET=absent\n")
    assert clone.run("compose.sh", "--profile", "*", "down").returncode == 0
    assert clone.compose() == [["down"]]


@pytest.mark.parametrize("name", ["sample", "kaggle", "s3://bucket/a.zip", "a.zip"])
def test_a_dataset_that_can_be_had_is_not_refused(clone, name):
    (clone.folder / "a.zip").touch()
    assert clone.run("build.sh", "up", DATASET=name).returncode == 0
    assert clone.compose() == [UP, READ_ANEW, [*LAUNCH, "up"]]


def test_more_arguments_reach_up_as_words_and_up_alone(clone):
    clone.run("build.sh", "build", COMPOSE_UP_ARGS="--scale grafana=0  --pull never")
    more = ["--scale", "grafana=0", "--pull", "never"]
    assert clone.compose() == [["build"], UP + more, READ_ANEW, [*LAUNCH, "build"]]


def test_a_stack_without_those_that_read_anew_is_no_failure(clone):
    clone.answer([["kill"], "", 1])
    done = clone.run("build.sh", "up", COMPOSE_UP_ARGS="--scale prometheus=0")
    assert done.returncode == 0 and clone.compose()[-1] == [*LAUNCH, "up"]


STATES = {
    "well": "/well running-0 healthy",
    "simple": "/simple running-0 ",
    "done": "/done exited-0 ",
    "sick": "/sick running-0 unhealthy",
    "failed": "/failed exited-3 ",
}


def test_a_failed_start_shows_the_log_of_what_is_not_well_and_fails(clone):
    shown = [[["docker", "logs", name], f"the log of {name}\n", 0] for name in STATES]
    states = [[["inspect", name], f"{state}\n", 0] for name, state in STATES.items()]
    listed = [["--all", "--quiet"], "\n".join(STATES) + "\n", 0]
    clone.answer([["up"], "", 1], listed, *states, *shown)
    done = clone.run("build.sh", "build")
    assert done.returncode == 1
    assert "the log of sick\n" in done.stdout and "the log of failed\n" in done.stdout
    assert done.stdout.count("the log of") == 4  # a heading and a log for each of the two
    assert "sick ends (running-0 unhealthy)" in done.stdout and "make doctor" in done.stdout
    assert ["ps", "--all"] in clone.compose()
    assert not any("launcher" in call for call in clone.calls())


def test_an_image_that_cannot_be_built_starts_nothing(clone):
    clone.answer([["build"], "", 1])
    assert clone.run("build.sh", "build").returncode == 1
    assert clone.compose() == [["build"]]


def test_what_the_launcher_says_is_the_end_of_it(clone):
    clone.answer([["launcher"], "first prediction\n", 1])
    done = clone.run("build.sh", "up")
    assert done.returncode == 1 and done.stdout.endswith("first prediction\n")


# --- in_stack.sh ---------------------------------------------------------------------------------


COMMAND = ["python", "-m", "local.traffic", "--rate", "2 0"]


@pytest.fixture
def local_python(clone):
    """A Python in the clone's environment, which notes its calls as the others do."""
    path = clone.folder / ".venv" / "bin" / "python"
    write_tool(clone.tools / "python", RECORDER)
    path.parent.mkdir(parents=True)
    path.write_text(f'#!{shutil.which("bash")}\nexec "{clone.tools}/python" "$@"\n')
    path.chmod(0o755)


def test_beside_running_containers_a_command_runs_in_the_launcher(clone, local_python):
    clone.settings("")
    clone.answer([["ps"], "0123456789ab\n", 0], [["launcher"], "sent\n", 5])
    done = clone.run("in_stack.sh", *COMMAND)
    question, answer = clone.compose()
    assert question == ["ps", "--quiet", "--status", "running", "service"]
    assert answer == ["run", "--rm", "--no-deps", "--no-TTY", "launcher", *COMMAND]
    assert (done.stdout, done.returncode) == ("sent\n", 5)


def run_locally(clone):
    """Run the command; the calls besides those of docker."""
    assert clone.run("in_stack.sh", *COMMAND).returncode == 0
    return [call for call in clone.calls() if call[0] != "docker"]


LOCALLY = [["make", "--no-print-directory", "env"], ["python", "-m", "local", "run", *COMMAND]]


def test_without_running_containers_a_command_runs_with_the_local_python(clone, local_python):
    clone.settings("")
    assert run_locally(clone) == LOCALLY
    assert clone.compose() == [["ps", "--quiet", "--status", "running", "service"]]


def test_where_docker_does_not_answer_a_command_runs_with_the_local_python(clone, local_python):
    clone.settings("")
    clone.answer([["docker"], "", 1])
    assert run_locally(clone) == LOCALLY


def test_without_docker_a_command_runs_with_the_local_python(clone, local_python):
    clone.settings("")
    (clone.tools / "docker").unlink()
    assert run_locally(clone) == LOCALLY


def test_without_settings_nothing_was_built_and_docker_is_not_asked(clone, local_python):
    assert run_locally(clone) == LOCALLY
    assert clone.compose() == []


def test_an_environment_that_cannot_be_made_ends_it(clone, local_python):
    clone.answer([["make"], "", 2])
    assert clone.run("in_stack.sh", *COMMAND).returncode == 2
    assert [call[0] for call in clone.calls()] == ["make"]


# --- entrypoint.sh -------------------------------------------------------------------------------


def enter(home, *command, **environment):
    options = {"capture_output": True, "text": True, "check": False}
    variables = {"PATH": os.environ["PATH"], "AIRFLOW_HOME": str(home)} | environment
    return subprocess.run(["sh", str(ENTRYPOINT), *command], env=variables, **options)


@pytest.mark.parametrize("password", ["secret", "100%s", 'a "b" \\c', "päss wörd"])
def test_the_password_is_in_a_file_of_its_owner_before_the_command_runs(tmp_path, password):
    done = enter(tmp_path, "cat", f"{tmp_path}/passwords.json", AIRFLOW_ADMIN_PASSWORD=password)
    assert json.loads(done.stdout) == {"admin": password}
    assert stat.S_IMODE((tmp_path / "passwords.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("environment", [{}, {"AIRFLOW_ADMIN_PASSWORD": ""}])
def test_without_a_password_no_file_is_written(tmp_path, environment):
    assert enter(tmp_path, "true", **environment).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_the_command_takes_the_place_of_the_script_with_its_arguments(tmp_path):
    done = enter(tmp_path, "sh", "-c", 'echo "$1|$2"; exit 3', "sh", "two words", "*")
    assert (done.stdout, done.returncode) == ("two words|*\n", 3)


def test_the_command_hears_the_signals_that_the_container_gets(tmp_path):
    variables = {"PATH": os.environ["PATH"], "AIRFLOW_HOME": str(tmp_path)}
    command = ["sh", str(ENTRYPOINT), "sh", "-c", "echo $$"]
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.read() == f"{process.pid}\n"


def test_a_password_that_cannot_be_written_starts_nothing(tmp_path):
    done = enter(tmp_path / "absent", "echo", "started", AIRFLOW_ADMIN_PASSWORD="secret")
    assert done.returncode != 0 and "started" not in done.stdout


# --- all of them ---------------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing():
    scripts = [ENTRYPOINT, *sorted((ROOT / "local").glob("*.sh"))]
    command = ["shellcheck", *(str(path.relative_to(ROOT)) for path in scripts)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_the_scripts_that_make_calls_may_be_executed():
    scripts = (ROOT / "local").glob("*.sh")
    assert [path.name for path in scripts if not os.access(path, os.X_OK)] == []
