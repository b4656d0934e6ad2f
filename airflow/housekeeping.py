"""Deletes what Airflow keeps of old runs: rows of its database and logs of tasks.

`python -m housekeeping` does it once, with `--every-hours 24` again and again. A task may not: it
has no way to the database.
"""

import argparse
import logging
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

log = logging.getLogger(__name__)

KEEP_DAYS = 30
SECONDS_PER_HOUR = 3600


def clean_database(before: datetime) -> bool:
    """Delete rows of runs older than that by `airflow db clean`; whether it went well."""
    options = ["--clean-before-timestamp", before.isoformat(), "--skip-archive", "--yes"]
    command = ["airflow", "db", "clean", *options, "--error-on-cleanup-failure"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        log.warning("Airflow's database was not cleaned: %s", done.stderr[-500:])
    return done.returncode == 0


def clean_logs(folder: Path, before: datetime) -> int:
    """Delete log files last written before that and folders then empty; return how many files."""
    old = [path for path in folder.rglob("*") if _is_file_older(path, before)]
    for path in old:
        path.unlink(missing_ok=True)
    for path in sorted((path.parent for path in old), key=lambda path: -len(path.parts)):
        _remove_empty(path, folder)
    return len(old)


def _is_file_older(path: Path, before: datetime) -> bool:
    """Whether it is a file last written before that; one that has just gone is none."""
    try:
        return path.is_file() and path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _remove_empty(path: Path, top: Path) -> None:
    """Remove a folder below the top, and those above it, as far as they are empty."""
    while path != top and path.is_dir() and not any(path.iterdir()):
        path.rmdir()
        path = path.parent


def clean(folder: Path, keep_days: int) -> bool:
    """Clean logs and database once; whether it went well."""
    before = datetime.now(timezone.utc) - timedelta(days=keep_days)
    files, ok = clean_logs(folder, before), clean_database(before)
    if ok:
        log.info("deleted runs and %d logs of before %s", files, before.date())
    return ok


def main() -> int:
    """Return the exit status: 1 where the database could not be cleaned."""
    parser = argparse.ArgumentParser(prog="python -m housekeeping", description=__doc__)
    parser.add_argument("--keep-days", type=int, default=KEEP_DAYS, help="older goes")
    parser.add_argument("--every-hours", type=float, help="go on, with this pause")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    home = os.environ.get("AIRFLOW_HOME", str(Path.home() / "airflow"))
    logs = Path(os.environ.get("AIRFLOW__LOGGING__BASE_LOG_FOLDER", f"{home}/logs"))
    ok = clean(logs, options.keep_days)
    while options.every_hours:
        time.sleep(options.every_hours * SECONDS_PER_HOUR)
        clean(logs, options.keep_days)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
