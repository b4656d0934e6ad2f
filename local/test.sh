#!/usr/bin/env bash
# `make test` after the linters: the tests, and beside them, where Terraform is on this machine, those of terraform/,
# which wait more than they work. Fails where either does.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."
MAKE=${MAKE:-make}

terraform='' status=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap '[ -z "$terraform" ] || kill "$terraform" 2>/dev/null; exit 130' INT TERM

# Not required here: without the provider of AWS its tests say so and are skipped.
if command -v terraform >/dev/null; then
  "$MAKE" --no-print-directory terraform_test TERRAFORM_REQUIRED= >"$log" 2>&1 &
  terraform=$!
fi
"$MAKE" --no-print-directory tests || status=$?
if [ -n "$terraform" ]; then
  echo "== terraform/"
  wait "$terraform" || status=1
  cat "$log"
fi
exit "$status"
