#!/bin/sh
# Writes the passwords that Airflow's sign-in reads, which it wants to be able to write itself, then runs the command.
set -eu
if [ -n "${AIRFLOW_ADMIN_PASSWORD:-}" ]; then
  umask 077
  python -c 'import json, os; print(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))' \
    > "$AIRFLOW_HOME/passwords.json"
fi
exec "$@"
