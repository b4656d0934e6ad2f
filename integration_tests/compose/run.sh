#!/usr/bin/env bash
# `make integration_tests`: builds the stack under a project and ports of its own, beside one that may run, tests the
# loop from drift to a new model and back, and leaves nothing. COMPOSE_UP_ARGS as for make build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export COMPOSE_PROJECT_NAME=vehicle-price-test
export SERVICE_PORT=19696 FORM_PORT=18501 AIRFLOW_PORT=18080 MLFLOW_PORT=15000 MONITOR_PORT=18085
export PROMETHEUS_PORT=19090 ALERTMANAGER_PORT=19093 GRAFANA_PORT=13000 MAILBOX_PORT=18025
export DATASET=sample TRAIN_TRIALS=1 API_KEY=a-key-of-the-tests

clean_up() {
  local status=$?
  trap - EXIT
  if [ "$status" != 0 ]; then
    echo "== failed; the containers and the end of their logs:"
    local/compose.sh ps --all
    local/compose.sh logs --tail 40
    if [ -n "${KEEP_LOGS:-}" ]; then
      mkdir -p "$KEEP_LOGS"
      local/compose.sh logs --no-color --timestamps >"$KEEP_LOGS/compose.log"
    fi
  fi
  local/compose.sh --profile '*' down --volumes --remove-orphans --timeout 10
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

local/build.sh build
.venv/bin/pytest -o addopts="--import-mode=importlib --strict-markers" -v integration_tests/compose
