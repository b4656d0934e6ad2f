"""The bucket of artifacts and data sets, made on an S3 server as the job of the containers does it."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from unit_tests.compose.compose_files import environment_of
from unit_tests.ports import free_port

MAKE_BUCKET = Path(__file__).resolve().parents[2] / "mlflow" / "make_bucket.py"
KEYS = {"S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret"}
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def endpoint():
    """The address of moto's S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket():
    return f"bucket-{uuid4().hex}"


def s3(endpoint, region="us-east-1"):
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    return boto3.client("s3", endpoint_url=endpoint, region_name=region, **keys)


def make_bucket(endpoint, bucket="", **settings):
    """Run the job, told what Compose tells it, where these are the settings."""
    chosen = {"S3_ENDPOINT_URL": endpoint, "S3_BUCKET": bucket}
    told = environment_of("bucket", KEYS | chosen | settings)
    outside = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, str(MAKE_BUCKET)]
    options = {"capture_output": True, "text": True, "timeout": PATIENCE_SECONDS, "check": False}
    return subprocess.run(command, env=outside | told, **options)


def test_the_bucket_is_made_and_said(endpoint, bucket):
    done = make_bucket(endpoint, bucket)
    assert (done.returncode, done.stderr) == (0, f"made the bucket {bucket}\n")
    assert s3(endpoint).list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_where_no_bucket_is_named_it_is_that_of_the_project(endpoint):
    assert make_bucket(endpoint).returncode == 0
    assert s3(endpoint).head_bucket(Bucket="vehicle-price")


def test_a_second_run_keeps_the_bucket_with_all_in_it(endpoint, bucket):
    make_bucket(endpoint, bucket)
    s3(endpoint).put_object(Bucket=bucket, Key="model.ubj", Body=b"trees")
    assert make_bucket(endpoint, bucket).returncode == 0
    assert s3(endpoint).get_object(Bucket=bucket, Key="model.ubj")["Body"].read() == b"trees"


def test_a_bucket_that_the_server_says_is_there_is_no_failure(endpoint, bucket):
    # In its first region AWS says nothing of a bucket that is there; of one of another it does.
    place = {"LocationConstraint": "eu-west-1"}
    s3(endpoint, "eu-west-1").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    done = make_bucket(endpoint, bucket)
    assert (done.returncode, done.stderr) == (0, f"the bucket {bucket} is there\n")


def test_a_region_that_is_set_without_a_bucket_on_aws_is_no_obstacle(endpoint, bucket):
    done = make_bucket(endpoint, bucket, AWS_REGION="eu-west-1")
    assert done.returncode == 0, done.stderr


def test_a_name_that_no_bucket_may_have_is_refused_with_the_reason(endpoint):
    done = make_bucket(endpoint, "B")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"the bucket B at {endpoint} cannot be made" in done.stderr


def test_a_server_that_is_not_there_is_named_within_seconds():
    nowhere = f"http://127.0.0.1:{free_port()}"
    done = make_bucket(nowhere, "bucket")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"the bucket bucket at {nowhere} cannot be made" in done.stderr
