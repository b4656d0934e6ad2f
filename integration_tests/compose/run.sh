#!/usr/bin/env bash
# `make integration_tests`: builds the stack under a project and ports of its own, beside one that may run, and tests
# the loop from drift to a new model and back; then three replicas of the service; then two Celery workers; then the stack
# as on AWS, with PostgreSQL, S3 and a task of the service elsewhere. Leaves nothing. COMPOSE_UP_ARGS as for make build;
# TESTS="loop replicas celery elsewhere", or some of these.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export COMPOSE_PROJECT_NAME=vehicle-price-test
export SERVICE_PORT=19696 FORM_PORT=18501 AIRFLOW_PORT=18080 MLFLOW_PORT=15000 MONITOR_PORT=18085
export PROMETHEUS_PORT=19090 ALERTMANAGER_PORT=19093 GRAFANA_PORT=13000 MAILBOX_PORT=18025
export DATASET=sample TRAIN_TRIALS=1 API_KEY=a-key-of-the-tests
STORES=(docker compose --project-name vehicle-price-elsewhere --file integration_tests/compose/docker-compose-elsewhere.yml)
TASK=vehicle-price-test-task

clean_up() {
  local status=$?
  trap - EXIT
  if [ "$status" != 0 ]; then
    echo "== failed; the containers and the end of their logs:"
    local/compose.sh ps --all
    local/compose.sh logs --tail 40
    docker logs --tail 40 "$TASK" 2>&1 || true
    if [ -n "${KEEP_LOGS:-}" ]; then
      mkdir -p "$KEEP_LOGS"
      local/compose.sh logs --no-color --timestamps >"$KEEP_LOGS/compose.log"
    fi
  fi
  remove_all
  exit "$status"
}

remove_all() {
  docker rm --force "$TASK" >/dev/null 2>&1 || true
  local/compose.sh --profile '*' down --volumes --remove-orphans --timeout 10
  [ -z "${ELSEWHERE:-}" ] || "${STORES[@]}" down --volumes --timeout 2
}

tests() { .venv/bin/pytest -o addopts="--import-mode=importlib --strict-markers" -v "$@"; }

test_loop() {
  local/build.sh build
  tests integration_tests/compose/test_loop.py integration_tests/compose/test_real_images.py
}

test_replicas() {
  export SERVICE_REPLICAS=3
  local/build.sh build
  tests integration_tests/compose/test_replicas.py
  unset SERVICE_REPLICAS
}

test_celery() {
  export AIRFLOW_EXECUTOR=CeleryExecutor AIRFLOW_WORKERS=2
  local/build.sh build
  tests integration_tests/compose/test_celery.py
  unset AIRFLOW_EXECUTOR AIRFLOW_WORKERS
}

test_elsewhere() {
  # An address of this machine that containers reach
  ELSEWHERE=$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}')
  export ELSEWHERE MASTER_PASSWORD=password-of-the-master
  "${STORES[@]}" up --detach --wait --wait-timeout 120
  # As RDS gives it: no superuser
  "${STORES[@]}" exec --no-TTY postgres psql --quiet --username postgres --command \
    "CREATE ROLE master LOGIN CREATEDB CREATEROLE PASSWORD '$MASTER_PASSWORD'"
  export POSTGRES_SSLMODE=disable # the stand-in speaks no TLS
  export POSTGRES_HOST=$ELSEWHERE POSTGRES_USER=master POSTGRES_USER_PASSWORD=$MASTER_PASSWORD
  export S3_BUCKET=elsewhere AWS_REGION=eu-west-1 S3_ENDPOINT_URL=http://$ELSEWHERE:18333
  export AWS_ACCESS_KEY_ID=an-id AWS_SECRET_ACCESS_KEY=a-secret
  export HOST_ADDRESS=$ELSEWHERE SERVICE_TASKS=service
  local/make_env.sh
  local/compose.sh build
  docker run --rm --network host --env S3_BUCKET --env AWS_ENDPOINT_URL_S3="$S3_ENDPOINT_URL" \
    --env AWS_ACCESS_KEY_ID --env AWS_SECRET_ACCESS_KEY \
    "${IMAGES:-vehicle-price}/mlflow:${IMAGE_TAG:-local}" python make_bucket.py
  local/build.sh build
  tests integration_tests/compose/test_elsewhere.py
}

trap clean_up EXIT
trap 'exit 130' INT TERM

# The last leaves settings of AWS behind.
ALL="loop replicas celery elsewhere"
for name in ${TESTS:=$ALL}; do
  case " $ALL " in
    *" $name "*) ;;
    *) echo "TESTS=$TESTS: some of $ALL, or leave it away for all." >&2 && exit 2 ;;
  esac
done
for name in $ALL; do
  case " $TESTS " in
    *" $name "*)
      remove_all
      "test_$name"
      ;;
  esac
done
