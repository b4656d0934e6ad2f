#!/usr/bin/env bash
# docker compose for the whole stack: its files, and the profiles that the settings call for.
# Where AWS or another MLflow is named, the local ones get no profile and do not start.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

UNUSABLE=2 # the exit status where a setting cannot be used; build.sh knows it

# shellcheck source=local/make_env.sh
. local/make_env.sh

# The environment wins over .env, as it does for Compose.
setting() {
  if [ -n "${!1+set}" ]; then
    printf '%s' "${!1}"
  elif [ -f .env ]; then
    value_in .env "$1"
  fi
}

choose_stores() {
  [ -n "$(setting POSTGRES_HOST)" ] || profiles+=(--profile local-postgres)
  if [ -n "$(setting S3_BUCKET)" ] && [ -n "$(setting AWS_REGION)" ]; then
    # Another S3 than AWS's may stand in for it.
    export S3_ENDPOINT_URL S3_ACCESS_KEY S3_SECRET_KEY
    S3_ENDPOINT_URL=$(setting S3_ENDPOINT_URL)
    S3_ACCESS_KEY=$(setting AWS_ACCESS_KEY_ID)
    S3_SECRET_KEY=$(setting AWS_SECRET_ACCESS_KEY)
  else
    profiles+=(--profile local-s3)
  fi
  [ -n "$(setting MLFLOW_TRACKING_URI)" ] || profiles+=(--profile local-mlflow)
}

# A worker on another machine may be lost in the middle of a task: the task is then tried on another.
choose_executor() {
  [ "$(setting AIRFLOW_EXECUTOR)" = CeleryExecutor ] || return 0
  profiles+=(--profile celery)
  export AIRFLOW_TASK_RETRIES
  AIRFLOW_TASK_RETRIES=$(setting AIRFLOW_TASK_RETRIES)
  AIRFLOW_TASK_RETRIES=${AIRFLOW_TASK_RETRIES:-1}
}

choose_replicas() {
  case $(setting SERVICE_REPLICAS) in
    "" | 1) ;;
    0* | *[!0-9]*)
      echo "SERVICE_REPLICAS=$(setting SERVICE_REPLICAS): give a number from 1 on." >&2
      exit "$UNUSABLE"
      ;;
    *) files+=(-f docker-compose-replicas.yml) ;;
  esac
}

# An archive on this machine is mounted into the containers that read it.
mount_dataset() {
  local dataset
  dataset=$(setting DATASET)
  if [ -f "$dataset" ] && [ -r "$dataset" ]; then
    export DATASET_FOLDER DATASET
    DATASET_FOLDER=$(cd "$(dirname "$dataset")" && pwd)
    DATASET=/datasets/$(basename "$dataset")
    return
  fi
  case "$dataset $1" in
    " "* | "kaggle "* | "sample "* | "s3://"*) ;;
    *" build" | *" up")
      echo "DATASET=$dataset: no such file, or you may not read it. Give kaggle, sample or a path." >&2
      exit "$UNUSABLE"
      ;;
  esac
}

files=(-f docker-compose-airflow.yml -f docker-compose-service.yml)
[ -z "$(setting HOST_ADDRESS)" ] || files+=(-f docker-compose-aws.yml)
choose_replicas
profiles=()
choose_stores
choose_executor
mount_dataset "${1:-}"
exec docker compose "${files[@]}" ${profiles[@]+"${profiles[@]}"} "$@"
