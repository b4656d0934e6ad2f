"""`make security` in a small repository, with recording stand-ins for the tools and for Docker."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("security.sh", "make_env.sh")
TOOLS = ("pip-audit", "pre-commit")
HOOKS = (
    "secrets",
    "secrets-in-tests",
    "hadolint",
    "zizmor",
    "workflows-schema",
    "dependabot-schema",
)
REAL = Path(sys.executable).parent
PINS = ("Pipfile.lock", "local/installers.txt")
SECRET = "w9Xk2Qm7Lr4Tz8Vb"
# Notes the call; says and does what answers.json has for the first call that fits.
RECORDER = f"""#!{sys.executable} -IS
import json, pathlib, sys
folder = pathlib.Path(sys.argv[0]).parent
call = [pathlib.Path(sys.argv[0]).name, *sys.argv[1:]]
notes = pathlib.Path("NOTES")
with open(notes / "calls", "a") as calls:
    calls.write(json.dumps(call) + "\\n")
for words, text, status in json.loads((notes / "answers.json").read_text()):
    if all(any(word in part for part in call) for word in words):
        sys.stdout.write(text)
        sys.exit(status)
"""
NO_DOCKER = [["docker", "version"], "", 1]
IMAGES = ("airflow", "mlflow", "service", "monitor", "form")


def audit(*packages):
    """What pip-audit writes; a package is (name, ids of its flaws), or a name unknown to it."""
    told = []
    for package in packages:
        if isinstance(package, str):
            told.append({"name": package, "skip_reason": "not found on PyPI"})
        else:
            flaws = [{"id": flaw, "fix_versions": ["2.0"]} for flaw in package[1]]
            told.append({"name": package[0], "version": "1.0", "vulns": flaws})
    return json.dumps({"dependencies": told, "fixes": []})


@dataclass
class Repository:
    """A repository with the script and stand-ins for all that it calls."""

    folder: Path
    notes: Path

    def run(self, *checks, **environment):
        """What the script says, a line each, and how it ends."""
        command = ["bash", str(self.folder / "local" / "security.sh"), *checks]
        path = f"{self.notes}{os.pathsep}{os.environ['PATH']}"
        variables = {"PATH": path, "HOME": str(self.notes)} | environment
        options = {"cwd": self.notes, "capture_output": True, "text": True, "check": False}
        done = subprocess.run(command, env=variables, **options)
        assert done.stderr == ""
        return done.stdout.splitlines(), done.returncode

    def answer(self, *answers):
        """What the stand-ins do, the first that fits: (parts of the call, output, exit status)."""
        (self.notes / "answers.json").write_text(json.dumps(answers))

    def calls(self, name):
        path = self.notes / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [call[1:] for call in map(json.loads, lines) if call[0] == name]

    def write(self, name, text="text\n", track=True):
        """Write a file, and tell git of it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if track:
            git(self.folder, "add", "--force", name)


def git(folder, *words):
    # A hook of git tells its own repository to whatever it runs.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *words], cwd=folder, env=outside, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    made = Repository(tmp_path / "the clone", tmp_path / "notes")
    for folder in (
        made.folder / ".venv" / "bin",
        made.folder / ".venv" / "tools" / "bin",
        made.notes,
    ):
        folder.mkdir(parents=True)
    git(made.folder, "init", "--quiet")
    for script in SCRIPTS:
        made.write(f"local/{script}", (ROOT / "local" / script).read_text())
    made.write(".env.example", "# (made)\nPOSTGRES_PASSWORD=\nAPI_KEY=\n")
    for name in PINS:
        made.write(name)
    programs = [made.folder / ".venv" / "bin" / name for name in TOOLS]
    programs += [made.folder / ".venv" / "tools" / "bin" / "pipenv", made.notes / "docker"]
    for program in programs:
        program.write_text(RECORDER.replace("NOTES", str(made.notes)))
        program.chmod(0o755)
    (made.folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    made.answer(*FINE)
    return made


PIPENV = [["pipenv", "requirements"], "numpy==1.0 --hash=sha256:0\n", 0]
FINE = [PIPENV, [["pip-audit"], audit(("numpy", [])), 0], NO_DOCKER]


def words(lines):
    return [line.split()[0] for line in lines]


def about(title, lines):
    """The one line about something."""
    [found] = [line for line in lines if title in line]
    return found


# --- all checks ----------------------------------------------------------------------------------


def test_where_nothing_is_wrong_every_check_says_so(repository):
    lines, status = repository.run()
    assert status == 0 and set(words(lines)) == {"ok", "skip"}
    assert about("skip", lines).startswith("skip images: not looked into")
    assert len(repository.calls("pip-audit")) == len(PINS)
    assert tuple(call[-1] for call in repository.calls("pre-commit")) == HOOKS
    assert all({"run", "--all-files"} <= set(call) for call in repository.calls("pre-commit"))


def test_checks_can_be_chosen(repository):
    lines, _ = repository.run("dockerfiles")
    assert len(lines) == 1 and "hadolint" in lines[0]
    assert [call[-1] for call in repository.calls("pre-commit")] == ["hadolint"]


def test_a_check_that_is_not_there_is_bad(repository):
    lines, status = repository.run("dockerfile")
    assert status == 1 and "There are: audit secrets" in lines[0]


def test_a_tool_that_is_missing_is_bad_and_says_how_to_get_it(repository):
    (repository.folder / ".venv" / "bin" / "pre-commit").unlink()
    lines, status = repository.run()
    assert status == 1
    assert ".venv/bin/pre-commit is not there. Run: make env" in "\n".join(lines)


@pytest.mark.parametrize("hook", HOOKS)
def test_what_a_hook_finds_is_bad_and_shown(repository, hook):
    answers = [[["pre-commit", other], "", 0] for other in HOOKS if other.startswith(f"{hook}-")]
    repository.answer(*answers, [["pre-commit", hook], "Location: a/Dockerfile:3", 1], *FINE)
    lines, status = repository.run()
    assert status == 1 and words(lines).count("bad") == 1
    assert "Location: a/Dockerfile:3" in about("bad ", lines)


@pytest.mark.parametrize(("strict", "status"), [("", 0), ("1", 2)])
def test_what_was_skipped_is_a_failure_where_that_is_asked_for(repository, strict, status):
    assert repository.run("images", SECURITY_STRICT=strict)[1] == status


def test_what_is_bad_outdoes_what_was_skipped(repository):
    repository.answer([["pre-commit", "hadolint"], "DL3006", 1], *FINE)
    assert repository.run("dockerfiles", "images", SECURITY_STRICT="1")[1] == 1


# --- audit ---------------------------------------------------------------------------------------


def test_the_lock_and_the_installers_are_audited_with_all_their_packages_and_hashes(repository):
    lines, status = repository.run("audit")
    assert status == 0 and [line.split(":")[0] for line in lines] == [
        f"ok   {name}" for name in PINS
    ]
    assert repository.calls("pipenv") == [["requirements", "--dev", "--hash"]]
    assert all(
        {"--require-hashes", "--disable-pip"} <= set(call) for call in repository.calls("pip-audit")
    )


def test_a_known_vulnerability_is_bad_and_named_with_the_version_that_mends_it(repository):
    found = audit(("numpy", ["GHSA-1", "GHSA-2"]), ("pandas", []))
    repository.answer(PIPENV, [["pip-audit"], found, 1])
    lines, status = repository.run("audit")
    assert status == 1
    assert (
        "  numpy 1.0 GHSA-1 (mended in 2.0)" in lines
        and "  numpy 1.0 GHSA-2 (mended in 2.0)" in lines
    )


@pytest.mark.parametrize("said", ["", "Traceback (most recent call last):\n"])
def test_a_database_out_of_reach_is_said_and_no_all_clear(repository, said):
    repository.answer(PIPENV, [["pip-audit"], said, 1])
    lines, status = repository.run("audit")
    assert status == 0 and words(lines) == ["skip", "skip"]
    assert "out of reach" in lines[0]
    assert repository.run("audit", SECURITY_STRICT="1")[1] == 2


def test_packages_that_the_database_does_not_answer_for_are_counted_and_no_all_clear(repository):
    repository.answer(PIPENV, [["pip-audit"], audit("numpy", ("pandas", [])), 0])
    lines, _ = repository.run("audit")
    assert words(lines) == ["skip", "skip"] and "no answer for 1 of 2 packages" in lines[0]


def test_a_vulnerability_is_told_though_other_packages_got_no_answer(repository):
    repository.answer(PIPENV, [["pip-audit"], audit("numpy", ("pandas", ["GHSA-3"])), 1])
    lines, status = repository.run("audit")
    assert status == 1 and "GHSA-3" in "\n".join(lines) and "1 of 2 packages" in "\n".join(lines)


@pytest.mark.parametrize("answer", [["", 1], ["", 0]])
def test_a_lock_that_cannot_be_read_is_bad(repository, answer):
    repository.answer([["pipenv"], *answer])
    lines, status = repository.run("audit")
    assert status == 1 and "cannot be read" in lines[0]


# --- secrets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "API_KEY", "KAGGLE_KEY"])
def test_a_secret_of_this_machine_in_a_tracked_file_is_bad_and_not_repeated(repository, name):
    repository.write(".env", f"{name}={SECRET}\n", track=False)
    assert "ok   secrets: none of .env is tracked" in repository.run("own_secrets")[0]
    repository.write("notes.md", f"try {SECRET} here\n")
    lines, status = repository.run("own_secrets")
    assert status == 1 and "notes.md" in about("none of .env", lines)
    assert SECRET not in "\n".join(lines)


HEXADECIMAL = "9c3f1145e5d9" + "0b7a42d86c1e"
PLANTED = {
    "service/settings.py": 'password = "Zk3' + '8vQpL0xw2RtYb"\n',
    "service/examples.py": f'example = {{"token": "{HEXADECIMAL}"}}\n',
    "benchmarks/results.json": f'{{"dataset": "{HEXADECIMAL}"}}\n',
    "unit_tests/test_b.py": 'KEY = "AKIA' + 'Q4ZB6DKWN3TPLM2X"\n',
    "terraform/modules/host/tests/host.tftest.hcl": 'key = "AKIA' + 'Q4ZB6DKWN3TPLM2X"\n',
    "service/key.pem": "-----BEGIN RSA " + "PRIVATE KEY-----\n",
}
HARMLESS = {
    "service/examples.py": f'example = {{"dataset_version": "{HEXADECIMAL[:12]}"}}\n',
    "benchmarks/results.json": f'{{"dataset": "{HEXADECIMAL[:12]}", "commit": "{HEXADECIMAL[:20] * 2}"}}\n',
    "unit_tests/test_b.py": 'password = "Zk3' + '8vQpL0xw2RtYb"\n',
}


@pytest.fixture(name="scanned")
def repository_with_the_real_hooks(repository, monkeypatch):
    """The small repository with the project's own hooks and the real scanner."""
    shutil.copy(ROOT / ".pre-commit-config.yaml", repository.folder)
    git(repository.folder, "add", ".pre-commit-config.yaml")
    for name in ("pre-commit", "detect-secrets-hook"):
        if not (REAL / name).exists():
            pytest.skip(f"{name} is not installed")
        program = repository.folder / ".venv" / "bin" / name
        program.unlink(missing_ok=True)
        program.symlink_to(REAL / name)
    return repository


@pytest.mark.parametrize("name", PLANTED)
def test_the_real_scanner_finds_what_is_planted(scanned, name):
    scanned.write(name, PLANTED[name])
    lines, status = scanned.run("secrets")
    assert status == 1 and name in "\n".join(lines)


def test_the_real_scanner_takes_no_number_of_a_data_set_or_password_of_a_test_for_a_secret(scanned):
    for name, text in HARMLESS.items():
        scanned.write(name, text)
    lines, status = scanned.run("secrets")
    assert status == 0, lines


# --- images --------------------------------------------------------------------------------------


def images(
    inside="uid 10001\n",
    user="vehicle",
    environment="PATH=/bin\nGPG_KEY=A035C8\n",
    history="COPY .",
):
    """What Docker says of every image."""
    return [
        [["docker", "--rm"], inside, 0],
        [["docker", "{{.Config.User}}"], f"{user}\n", 0],
        [["docker", ".Config.Env"], environment, 0],
        [["docker", "history"], history, 0],
    ]


def test_an_image_as_it_should_be_is_looked_at_in_every_respect(repository):
    repository.answer(*images())
    lines, status = repository.run("images")
    assert status == 0 and words(lines) == ["ok"] * 3 * len(IMAGES)
    assert f"ok   vehicle-price/{IMAGES[0]}:local: runs as vehicle, uid 10001" == lines[0]


def test_an_image_is_looked_into_without_a_network_and_left_behind_by_none(repository):
    repository.answer(*images())
    repository.run("images", IMAGES="registry.example/cars", IMAGE_TAG="v1")
    run = next(call for call in repository.calls("docker") if call[0] == "run")
    assert run[:7] == ["run", "--rm", "--network", "none", "--read-only", "--entrypoint", "sh"]
    assert run[7] == "registry.example/cars/airflow:v1" and {"gcc", "uv", "pipenv"} <= set(run)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"user": ""}, "runs as root"),
        ({"user": "root"}, "runs as root"),
        ({"user": "0:0"}, "runs as root"),
        ({"inside": "uid 0\n"}, "runs as root"),
        (
            {"inside": "uid 10001\n/usr/bin/gcc\n/bin/uv\n"},
            "tools of the build: /usr/bin/gcc /bin/uv",
        ),
        ({"environment": "PATH=/bin\nKAGGLE_KEY=abc\n"}, "has a value for KAGGLE_KEY"),
        (
            {"environment": "SMTP_PASSWORD=abc\nA_TOKEN=x\n"},
            "has a value for SMTP_PASSWORD A_TOKEN",
        ),
    ],
)
def test_an_image_as_it_should_not_be_is_bad(repository, told, said):
    repository.answer(*images(**told))
    lines, status = repository.run("images")
    assert status == 1 and len([line for line in lines if said in line]) == len(IMAGES)


def test_an_empty_variable_is_no_secret(repository):
    repository.answer(*images(environment="API_KEY=\nGPG_KEY=A035C8\n"))
    assert repository.run("images")[1] == 0


def test_a_secret_of_this_machine_in_the_history_of_an_image_is_bad_and_not_repeated(repository):
    repository.write(".env", f"POSTGRES_PASSWORD={SECRET}\n", track=False)
    repository.answer(*images(history=f"RUN curl -u me:{SECRET} http://x"))
    lines, status = repository.run("images")
    assert status == 1 and "metadata" in lines[2] and SECRET not in "\n".join(lines)


def test_an_image_that_is_not_there_is_skipped(repository):
    repository.answer([["docker", "image", "inspect"], "", 1])
    lines, status = repository.run("images")
    assert status == 0 and words(lines) == ["skip"] * len(IMAGES) and "make build" in lines[0]


def test_an_image_that_does_not_start_is_bad(repository):
    repository.answer([["docker", "--rm"], "no such file: sh", 127])
    lines, status = repository.run("images")
    assert status == 1 and "cannot be looked into: no such file: sh" in lines[0]


def test_the_images_are_those_of_the_compose_files():
    text = "".join(path.read_text() for path in ROOT.glob("docker-compose-*.yml"))
    built = {part.split(":")[0] for part in text.split("${IMAGES:-vehicle-price}/")[1:]}
    assert built == set(IMAGES)


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_shellcheck_finds_nothing():
    subprocess.run(["shellcheck", "-x", str(ROOT / "local" / "security.sh")], check=True)
