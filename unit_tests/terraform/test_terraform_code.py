"""The Terraform code as it is written: it is formatted, valid, explained, and its own tests pass."""

import re

import pytest

from unit_tests.terraform.terraform_cli import ROOT, Terraform

CODE = ROOT / "terraform"
MODULES = sorted(path.parent for path in CODE.glob("modules/*/versions.tf"))
FOLDERS = [CODE, CODE / "bootstrap", *MODULES]
PARTS = {"network", "storage", "database", "images", "host", "service", "github_access"}
VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
MESSAGE = re.compile(r'error_message = "(\w+): ')


def name_of(folder):
    return str(folder.relative_to(CODE.parent))


def variables_of(folder):
    return VARIABLE.findall((folder / "variables.tf").read_text(encoding="utf-8"))


def in_folder(terraform, folder):
    """Terraform in the copy of a folder, with the provider and without a state."""
    there = Terraform(terraform.folder / folder.relative_to(CODE), terraform.cache)
    if not (there.folder / ".terraform").exists():
        there.init("-backend=false")
    return there


def test_all_modules_of_the_design_are_there():
    assert {folder.name for folder in MODULES} == PARTS


def test_the_code_is_formatted(terraform):
    done = terraform.run("fmt", "-check", "-recursive", "-diff")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_each_folder_is_valid_by_itself(terraform, folder):
    in_folder(terraform, folder).must("validate", "-no-color")


@pytest.mark.parametrize(
    "folder", [folder for folder in FOLDERS if any(folder.glob("tests/*.tftest.hcl"))], ids=name_of
)
def test_terraforms_own_tests_pass(terraform, folder):
    done = in_folder(terraform, folder).run("test", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Success! [1-9]\d* passed, 0 failed", done.stdout), done.stdout


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_each_folder_has_the_usual_files(folder):
    usual = {"main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md"}
    assert usual <= {path.name for path in folder.iterdir()}


def test_all_folders_ask_for_the_same_versions():
    assert len({(folder / "versions.tf").read_text(encoding="utf-8") for folder in FOLDERS}) == 1


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_each_variable_is_typed_described_and_refuses_with_its_name(folder):
    for name, body in variables_of(folder):
        assert re.search(r"^  type +=", body, re.MULTILINE), f"{name} has no type"
        assert re.search(r"^  description = \"[A-Z].+\.\"$", body, re.MULTILINE), f"{name}: what?"
        if not re.search(r"^  type += bool$", body, re.MULTILINE):
            assert set(MESSAGE.findall(body)) == {name}, f"{name} is not validated by its name"


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_each_output_says_what_it_is(folder):
    text = (folder / "outputs.tf").read_text(encoding="utf-8")
    assert text.count('output "') == text.count("\n  description = ") > 0


def test_the_state_is_remote_locked_and_encrypted_and_names_no_bucket():
    text = (CODE / "backend.tf").read_text(encoding="utf-8")
    assert 'backend "s3"' in text
    assert re.search(r"use_lockfile += true", text) and re.search(r"encrypt += true", text)
    assert not re.search(r"^ *bucket", text, re.MULTILINE)


def test_the_example_of_settings_knows_every_name_it_gives(terraform):
    names = {name for name, _ in variables_of(CODE)}
    text = (CODE / "terraform.tfvars.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(?:# )?(\w+) += ", text, re.MULTILINE)) <= names
