#!/usr/bin/env bash
# `make deploy_service`: the images of a tag onto the services of an ECS cluster: waits until they are stable, then
# asks the price service (/ready, a prediction, /model). When anything fails, all services go back to the task
# definitions that they had before, and the exit status is 1. Needs aws, curl and jq; reads:
# ECS_CLUSTER, ECS_SERVICES (names, blanks between), IMAGES (what stands before the images' names), IMAGE_TAG,
# SERVICE_URL (the price service's address), API_KEY_SECRET_ARN (of Secrets Manager; empty: the service is open).
set -euo pipefail
unset CDPATH

LISTING='{"manufacturer": "ford", "model": "f-150", "year": 2014, "odometer": 80000}'
# From what describe-task-definition tells, what register-task-definition takes.
# shellcheck disable=SC2016 # jq's variables
NEW_DEFINITION='
  def is_ours: .image | startswith($images + "/");
  if any(.taskDefinition.containerDefinitions[]; is_ours) then . else error("no container runs an image of " + $images) end
  | (.tags // []) as $tags
  | .taskDefinition
  | del(.taskDefinitionArn, .revision, .status, .requiresAttributes, .compatibilities,
        .registeredAt, .registeredBy, .deregisteredAt)
  | .containerDefinitions |= map(if is_ours then .image |= sub("(@sha256)?:[^:/]+$"; "") + ":" + $tag else . end)
  | if $tags == [] then . else .tags = $tags end'

before=()  # "service task-definition" as it was
changed=0  # whether a service was told to change
answer=    # of the last request

say() { printf '== %s\n' "$*"; }

fail() {
  echo "$*" >&2
  exit 1
}

check_settings() {
  local name
  for name in ECS_CLUSTER ECS_SERVICES IMAGES IMAGE_TAG SERVICE_URL; do
    [ -n "${!name:-}" ] || fail "$name is not set."
  done
  for name in aws curl jq; do
    command -v "$name" >/dev/null || fail "$name is not installed."
  done
}

ecs() { aws ecs "$@"; }

# --- task definitions ----------------------------------------------------------------------------

definition_of() { # service: the task definition that it is to run
  ecs describe-services --cluster "$ECS_CLUSTER" --services "$1" --query 'services[0].taskDefinition' --output text
}

note_before() { # service
  local definition
  definition=$(definition_of "$1")
  case $definition in
    arn:* | *:[0-9]*) before+=("$1 $definition") ;;
    *) fail "The cluster $ECS_CLUSTER has no service $1." ;;
  esac
}

family_of() { # task definition, with or without what stands before its name
  local name=${1##*/}
  echo "${name%:*}"
}

# The family's newest revision may hold settings of Terraform's that no service runs yet: it leaves services alone.
with_tag() { # task definition: the ARN of a new one of its family with the images of IMAGE_TAG
  local described
  described=$(ecs describe-task-definition --task-definition "$(family_of "$1")" --include TAGS --output json) || return
  described=$(jq --arg images "$IMAGES" --arg tag "$IMAGE_TAG" "$NEW_DEFINITION" <<<"$described") || return
  ecs register-task-definition --cli-input-json "$described" --query taskDefinition.taskDefinitionArn --output text
}

run_definition() { # service definition
  ecs update-service --cluster "$ECS_CLUSTER" --service "$1" --task-definition "$2" --query service.status \
    --output text >/dev/null
}

wait_until_stable() {
  # shellcheck disable=SC2086 # a list of names
  ecs wait services-stable --cluster "$ECS_CLUSTER" --services $ECS_SERVICES || fail "The services did not become stable in time."
}

# --- to the new tag ------------------------------------------------------------------------------

after=() # "service task-definition" as it is to be

register_all() {
  local each definition
  for each in "${before[@]}"; do
    definition=$(with_tag "${each#* }") || fail "No task definition of ${each% *} with the tag $IMAGE_TAG could be made."
    after+=("${each% *} $definition")
  done
}

update_all() {
  local each
  changed=1
  for each in "${after[@]}"; do
    say "${each% *}: ${each#* }"
    run_definition "${each% *}" "${each#* }"
  done
}

# The circuit breaker of a service goes back by itself, and the service is stable then.
check_kept() {
  local each
  for each in "${after[@]}"; do
    [ "$(definition_of "${each% *}")" = "${each#* }" ] || fail "${each% *} went back by itself: its new tasks did not become healthy."
  done
}

# --- smoke test ----------------------------------------------------------------------------------

key_header() { # as curl reads it from its input: on a command line every user of the machine could see it
  [ -z "$api_key" ] || printf 'header = "X-API-Key: %s"\n' "$api_key"
}

ask() { # path curl-options ...: the answer, into $answer
  local path=$1
  shift
  answer=$(key_header | curl --config - --silent --show-error --fail --max-time 20 --retry 5 --retry-all-errors \
    "$@" "${SERVICE_URL%/}$path") || fail "$path does not answer as it should."
}

read_key() {
  api_key=
  [ -z "${API_KEY_SECRET_ARN:-}" ] ||
    api_key=$(aws secretsmanager get-secret-value --secret-id "$API_KEY_SECRET_ARN" --query SecretString --output text)
}

smoke_test() {
  read_key
  ask /ready
  ask /predict --header 'Content-Type: application/json' --data "$LISTING"
  jq --exit-status '.price > 0 and .low <= .price and .price <= .high' <<<"$answer" >/dev/null ||
    fail "/predict gives no price: $answer"
  say "a prediction: $(jq --compact-output '{price, low, high, model_version}' <<<"$answer")"
  ask /model
  jq --exit-status '(.version // "") != ""' <<<"$answer" >/dev/null || fail "/model names no version: $answer"
  say "the model that serves: version $(jq --raw-output .version <<<"$answer")"
}

# --- back ----------------------------------------------------------------------------------------

roll_back() {
  local each failed=0
  say "failed: back to what ran before"
  for each in "${before[@]}"; do
    say "${each% *}: ${each#* }"
    run_definition "${each% *}" "${each#* }" || failed=1
  done
  (wait_until_stable) || failed=1
  if [ $failed = 0 ]; then
    say "what ran before runs again"
  else
    say "NOT EVERYTHING WENT BACK. By hand, for each line above:"
    say "aws ecs update-service --cluster $ECS_CLUSTER --service NAME --task-definition ARN"
  fi
}

end() {
  local status=$?
  trap - EXIT
  if [ $status != 0 ] && [ $changed = 1 ]; then
    set +e
    roll_back
    exit 1
  fi
  exit $status
}

main() {
  local service
  check_settings
  for service in $ECS_SERVICES; do note_before "$service"; done
  register_all
  trap end EXIT
  trap 'exit 130' INT TERM
  update_all
  say "waiting until the services are stable"
  wait_until_stable
  check_kept
  smoke_test
  say "$IMAGE_TAG is deployed"
}

main
