#!/usr/bin/env bash
# `make build` and `make up`: the containers started and healthy, then what the launcher does with them.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."
START_SECONDS=600
UNUSABLE=2 # what compose.sh ends with where a setting cannot be used, which it has said

say() { printf '\n== %s\n' "$*"; }

# A failed start is shown with the end of the log of each container that is not well.
show_failures() {
  local id name state health
  say "not everything became healthy:"
  local/compose.sh ps --all
  for id in $(local/compose.sh ps --all --quiet); do
    read -r name state health < <(docker inspect --format \
      '{{.Name}} {{.State.Status}}-{{.State.ExitCode}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' "$id")
    case "$state $health" in
      "exited-0 "* | "running-0 " | "running-0 healthy") ;;
      *) say "the log of ${name#/} ends ($state $health):"; docker logs --tail 25 "$id" 2>&1 ;;
    esac
  done
  echo "make doctor looks for what may be wrong with this machine; make logs shows everything."
}

start() {
  local more
  read -ra more <<<"${COMPOSE_UP_ARGS:-}"
  say "starting the containers, and waiting until each is healthy"
  local/compose.sh up --detach --remove-orphans --wait --wait-timeout "$START_SECONDS" ${more[@]+"${more[@]}"} ||
    { [ $? = "$UNUSABLE" ] || show_failures; exit 1; }
  # These read their configuration at start: it may have changed since.
  local/compose.sh kill --signal HUP prometheus alertmanager >/dev/null 2>&1 || true
}

local/make_env.sh
if [ "$1" = build ]; then
  say "building the images"
  local/compose.sh build
fi
start
local/in_launcher.sh python -m local.stack "$1"
