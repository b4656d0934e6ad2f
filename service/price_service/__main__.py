"""Commands on the prediction log: `python -m price_service {migrate,prune}`."""

import argparse
import sys

from sqlalchemy.exc import SQLAlchemyError

from price_service.migration import migrate
from price_service.prediction_log import PredictionLog
from price_service.redaction import redact
from price_service.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = argparse.ArgumentParser(prog="price_service", description=__doc__)
    parser.add_argument(
        "command",
        choices=("migrate", "prune"),
        help="migrate: bring the log's table to this version; prune: delete rows past their time",
    )
    command = parser.parse_args(arguments).command
    settings = Settings()
    try:
        said = run(command, settings)
    except SQLAlchemyError as error:
        print(
            f"The prediction log (PREDICTION_LOG_URL) cannot be used: {redact(str(error))}",
            file=sys.stderr,
        )
        return 1
    print(said)
    return 0


def run(command: str, settings: Settings) -> str:
    """What was done, in one line."""
    if command == "migrate":
        return f"prediction log at revision {migrate(settings.prediction_log_url)}"
    removed = PredictionLog(settings.prediction_log_url).prune(settings.prediction_retention_days)
    return f"{removed} rows older than {settings.prediction_retention_days} days deleted"


if __name__ == "__main__":
    sys.exit(main())
