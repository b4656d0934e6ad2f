"""What may stand in no state of the project, whatever the module: each rule gives the addresses that break it."""

import json
import re
from collections.abc import Callable, Iterator

WORLD = {"0.0.0.0/0", "::/0"}
ENTERED_BY_THE_WORLD = "-load-balancer"
WORLDS_RULE = "module.service[0].aws_vpc_security_group_ingress_rule.world["
# `*`, or an ARN that names a type of resource alone: arn:aws:s3:::*, arn:aws:iam::1:role/*
TYPES = "role|policy|cluster|service|task-definition|repository|log-group|secret|instance"
UNNAMED = re.compile(rf"^\*|^arn(:[^:]*){{4}}:(({TYPES})[/:])?\*|^arn:[^:]*:s3:::[^/]*\*")
# AWS knows no resource for these: https://docs.aws.amazon.com/service-authorization/
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "ecs:DescribeTaskDefinition",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
POLICIES = {"aws_iam_role_policy", "aws_iam_policy"}


def open_to_the_world(resources: dict) -> list[str]:
    """Ways in from everywhere, other than to the load balancer."""
    doors = {
        values["id"]
        for _, values in of_type(resources, "aws_security_group")
        if values["name"].endswith(ENTERED_BY_THE_WORLD)
    }
    broken = [
        address
        for address, values in of_type(resources, "aws_vpc_security_group_ingress_rule")
        if {values.get("cidr_ipv4"), values.get("cidr_ipv6")} & WORLD
        and not (address.startswith(WORLDS_RULE) and values["security_group_id"] in doors)
    ]
    return broken + [
        address
        for kind in ("aws_security_group", "aws_default_security_group")
        for address, values in of_type(resources, kind)
        if any(WORLD & _ranges(rule) for rule in values.get("ingress") or [])
    ]


def with_a_public_address(resources: dict) -> list[str]:
    """Machines, tasks, databases and subnets that the internet could call."""
    fields = {
        "aws_instance": "associate_public_ip_address",
        "aws_db_instance": "publicly_accessible",
        "aws_subnet": "map_public_ip_on_launch",
    }
    broken = [
        address
        for kind, name in fields.items()
        for address, values in of_type(resources, kind)
        if values.get(name)
    ]
    return broken + [
        address
        for address, values in of_type(resources, "aws_ecs_service")
        if any(network.get("assign_public_ip") for network in values["network_configuration"])
    ]


def not_encrypted(resources: dict) -> list[str]:
    """Disks, databases and repositories without encryption; buckets without the resource that says it."""
    broken = [
        address
        for address, values in of_type(resources, "aws_instance")
        if not all(disk["encrypted"] for disk in _disks(values))
    ]
    broken += _without(resources, "aws_db_instance", lambda values: values["storage_encrypted"])
    broken += _without(
        resources, "aws_ecr_repository", lambda values: values["encryption_configuration"]
    )
    broken += _without(resources, "aws_ebs_volume", lambda values: values["encrypted"])
    return broken + _buckets_without(
        resources, "aws_s3_bucket_server_side_encryption_configuration"
    )


def public_buckets(resources: dict) -> list[str]:
    """Buckets that can be made public, whole or an object of them."""
    closed = ("block_public_acls", "block_public_policy", "ignore_public_acls")
    broken = _without(
        resources,
        "aws_s3_bucket_public_access_block",
        lambda values: all(values[name] for name in (*closed, "restrict_public_buckets")),
    )
    return broken + _buckets_without(resources, "aws_s3_bucket_public_access_block")


def buckets_without_tls(resources: dict) -> list[str]:
    """Buckets whose policy does not refuse a request without TLS."""
    broken = _without(
        resources,
        "aws_s3_bucket_policy",
        lambda values: any(
            statement["Effect"] == "Deny"
            and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
            for statement in statements(values["policy"])
        ),
    )
    return broken + _buckets_without(resources, "aws_s3_bucket_policy")


def listeners_without_tls(resources: dict) -> list[str]:
    """Listeners that answer in the clear, or by an old TLS."""

    def is_safe(values: dict) -> bool:
        if values["protocol"] == "HTTPS":
            return "TLS13" in values["ssl_policy"]
        return [action["type"] for action in values["default_action"]] == ["redirect"]

    return _without(resources, "aws_lb_listener", is_safe)


def too_much_allowed(resources: dict) -> list[str]:
    """Policies that allow `*` where a name would do."""
    return [
        address
        for kind in POLICIES
        for address, values in of_type(resources, kind)
        if any(_is_too_wide(statement) for statement in statements(values["policy"]))
    ]


def without_imdsv2(resources: dict) -> list[str]:
    """Machines whose role can be taken by a request that was only forwarded."""
    return _without(
        resources,
        "aws_instance",
        lambda values: [options["http_tokens"] for options in values["metadata_options"]]
        == ["required"],
    )


def with_ssh_keys(resources: dict) -> list[str]:
    """Machines that a key opens: Session Manager is the way in."""
    return _without(resources, "aws_instance", lambda values: not values.get("key_name"))


def with_movable_tags(resources: dict) -> list[str]:
    """Repositories whose tags can be moved to another image."""
    return _without(
        resources,
        "aws_ecr_repository",
        lambda values: values["image_tag_mutability"] == "IMMUTABLE",
    )


RULES: tuple[Callable[[dict], list[str]], ...] = (
    open_to_the_world,
    with_a_public_address,
    not_encrypted,
    public_buckets,
    buckets_without_tls,
    listeners_without_tls,
    too_much_allowed,
    without_imdsv2,
    with_ssh_keys,
    with_movable_tags,
)


def of_type(resources: dict, kind: str) -> Iterator[tuple[str, dict]]:
    """Address and values of each resource of a type."""
    for address, resource in resources.items():
        if resource["type"] == kind:
            yield address, resource["values"]


def statements(policy: str) -> list[dict]:
    """The statements of a policy's JSON, each with lists of actions and resources."""
    found = json.loads(policy)["Statement"]
    return [
        statement | {name: _listed(statement.get(name, [])) for name in ("Action", "Resource")}
        for statement in found
    ]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _is_too_wide(statement: dict) -> bool:
    if statement["Effect"] != "Allow":
        return False
    if "NotAction" in statement or "NotResource" in statement:
        return True
    actions = set(statement["Action"])
    if any("*" in action for action in actions):
        return True
    unnamed = any(UNNAMED.search(resource) for resource in statement["Resource"])
    return unnamed and not actions <= WITHOUT_RESOURCE


def _without(resources: dict, kind: str, is_well: Callable[[dict], object]) -> list[str]:
    return [address for address, values in of_type(resources, kind) if not is_well(values)]


def _buckets_without(resources: dict, kind: str) -> list[str]:
    named = {values["bucket"] for _, values in of_type(resources, kind)}
    return [
        address
        for address, values in of_type(resources, "aws_s3_bucket")
        if values["id"] not in named
    ]


def _disks(values: dict) -> list[dict]:
    return (values.get("root_block_device") or []) + (values.get("ebs_block_device") or [])


def _ranges(rule: dict) -> set[str]:
    return set(rule.get("cidr_blocks") or []) | set(rule.get("ipv6_cidr_blocks") or [])
