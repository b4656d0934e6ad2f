"""The whole stack of Terraform on moto's AWS: made, found as it is wanted, and destroyed without a rest.

What moto lacks is left out by files laid over a copy of the modules; terraform/README.md names it.
"""

import datetime
import json
from dataclasses import dataclass

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto.server import ThreadedMotoServer

from unit_tests.terraform.terraform_cli import Terraform, copy_of_project, require_terraform
from unit_tests.terraform.terraform_rules import RULES

REGION, STATE_BUCKET = "us-east-1", "vehicle-price-state"
PROVIDER = """
provider "aws" {
  max_retries                 = 2
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
"""
# What moto forgets, a second plan would set again; auto scaling it cannot make. By module,
# the type and name of a resource with its attributes; for_each or count where the resource is left out as a whole.
FORGOTTEN = {
    "database": {
        ("aws_db_parameter_group", "this"): ["parameter"],
        ("aws_vpc_security_group_ingress_rule", "clients"): ["description"],
    },
    "host": {
        ("aws_instance", "this"): ["ami", "associate_public_ip_address", "vpc_security_group_ids"],
        ("aws_vpc_security_group_ingress_rule", "client"): ["description"],
    },
    "service": {
        ("aws_ecs_service", "this"): [
            "desired_count",
            "task_definition",
            "availability_zone_rebalancing",
            "enable_ecs_managed_tags",
            "health_check_grace_period_seconds",
        ],
        ("aws_vpc_security_group_egress_rule", "inside"): ["description"],
        ("aws_vpc_security_group_egress_rule", "to_tasks"): ["description"],
        ("aws_vpc_security_group_ingress_rule", "from_load_balancer"): ["description"],
        ("aws_vpc_security_group_ingress_rule", "inside"): ["description"],
    },
}
# moto gives each machine a public address, whatever it was asked for.
SAID_BY_MOTO = {"with_a_public_address": ["module.host.aws_instance.this"]}
LEFT_OUT = {
    "service": {
        ("aws_appautoscaling_target", "this"): "for_each = {}",
        ("aws_appautoscaling_policy", "requests"): "count = 0",
        ("aws_appautoscaling_policy", "processor"): "count = 0",
    }
}
MANY_AT_ONCE = "-parallelism=30"  # most of the time is the provider's waiting
# As terraform/README.md has it, but for the bucket, whose lifecycle the provider watches for a minute.
FIRST_STEP = (
    "-target=module.network",
    "-target=module.images",
    "-target=aws_secretsmanager_secret.settings",
    "-target=aws_secretsmanager_secret.api_key",
)
BACKEND = {
    "bucket": STATE_BUCKET,
    "region": REGION,
    "skip_credentials_validation": "true",
    "use_path_style": "true",
}


@dataclass(frozen=True)
class Aws:
    """moto's server, and clients for it."""

    endpoint: str

    def client(self, name: str):
        """A client of one of its services."""
        return boto3.client(
            name,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )

    def variables(self) -> dict[str, str]:
        """What leads Terraform to it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@pytest.fixture(scope="module")
def aws():
    """An AWS with nothing of ours in it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Aws(f"http://{host}:{port}")
    server.stop()


@pytest.fixture(scope="module")
def terraform(aws, tmp_path_factory) -> Terraform:
    """Terraform in a copy of the project, on that AWS, the state in a bucket of it."""
    folder = copy_of_project(tmp_path_factory.mktemp("stack"))
    cache = tmp_path_factory.mktemp("providers")
    require_terraform(folder, cache)
    (folder / "left_out_override.tf").write_text(PROVIDER)
    for module in FORGOTTEN:
        (folder / "modules" / module / "left_out_override.tf").write_text(override(module))
    aws.client("s3").create_bucket(Bucket=STATE_BUCKET)
    (folder / "test.auto.tfvars.json").write_text(json.dumps(everything(aws)))
    made = Terraform(folder, cache, aws.variables())
    made.init("-reconfigure", *(f"-backend-config={key}={value}" for key, value in BACKEND.items()))
    return made


def override(module: str) -> str:
    """The file that lays what moto lacks over a module."""
    bodies = {
        resource: f"lifecycle {{\nignore_changes = [{', '.join(attributes)}]\n}}"
        for resource, attributes in FORGOTTEN[module].items()
    } | LEFT_OUT.get(module, {})
    return "\n".join(
        f'resource "{kind}" "{name}" {{\n{body}\n}}' for (kind, name), body in bodies.items()
    )


def everything(aws: Aws) -> dict:
    """Settings with which all parts are made."""
    return {
        "image_tag": "v1.0.0",
        "keep_data": False,
        "enable_service": True,
        "certificate_arn": certificate(aws),
        "host_names": ["price.example.com"],
        "allowed_cidrs": ["0.0.0.0/0"],
        "github_repository": "owner/vehicle-price",
    }


def certificate(aws: Aws) -> str:
    """The ARN of a certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "price.example.com")])
    today = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today)
        .not_valid_after(today + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    imported = aws.client("acm").import_certificate(
        Certificate=signed.public_bytes(pem), PrivateKey=private
    )
    return imported["CertificateArn"]


def test_the_first_step_of_the_first_apply_tells_where_images_and_settings_go(terraform):
    terraform.must("apply", "-auto-approve", "-no-color", *FIRST_STEP)
    outputs = json.loads(terraform.must("output", "-json"))
    told = ("images", "settings_secret_arn", "api_key_secret_arn")
    assert all(outputs[name]["value"] for name in told)


def test_the_stack_is_made_found_as_it_is_wanted_and_destroyed(aws, terraform):
    terraform.must("apply", "-auto-approve", "-no-color", MANY_AT_ONCE)
    stack = terraform.state()
    second = terraform.run("plan", "-detailed-exitcode", "-no-color")
    assert second.returncode == 0, without_progress(second.stdout) + second.stderr
    broken = {rule.__name__: rule(stack) for rule in RULES}
    assert {name: found for name, found in broken.items() if found} == SAID_BY_MOTO
    assert what_stands(aws) == (1, 1, 5, 2)
    assert len(aws.client("s3").list_object_versions(Bucket=STATE_BUCKET)["Versions"]) > 0
    # The plan above has looked at everything.
    terraform.must("destroy", "-auto-approve", "-no-color", "-refresh=false", MANY_AT_ONCE)
    assert terraform.state() == {}
    assert what_stands(aws) == (0, 0, 0, 0)


def without_progress(said: str) -> str:
    """What a plan would change."""
    return "\n".join(
        line for line in said.splitlines() if not line.startswith(("module.", "data."))
    )


def what_stands(aws: Aws) -> tuple[int, int, int, int]:
    """How many machines, databases, repositories and secrets of ours there are."""
    machines = aws.client("ec2").describe_instances(
        Filters=[{"Name": "instance-state-name", "Values": ["pending", "running", "stopped"]}]
    )
    names = [s["Name"] for s in aws.client("secretsmanager").list_secrets()["SecretList"]]
    return (
        sum(len(reservation["Instances"]) for reservation in machines["Reservations"]),
        len(aws.client("rds").describe_db_instances()["DBInstances"]),
        len(aws.client("ecr").describe_repositories()["repositories"]),
        len([name for name in names if name.startswith("vehicle-price/")]),
    )
