#!/usr/bin/env bash
# `make deploy_bundle`: what a host needs to run the containers, as the last commit has it, packed into
# s3://DEPLOY_BUCKET/deploy/stack.tar.gz, from which a new host starts. Without DEPLOY_BUCKET it stays in .local/deploy.
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

BUNDLE=.local/deploy/stack.tar.gz
# The Compose files, and what these mount and the scripts read. The images hold the rest.
CONTENT=(':(glob)docker-compose-*.yml' local evidently_service/config setup/runbook.md service/rds-ca-bundle.pem .env.example)

fail() {
  echo "$1" >&2
  exit 1
}

[ -z "$(git status --porcelain -- "${CONTENT[@]}")" ] ||
  fail "Not everything that goes into the bundle is committed: git status -- ${CONTENT[*]}"
mkdir -p "$(dirname "$BUNDLE")"
git archive --format=tar.gz --output="$BUNDLE" HEAD -- "${CONTENT[@]}"
echo "$BUNDLE holds the stack of commit $(git rev-parse --short HEAD)"
if [ -n "${DEPLOY_BUCKET:-}" ]; then
  aws s3 cp --only-show-errors "$BUNDLE" "s3://$DEPLOY_BUCKET/deploy/stack.tar.gz"
  echo "It is in s3://$DEPLOY_BUCKET/deploy/stack.tar.gz; hosts that start from now on run it."
fi
