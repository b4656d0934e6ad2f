import os
import pty
import shutil
import socket
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from unit_tests.compose.compose_files import MADE

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "local" / "doctor.sh"
PARTS = "SERVICE FORM AIRFLOW MLFLOW MONITOR PROMETHEUS ALERTMANAGER GRAFANA MAILBOX".split()
# All that the script may need of a machine besides docker and df, which are stand-ins here.
TOOLS = ("awk", "bash", "dirname", "find", "head", "sort", "tail")
DOCKER = """#!/usr/bin/env bash
echo "$*" >>"$ASKED"
answer() { if [ -n "$1" ]; then echo "$1"; else echo "$COMPLAINT" >&2; exit 1; fi; }
case "$*" in
  version*) answer "$ENGINE" ;;
  "compose version --short") answer "$COMPOSE" ;;
  "ps --filter label=com.docker.compose.project=vehicle-price --format {{.Ports}}") echo "$OWN" ;;
  "info --format {{.MemTotal}}") echo "$MEMORY_BYTES" ;;
  "info --format {{.DockerRootDir}}") echo "$IMAGES" ;;
  *) exit 64 ;;
esac
"""
DF = """#!/usr/bin/env bash
echo "df $*" >>"$ASKED"
echo "Filesystem 1024-blocks Used Available Capacity Mounted on"
echo "/dev/disk 99999999999 1 $FREE_KILOBYTES 1% /a place"
"""
GOOD_ANSWERS = {
    "ENGINE": "27.3.1",
    "COMPOSE": "2.29.7",
    "COMPLAINT": "no",
    "OWN": "",
    "MEMORY_BYTES": "16000000000",
    "IMAGES": "/nowhere/docker",
    "FREE_KILOBYTES": "50000000",
}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@dataclass
class Machine:
    """A clone of the project on a machine with stand-ins of docker and df, and what it answers."""

    folder: Path
    tools: Path
    settings: dict = field(default_factory=dict)
    answers: dict = field(default_factory=GOOD_ANSWERS.copy)

    def command(self, **environment):
        (self.folder / ".env").write_text("".join(f"{k}={v}\n" for k, v in self.settings.items()))
        places = {
            "PATH": str(self.tools),
            "ASKED": str(self.tools / "asked"),
            "DOCTOR_MEMINFO": str(self.tools / "meminfo"),
        }
        return {
            "args": ["bash", str(SCRIPT), str(self.folder)],
            "env": self.answers | places | environment,
        }

    def has_available(self, kilobytes):
        (self.tools / "meminfo").write_text(f"MemTotal: 99 kB\nMemAvailable:  {kilobytes} kB\n")

    def doctor(self, **environment):
        """The lines of the doctor and its exit status."""
        return self.run(**self.command(**environment))

    def run(self, **command):
        done = subprocess.run(**command, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.stdout.splitlines(), done.returncode

    def asked(self):
        return (self.tools / "asked").read_text().splitlines()


@contextmanager
def taken(port):
    """Something listens on the port: a server of ours, unless there is one already."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            server.bind(("127.0.0.1", port))
            server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def listener():
    with taken(0) as port:
        yield port


@pytest.fixture
def machine(tmp_path, listener):  # the listener first: its port is none of the free ones
    clone, tools = tmp_path / "clone", tmp_path / "tools"
    for folder in (
        tools,
        *(clone / name for name in ("evidently_service/config", "local", "setup")),
    ):
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        (folder / "file").touch()
        (folder / "file").chmod(0o644)
    clone.chmod(0o755)
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool))
    for name, text in (("docker", DOCKER), ("df", DF)):
        (tools / name).write_text(text.replace("/usr/bin/env bash", str(shutil.which("bash"))))
        (tools / name).chmod(0o755)
    shutil.copy(ROOT / ".env.example", clone)
    (clone / ".env").touch(mode=0o600)
    made = Machine(clone, tools)
    made.has_available(8_000_000)
    ports = zip(PARTS, free_ports(len(PARTS)), strict=True)
    made.settings = {f"{part}_PORT": port for part, port in ports} | dict.fromkeys(
        MADE.findall((ROOT / ".env.example").read_text(encoding="utf-8")), "x"
    )
    return made


def line_on(subject, lines):
    """The one line on a subject, such as `disk`."""
    found = [line for line in lines if line[5:].startswith(f"{subject}:")]
    assert len(found) == 1, lines
    return found[0]


def bad_lines(lines):
    return [line for line in lines if line.startswith("bad ")]


def only_bad_line(report):
    """The only line that is bad, which must make the exit status 1."""
    lines, status = report
    assert len(bad_lines(lines)) == 1 and status == 1, lines
    return bad_lines(lines)[0]


def test_on_a_good_machine_everything_is_ok(machine):
    lines, status = machine.doctor()
    subjects = [line[5:].partition(":")[0] for line in lines]
    assert subjects == [
        *("Docker", "Compose", "memory", "disk"),
        *(f"{part}_PORT" for part in PARTS),
        *("port 8793", "port 8794"),
        *(".env", "secrets", "DATASET", "AWS"),
        *("evidently_service/config", "local", "setup"),
    ]
    words = {line[:5] for line in lines if not line[5:].startswith("port ")}
    assert words == {"ok   "} and status == 0


def test_it_only_asks_and_changes_nothing(machine):
    machine.doctor()
    before = sorted(machine.folder.rglob("*"))
    machine.doctor()
    assert sorted(machine.folder.rglob("*")) == before
    asked = {" ".join(line.split()[:2]) for line in machine.asked()}
    questions = {"version --format", "ps --filter", "info --format", "compose version"}
    assert asked == questions | {"df -Pk"}


def test_without_docker_it_says_where_to_get_it_and_looks_at_the_rest_all_the_same(machine):
    (machine.tools / "docker").unlink()
    report = machine.doctor()
    assert "Docker: not found" in only_bad_line(report) and "https://" in only_bad_line(report)
    assert line_on("memory", report[0]) and line_on("FORM_PORT", report[0])


def test_an_engine_that_one_may_not_use_is_told_apart_from_one_that_does_not_run(machine):
    machine.answers |= {"ENGINE": "", "COMPLAINT": "permission denied while trying to connect"}
    assert "usermod -aG docker $USER" in only_bad_line(machine.doctor())
    machine.answers["COMPLAINT"] = "warning: x\nCannot connect to the Docker daemon"
    said = only_bad_line(machine.doctor())
    assert "systemctl start docker" in said and "(Cannot connect to the Docker daemon)" in said


@pytest.mark.parametrize("version", ["23.0.6", "20.10.24+dfsg1", "dev"])
def test_an_engine_that_is_too_old_is_bad(machine, version):
    machine.answers["ENGINE"] = version
    assert f"engine {version} is older than 24" in only_bad_line(machine.doctor())


@pytest.mark.parametrize("version", ["24.0.0", "26.1.5+dfsg1", "100.0.1-rc.1"])
def test_an_engine_that_is_new_enough_is_ok(machine, version):
    machine.answers["ENGINE"] = version
    assert line_on("Docker", machine.doctor()[0]) == f"ok   Docker: engine {version}"


@pytest.mark.parametrize("version", ["2.23.0", "v2.9.9", "1.29.2"])
def test_a_compose_that_is_too_old_is_bad(machine, version):
    machine.answers["COMPOSE"] = version
    assert "older than 2.23.1" in only_bad_line(machine.doctor())


@pytest.mark.parametrize("version", ["2.23.1", "v2.24.5+ds1-0ubuntu1", "2.100.0", "5.0.0"])
def test_a_compose_that_is_new_enough_is_ok(machine, version):
    machine.answers["COMPOSE"] = version
    assert line_on("Compose", machine.doctor()[0]).startswith("ok ")


def test_without_compose_v2_it_says_where_to_get_it(machine):
    machine.answers["COMPOSE"] = ""
    assert "'docker compose' is not there" in only_bad_line(machine.doctor())


@pytest.mark.parametrize(
    ("kilobytes", "word", "status"),
    [(4_882_000, "bad", 1), (4_884_000, "warn", 0), (5_859_000, "warn", 0), (5_860_000, "ok", 0)],
)
def test_five_gigabytes_of_memory_are_needed_and_six_are_better(machine, kilobytes, word, status):
    machine.has_available(kilobytes)
    lines, exit_status = machine.doctor()
    assert line_on("memory", lines).split()[0] == word and exit_status == status


def test_where_there_is_no_meminfo_the_memory_of_docker_counts(machine):
    (machine.tools / "meminfo").unlink()
    machine.answers["MEMORY_BYTES"] = "4100000000"
    assert "memory: 4.1 GB, and 5.0 GB are needed" in only_bad_line(machine.doctor())


def test_a_docker_that_may_use_less_than_the_machine_has_is_found(machine):
    machine.answers["MEMORY_BYTES"] = "2000000000"
    assert "memory: 2.0 GB" in only_bad_line(machine.doctor())


def test_memory_that_cannot_be_measured_is_a_warning(machine):
    (machine.tools / "meminfo").unlink()
    (machine.tools / "docker").unlink()
    assert line_on("memory", machine.doctor()[0]).startswith("warn ")


def test_twelve_gigabytes_of_disk_are_needed(machine):
    machine.answers["FREE_KILOBYTES"] = "11718000"
    assert "disk: 11.9 GB" in only_bad_line(machine.doctor())
    machine.answers["FREE_KILOBYTES"] = "11719000"
    assert line_on("disk", machine.doctor()[0]).startswith("ok ")


def test_a_disk_that_cannot_be_measured_is_a_warning(machine):
    (machine.tools / "df").unlink()
    lines, status = machine.doctor()
    assert line_on("disk", lines).startswith("warn ") and status == 0


def test_the_disk_is_that_of_the_images_where_it_can_be_seen_else_that_of_the_project(machine):
    machine.doctor()
    machine.answers["IMAGES"] = str(machine.tools)
    machine.doctor()
    places = [line for line in machine.asked() if line.startswith("df ")]
    assert places == [f"df -Pk {machine.folder}", f"df -Pk {machine.tools}"]


def test_what_a_running_stack_holds_already_is_not_missed(machine):
    machine.answers |= {"OWN": "127.0.0.1:1->1/tcp", "FREE_KILOBYTES": "1"}
    machine.has_available(1)
    lines, status = machine.doctor()
    assert line_on("memory", lines).startswith("warn ") and line_on("disk", lines).startswith(
        "warn "
    )
    assert status == 0


@pytest.mark.parametrize("port", [29_000, 65_500])
def test_a_taken_port_is_named_with_its_setting_and_a_free_one_is_proposed(machine, port):
    machine.settings["FORM_PORT"] = port
    with taken(port), taken(29_100):
        said = only_bad_line(machine.doctor())
        assert f"FORM_PORT: {port} is taken" in said
        proposed = int(said.rpartition("make build FORM_PORT=")[2])
        assert proposed not in (port, 29_100) and 1024 <= proposed <= 65_535
        with socket.socket() as server:
            server.bind(("127.0.0.1", proposed))


def test_on_macos_airplay_is_named_as_the_one_that_listens_on_5000(machine):
    machine.settings["MLFLOW_PORT"] = 5000
    with taken(5000):
        assert "AirPlay Receiver" in only_bad_line(machine.doctor(OSTYPE="darwin23"))
        assert "AirPlay" not in only_bad_line(machine.doctor(OSTYPE="linux-gnu"))


def test_a_port_that_this_stack_publishes_is_ok(machine, listener):
    machine.settings["FORM_PORT"] = listener
    machine.answers["OWN"] = f"8501/tcp\n127.0.0.1:1->1/tcp, 127.0.0.1:{listener}->8501/tcp"
    lines, status = machine.doctor()
    assert line_on("FORM_PORT", lines).startswith("ok ") and status == 0


def test_a_port_that_only_ends_like_one_of_this_stack_is_taken(machine, listener):
    machine.settings["FORM_PORT"] = listener
    machine.answers["OWN"] = f"127.0.0.1:1{listener}->{listener}/tcp"
    assert "FORM_PORT" in only_bad_line(machine.doctor())


def test_the_environment_wins_over_the_file_and_the_file_over_the_example(machine, listener):
    assert only_bad_line(machine.doctor(GRAFANA_PORT=str(listener))).startswith("bad  GRAFANA_PORT")
    del machine.settings["GRAFANA_PORT"]
    assert " 3000 " in line_on("GRAFANA_PORT", machine.doctor()[0])


def test_a_port_that_two_settings_name_is_bad(machine):
    port = machine.settings["MAILBOX_PORT"] = machine.settings["SERVICE_PORT"]
    assert f"MAILBOX_PORT: {port} is SERVICE_PORT too" in only_bad_line(machine.doctor())


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "08501", "99999999999999999999"])
def test_what_is_no_port_is_bad(machine, port):
    machine.settings["FORM_PORT"] = port
    assert f"FORM_PORT: '{port}' is no port" in only_bad_line(machine.doctor())


def test_the_port_of_an_mlflow_that_is_not_started_does_not_matter(machine, listener):
    machine.settings |= {"MLFLOW_PORT": listener, "MLFLOW_TRACKING_URI": "http://mlflow.example"}
    assert machine.doctor()[1] == 0
    assert "FORM_PORT" in only_bad_line(machine.doctor(FORM_PORT=str(listener)))


def test_a_port_that_airflow_takes_outside_containers_is_a_warning(machine):
    with taken(8793):
        lines, status = machine.doctor()
    assert line_on("port 8793", lines).startswith("warn ") and status == 0


def test_a_clone_without_an_env_file_yet_is_ok(machine):
    command = machine.command()
    (machine.folder / ".env").unlink()
    ports = {name: str(value) for name, value in machine.settings.items() if "PORT" in name}
    lines, status = machine.run(args=command["args"], env=command["env"] | ports)
    assert line_on(".env", lines).startswith("ok ") and status == 0


@pytest.mark.parametrize("mode", [0o604, 0o640])
def test_an_env_file_that_others_can_read_is_a_warning(machine, mode):
    (machine.folder / ".env").chmod(mode)
    lines, status = machine.doctor()
    assert "chmod 600 .env" in line_on(".env", lines) and status == 0


def test_an_env_file_that_is_none_is_bad(machine):
    command = machine.command()
    (machine.folder / ".env").unlink()
    (machine.folder / ".env").mkdir()
    lines, status = machine.run(**command)
    assert line_on(".env", lines).startswith("bad ") and status == 1


def test_an_empty_secret_is_bad_unless_the_environment_has_it(machine):
    machine.settings |= {"POSTGRES_PASSWORD": "", "S3_SECRET_KEY": '""'}
    said = only_bad_line(machine.doctor())
    assert "POSTGRES_PASSWORD S3_SECRET_KEY" in said and "local/make_env.sh" in said
    assert machine.doctor(POSTGRES_PASSWORD="x", S3_SECRET_KEY="x")[1] == 0


@pytest.mark.parametrize("dataset", ["", "sample", "s3://bucket/archive.zip", "archive.zip"])
def test_a_dataset_that_can_be_had_is_ok(machine, dataset):
    (machine.folder / "archive.zip").touch()
    (machine.folder / "archive.zip").chmod(0o644)
    lines, status = machine.doctor(DATASET=dataset)
    assert line_on("DATASET", lines).startswith("ok ") and status == 0


def test_an_archive_that_is_not_there_is_bad(machine):
    machine.settings["DATASET"] = "'my archive.zip'"
    assert "my archive.zip: no such file" in only_bad_line(machine.doctor())


@pytest.mark.parametrize("closed", ["downloads", "downloads/archive.zip"])
def test_an_archive_that_only_its_owner_can_read_is_a_warning(machine, closed):
    (machine.folder / "downloads").mkdir(mode=0o755)
    (machine.folder / "downloads" / "archive.zip").touch(mode=0o644)
    (machine.folder / closed).chmod(0o700)
    lines, status = machine.doctor(DATASET="downloads/archive.zip")
    assert "chmod o+r 'downloads/archive.zip'" in line_on("DATASET", lines) and status == 0


@pytest.mark.parametrize("key", ["KAGGLE_USERNAME", "KAGGLE_KEY"])
def test_kaggle_with_half_a_key_is_bad_and_it_says_where_to_get_them(machine, key):
    said = only_bad_line(machine.doctor(DATASET="kaggle", **{key: "x"}))
    assert "setup/setup_kaggle.md" in said


@pytest.mark.parametrize(
    "keys", [{"KAGGLE_USERNAME": "me", "KAGGLE_KEY": "x"}, {"KAGGLE_API_TOKEN": "x"}]
)
def test_kaggle_with_its_keys_is_ok(machine, keys):
    machine.settings |= keys | {"DATASET": "kaggle"}
    assert machine.doctor()[1] == 0


@pytest.mark.parametrize(
    ("given", "absent"), [("S3_BUCKET", "AWS_REGION"), ("AWS_REGION", "S3_BUCKET")]
)
def test_one_half_of_the_settings_of_aws_is_bad(machine, given, absent):
    machine.settings[given] = "x"
    assert f"{given} is set, {absent} is not" in only_bad_line(machine.doctor())
    machine.settings[absent] = "x"
    assert machine.doctor()[1] == 0


@pytest.mark.parametrize(
    ("path", "mode"), [("evidently_service/config/file", 0o600), ("setup", 0o700)]
)
def test_a_file_that_containers_cannot_read_is_bad(machine, path, mode):
    (machine.folder / path).chmod(mode)
    said = only_bad_line(machine.doctor())
    assert f"cannot read {path}" in said and "chmod -R o+rX evidently_service/config" in said


def test_a_folder_that_containers_need_and_that_is_gone_is_bad(machine):
    shutil.rmtree(machine.folder / "evidently_service")
    assert "git checkout -- evidently_service/config" in only_bad_line(machine.doctor())


def test_colours_are_for_a_terminal(machine):
    assert not any("\033" in line for line in machine.doctor()[0])
    outside, inside = pty.openpty()
    with subprocess.Popen(**machine.command(), stdout=inside) as process:
        os.close(inside)
        first = os.read(outside, 5)
        with suppress(OSError):  # Linux's word for: the other end is closed
            while os.read(outside, 4096):
                pass
        os.close(outside)
    assert first == b"\033[32m" and process.returncode == 0


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing():
    subprocess.run(["shellcheck", "-x", str(SCRIPT)], check=True)
