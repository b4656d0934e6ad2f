#!/usr/bin/env bash
# The tests by part, beside one another, as they wait as long as they work: the first is shown as it runs, the others
# when they have ended. COVERAGE=1 measures the coverage of them together, which takes longer. Fails where
# one fails.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."
MAKE=${MAKE:-make}
[ $# -gt 0 ] || { echo "usage: local/test.sh unit|integration|apart|terraform..." >&2; exit 2; }

scratch=$(mktemp -d)
status=0
declare -A started=()
trap 'rm -rf "$scratch"' EXIT
trap stop INT TERM

# Each part is a process group of its own, told as a terminal tells it, so that it stops what it has started.
# shellcheck disable=SC2317 # the trap calls it
stop() {
  for process in "${started[@]}"; do kill -INT -- "-$process" 2>/dev/null || true; done
  wait
  exit 130
}

# Trainings beside one another: threads that spin while they wait would take the others' time.
export OMP_WAIT_POLICY=PASSIVE

tests() { # part, pytest's arguments
  if [ -n "${COVERAGE:-}" ]; then
    COVERAGE_FILE=$scratch/$1.coverage .venv/bin/pytest --cov --cov-report= "${@:2}"
  else
    .venv/bin/pytest "${@:2}"
  fi
}

run() { # part
  case $1 in
    # Not required here: without the provider of AWS its tests say so and are skipped.
    terraform) "$MAKE" --no-print-directory terraform_test TERRAFORM_REQUIRED= ;;
    unit) tests unit unit_tests ;;
    integration) tests integration integration_tests --ignore=integration_tests/{apart,faults,fuzz,upgrade} ;;
    # With stacks of their own, so with processes of their own too
    apart) tests apart integration_tests/apart integration_tests/fuzz/test_nasty_{bodies,requests}.py ;;
    *) echo "local/test.sh: there is no part '$1'" >&2; return 2 ;;
  esac
}

set -m
for part in "${@:2}"; do
  if [ "$part" != terraform ] || command -v terraform >/dev/null; then
    run "$part" >"$scratch/$part.log" 2>&1 &
    started[$part]=$!
  fi
done
run "$1" &
started[$1]=$!
for part in "$@"; do
  [ -n "${started[$part]:-}" ] || continue
  wait "${started[$part]}" || status=1
  [ ! -e "$scratch/$part.log" ] || { echo "== $part"; cat "$scratch/$part.log"; }
done
if compgen -G "$scratch/*.coverage" >/dev/null; then
  export COVERAGE_FILE=$scratch/coverage
  .venv/bin/coverage combine --quiet "$scratch"/*.coverage
  .venv/bin/coverage report
fi
exit "$status"
