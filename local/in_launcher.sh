#!/usr/bin/env bash
# Runs a command in the launcher's container, on the network of the running containers.
set -euo pipefail
terminal=()
if ! { [ -t 0 ] && [ -t 1 ]; }; then terminal=(--no-TTY); fi
exec "$(dirname "${BASH_SOURCE[0]}")/compose.sh" run --rm --no-deps ${terminal[@]+"${terminal[@]}"} launcher "$@"
