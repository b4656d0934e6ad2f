#!/usr/bin/env bash
# Runs a command beside the stack that runs: in the launcher's container where the containers run
# (make build), else with the Python and the settings of the local stack (make demo).
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

containers_run() {
  command -v docker >/dev/null && [ -f .env ] &&
    [ -n "$(local/compose.sh ps --quiet --status running service 2>/dev/null)" ]
}

if containers_run; then
  exec local/in_launcher.sh "$@"
fi
"${MAKE:-make}" --no-print-directory env
exec .venv/bin/python -m local run "$@"
