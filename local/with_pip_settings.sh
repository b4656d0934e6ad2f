#!/usr/bin/env bash
# Run a command with the index and the certificates that pip is set to: local/with_pip_settings.sh COMMAND...
# uv reads neither pip.conf nor PIP_*, and an older pip does not read SSL_CERT_FILE: behind a company's mirror or proxy
# each would ask the public index, or refuse the certificate. Index: PIP_INDEX_URL, else pip.conf. Certificates:
# SSL_CERT_FILE, PIP_CERT, REQUESTS_CA_BUNDLE, else pip.conf; without any, uv takes those of the machine.
set -euo pipefail

setting() { # name: its value in pip.conf, the one for the single command before the global one
  "$(dirname "$0")/../.venv/tools/bin/python" -m pip config list | sed -n "s/^[a-z]*\.$1='\(.*\)'$/\1/p" | tail -n 1
}

export UV_SYSTEM_CERTS=1
index=${PIP_INDEX_URL:-$(setting index-url)}
[ -z "$index" ] || export PIP_INDEX_URL=$index UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}
certificates=${SSL_CERT_FILE:-${PIP_CERT:-${REQUESTS_CA_BUNDLE:-$(setting cert)}}}
[ -z "$certificates" ] || export SSL_CERT_FILE=$certificates PIP_CERT=${PIP_CERT:-$certificates}
exec "$@"
