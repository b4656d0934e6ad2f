"""Nothing that Terraform would make breaks a rule: read from what the mocked provider was told to make."""

import copy
import json

import pytest

from unit_tests.terraform import terraform_rules as rules
from unit_tests.terraform.terraform_cli import resources

EVERYTHING = "service_and_workflows_join_when_they_are_asked_for"
HOST = "module.host.aws_instance.this"
ROLE = "module.host.aws_iam_role_policy.this"
BUCKET = "module.storage.aws_s3_bucket"
WORLD = {"cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": []}


@pytest.fixture(scope="module")
def stack(terraform) -> dict:
    """The resources of the whole stack, service and workflows included, by their address."""
    said = terraform.must("test", "-json", "-verbose", "-filter=tests/root.tftest.hcl")
    messages = [json.loads(line) for line in said.splitlines()]
    states = {m["@testrun"]: m["test_state"] for m in messages if m["type"] == "test_state"}
    return resources(states[EVERYTHING]["root_module"])


@pytest.fixture
def broken(stack) -> dict:
    """A stack that a test may spoil."""
    return copy.deepcopy(stack)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_stack_keeps_the_rule(stack, rule):
    assert rule(stack) == []


def test_what_the_rules_look_at_is_there(stack):
    kinds = {resource["type"] for resource in stack.values()}
    assert {
        "aws_instance",
        "aws_db_instance",
        "aws_s3_bucket",
        "aws_ecr_repository",
        "aws_iam_role_policy",
        "aws_lb_listener",
        "aws_ecs_service",
        "aws_vpc_security_group_ingress_rule",
    } <= kinds


def test_only_the_load_balancer_is_entered_by_the_world(stack):
    entered = [
        address
        for address, values in rules.of_type(stack, "aws_vpc_security_group_ingress_rule")
        if values["cidr_ipv4"] == "0.0.0.0/0"
    ]
    assert entered == [rules.WORLDS_RULE + f'"0.0.0.0/0-{port}"]' for port in (443, 80)]


def test_a_machine_behind_an_open_door_is_found(broken):
    address = 'module.database.aws_vpc_security_group_ingress_rule.clients["host"]'
    broken[address]["values"]["cidr_ipv4"] = "0.0.0.0/0"
    broken["module.host.aws_security_group.this"]["values"]["ingress"] = [WORLD]
    assert rules.open_to_the_world(broken) == [address, "module.host.aws_security_group.this"]


@pytest.mark.parametrize(
    "rule, address, spoiled",
    [
        (rules.with_a_public_address, HOST, {"associate_public_ip_address": True}),
        (rules.not_encrypted, HOST, {"root_block_device": [{"encrypted": False}]}),
        (
            rules.not_encrypted,
            "module.database.aws_db_instance.this",
            {"storage_encrypted": False},
        ),
        (
            rules.public_buckets,
            f"{BUCKET}_public_access_block.this",
            {"restrict_public_buckets": False},
        ),
        (
            rules.buckets_without_tls,
            f"{BUCKET}_policy.this",
            {"policy": json.dumps({"Statement": []})},
        ),
        (
            rules.listeners_without_tls,
            "module.service[0].aws_lb_listener.http",
            {"default_action": [{"type": "forward"}]},
        ),
        (rules.without_imdsv2, HOST, {"metadata_options": [{"http_tokens": "optional"}]}),
        (rules.with_ssh_keys, HOST, {"key_name": "laptop"}),
        (
            rules.with_movable_tags,
            'module.images.aws_ecr_repository.this["form"]',
            {"image_tag_mutability": "MUTABLE"},
        ),
    ],
)
def test_what_breaks_a_rule_is_found(broken, rule, address, spoiled):
    broken[address]["values"] |= spoiled
    assert rule(broken) == [address]


def test_a_bucket_without_encryption_is_found(broken):
    del broken[f"{BUCKET}_server_side_encryption_configuration.this"]
    assert rules.not_encrypted(broken) == [f"{BUCKET}.this"]


@pytest.mark.parametrize(
    "actions, resource, is_found",
    [
        ("s3:*", "arn:aws:s3:::bucket/*", True),
        ("s3:GetObject", "*", True),
        ("s3:GetObject", "arn:aws:s3:::*", True),
        ("iam:PassRole", "arn:aws:iam::123456789012:role/*", True),
        ("logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:*", True),
        (["ecr:GetAuthorizationToken", "s3:ListAllMyBuckets"], "*", True),
        ("ecr:GetAuthorizationToken", "*", False),
        ("s3:GetObject", "arn:aws:s3:::bucket/data/*", False),
        ("logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:/stack/host:*", False),
    ],
)
def test_a_policy_that_allows_too_much_is_found(broken, actions, resource, is_found):
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    broken[ROLE]["values"]["policy"] = json.dumps({"Statement": [statement]})
    assert rules.too_much_allowed(broken) == ([ROLE] if is_found else [])
