"""A copy of the project's Terraform with the provider at hand, shared by the tests of this folder."""

import pytest

from unit_tests.terraform.terraform_cli import Terraform, copy_of_project, require_terraform


@pytest.fixture(scope="session")
def terraform(tmp_path_factory) -> Terraform:
    """Terraform in the root of a copy, without the state's bucket; skips where it cannot be had."""
    folder = copy_of_project(tmp_path_factory.mktemp("terraform"))
    cache = tmp_path_factory.mktemp("terraform_providers")
    require_terraform(folder, cache)
    return Terraform(folder, cache)
