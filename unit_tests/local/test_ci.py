"""`make ci` with a small workflow: what passed, failed and could not run stands at the end."""

import pytest

from local import ci

WORKFLOW = """
jobs:
  lint:
    env: {PLACE: /home/runner}
    steps:
      - uses: actions/checkout@v6
      - run: sudo apt-get install nothing
      - run: make lint
      - run: make hooks
        env: {SKIP: pylint}
      - run: make docs
  tests:
    strategy: {matrix: {python: ["3.11", "3.12"]}}
    steps:
      - run: make tests
  images:
    steps:
      - run: make build
  security:
    steps:
      - run: make security CHECKS="audit secrets"
        env: {SECURITY_STRICT: "1"}
"""
MAKEFILE = """
lint: ; @echo linted
hooks: ; @echo "without $(SKIP)$(PLACE)"
tests: ; @echo "SKIPPED [2] unit_tests/test_a.py: promtool is not installed"
build: ; @echo built
security: ; @[ -z "$(SECURITY_STRICT)" ] && printf '\\033[33mskip\\033[0m Pipfile.lock: no answer\\n'
broken: ; @exit 3
"""


@pytest.fixture(name="root")
def repository_with_a_workflow(tmp_path, monkeypatch):
    """A folder with the workflow and the Makefile, on a machine without Docker."""
    (tmp_path / ci.WORKFLOW).parent.mkdir(parents=True)
    (tmp_path / ci.WORKFLOW).write_text(WORKFLOW)
    (tmp_path / "Makefile").write_text(MAKEFILE)
    monkeypatch.setattr(ci, "NEEDS", {"images": "no-such-program-here", "make docs": "false"})
    for name in ("SKIP", "PLACE", "MAKEFLAGS", "MAKELEVEL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def ended(root, capfd, *jobs):
    """The exit status, all lines, and those of the summary."""
    status = ci.main(list(jobs), root)
    lines = capfd.readouterr().out.splitlines()
    return status, lines, lines[lines.index("== make ci") + 1 :]


def test_every_make_step_runs_and_what_could_not_is_listed_and_not_called_passed(root, capfd):
    status, lines, summary = ended(root, capfd)
    assert status == 0
    assert "linted" in lines and "without pylint" in lines and "built" not in lines
    other = {"3.11", "3.12"} - {f"3.{ci.sys.version_info.minor}"}
    assert summary == [
        "passed   lint: make lint",
        "passed   lint: make hooks",
        "not run  lint: make docs: `false` fails",
        "passed   tests: make tests",
        "not run  tests: make tests: [2] unit_tests/test_a.py: promtool is not installed",
        "not run  images: make build: `no-such-program-here` fails",
        'passed   security: make security CHECKS="audit secrets"',
        'not run  security: make security CHECKS="audit secrets": Pipfile.lock: no answer',
        *(f"not run  tests on Python {each}: this environment has another" for each in other),
    ]


def test_a_failure_is_listed_the_steps_behind_it_run_and_the_whole_fails(root, capfd):
    text = (root / ci.WORKFLOW).read_text().replace("make lint", "make broken")
    (root / ci.WORKFLOW).write_text(text)
    status, _, summary = ended(root, capfd, "lint")
    assert status == 1
    assert summary[:2] == ["failed   lint: make broken", "passed   lint: make hooks"]


def test_jobs_can_be_chosen_and_one_that_is_not_there_is_named(root, capfd):
    status, _, summary = ended(root, capfd, "security")
    assert status == 0 and [line[:6] for line in summary] == ["passed", "not ru"]
    assert ci.main(["nothing"], root) == 2
    assert "no such job: nothing; there are lint, tests" in capfd.readouterr().err
