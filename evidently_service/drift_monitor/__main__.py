"""Commands of the monitor: `python -m drift_monitor alertmanager-config FILE`.

The monitor itself runs under Gunicorn: `gunicorn --config gunicorn.conf.py
"drift_monitor:create_app()"`.
"""

import argparse
import sys
from pathlib import Path

from pydantic import ValidationError

from drift_monitor import alertmanager_config
from drift_monitor.settings import AlertSettings, sentences


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    root = argparse.ArgumentParser(
        prog="python -m drift_monitor",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = root.add_subparsers(dest="command", required=True)
    config = commands.add_parser(
        "alertmanager-config",
        help="write Alertmanager's configuration, whole or not at all",
        description="Writes Alertmanager's configuration from ALERT_EMAIL_TO, ALERT_EMAIL_FROM,"
        " SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASSWORD, SLACK_WEBHOOK_URL, ALERT_WEBHOOK_URL."
        " Without SMTP_HOST mail goes to the stack's own mailbox.",
    )
    config.add_argument("file", type=Path, help="such as /etc/alertmanager/alertmanager.yml")
    return root


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit status, with the reason on standard error where it is not 0."""
    file = parser().parse_args(arguments).file
    try:
        settings = AlertSettings()
        alertmanager_config.write(settings, file)
    except ValidationError as error:
        print(*sentences(error), "Nothing is written. Mend it in .env.", sep="\n", file=sys.stderr)
        return 1
    except OSError as error:
        reason = f"{file} cannot be written ({error.strerror}): name a file in a folder that is"
        print(reason, "there and that this user may write to.", file=sys.stderr)
        return 1
    print(f"{file} is written. {alertmanager_config.described(settings)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
