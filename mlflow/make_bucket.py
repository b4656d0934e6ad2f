"""Makes the bucket of artifacts and data sets on the S3 server in its container, once."""

import logging
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger("make_bucket")
THERE = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")


def main(variables: dict[str, str]) -> int:
    """Make S3_BUCKET at AWS_ENDPOINT_URL_S3; the exit status."""
    bucket, endpoint = variables["S3_BUCKET"], variables["AWS_ENDPOINT_URL_S3"]
    config = Config(connect_timeout=5, retries={"mode": "standard", "max_attempts": 5})
    # Whatever AWS_REGION is set for: only in this region a bucket is made without naming one.
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=config)
    try:
        make(client, bucket)
    except (BotoCoreError, ClientError) as error:
        logger.error("the bucket %s at %s cannot be made: %s", bucket, endpoint, error)
        return 1
    return 0


def make(client, bucket: str) -> None:
    """Make the bucket unless it is there."""
    try:
        client.create_bucket(Bucket=bucket)
        logger.info("made the bucket %s", bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in THERE:
            raise
        logger.info("the bucket %s is there", bucket)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    logger.setLevel(logging.INFO)
    sys.exit(main(dict(os.environ)))
