"""Makes MLflow's user `reader`, who may read every model and run and change none.

For an MLflow that asks for a login: what serves models and watches them signs in as this user.
"""

import logging
import os
import sys

from mlflow.exceptions import MlflowException
from mlflow.server import get_app_client
from mlflow.server.auth.client import AuthServiceClient

logger = logging.getLogger("make_reader")
READER = "reader"
IS_THERE = "RESOURCE_ALREADY_EXISTS"


def main(variables: dict[str, str]) -> int:
    """Give `reader` MLFLOW_READER_PASSWORD at MLFLOW_TRACKING_URI; the exit status.

    Signs in as the administrator, MLFLOW_TRACKING_USERNAME with MLFLOW_TRACKING_PASSWORD.
    """
    address = variables["MLFLOW_TRACKING_URI"]
    try:
        make(get_app_client("basic-auth", address), variables["MLFLOW_READER_PASSWORD"])
    except MlflowException as error:
        logger.error("the user %s at %s cannot be made: %s", READER, address, error)
        return 1
    return 0


def make(client: AuthServiceClient, password: str) -> None:
    """Make the user, or give it the password where it is there."""
    try:
        client.create_user(READER, password)
        logger.info("made the user %s", READER)
    except MlflowException as error:
        if error.error_code != IS_THERE:
            raise
        client.update_user_password(READER, password)
        logger.info("the user %s is there", READER)


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    logger.setLevel(logging.INFO)
    sys.exit(main(dict(os.environ)))
