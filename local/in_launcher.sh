#!/usr/bin/env bash
# Runs a command in the launcher's container, on the network of the running containers.
set -euo pipefail
terminal=$([ -t 0 ] && [ -t 1 ] || echo --no-TTY)
exec "$(dirname "${BASH_SOURCE[0]}")/compose.sh" run --rm --no-deps $terminal launcher "$@"
