#!/usr/bin/env bash
# `make security`: what could let somebody in, a line each: ok, bad, or skip where it could not be looked at.
# Arguments name checks (CHECKS="audit images"); without any, all run.
# Exit status 1 when something is bad; 2 when SECURITY_STRICT is set, as in CI, and something was skipped.
# Runs on macOS's bash 3.2 too.
# shellcheck source-path=SCRIPTDIR
set -uo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

. local/make_env.sh

CHECKS="audit secrets own_secrets dockerfiles workflows images"
OUR_IMAGES="airflow mlflow service monitor form"
BUILD_TOOLS=(gcc g++ cc clang make cmake ld as cargo git uv pipenv)
# Settings that hold a secret, besides those that .env.example marks as made.
MORE_NAMES="API_KEY KAGGLE_KEY KAGGLE_API_TOKEN AWS_SECRET_ACCESS_KEY SMTP_PASSWORD SLACK_WEBHOOK_URL"
# Of Python's own image: the fingerprint of the key that its source is signed with.
PUBLIC_KEYS="GPG_KEY"
found_bad=0
skipped=0

say() { # colour word text ...
  local colour=$1 word=$2
  shift 2
  if [ -t 1 ]; then
    printf '\033[%sm%-4s\033[0m %s\n' "$colour" "$word" "$*"
  else
    printf '%-4s %s\n' "$word" "$*"
  fi
}

ok() { say 32 ok "$@"; }

bad() {
  say 31 bad "$@"
  found_bad=1
}

skip() {
  say 33 skip "$@"
  skipped=1
}

tool() { # name arguments ...: a program of the development environment
  local program=.venv/bin/$1
  shift
  if [ ! -x "$program" ]; then
    echo "$program is not there. Run: make env"
    return 127
  fi
  "$program" "$@"
}

judge() { # title command ...: ok where the command succeeds; what it says where it does not
  local title=$1 said
  shift
  if said=$("$@" 2>&1); then
    ok "$title"
  else
    bad "$title: $said"
  fi
}

# --- vulnerabilities of the packages -------------------------------------------------------------

# pip-audit calls a package that its database does not answer for «skipped», and ends well: count them.
READ_AUDIT='
import json, sys
packages = json.load(sys.stdin)["dependencies"]
for package in packages:
    for flaw in package.get("vulns", []):
        fixed = ", ".join(flaw["fix_versions"]) or "no version"
        print("flaw", package["name"], package["version"], flaw["id"], "(mended in " + fixed + ")")
print("unknown", sum("skip_reason" in package for package in packages))
print("all", len(packages))'

requirements() { # all that the root's lock holds, with hashes
  PIPENV_IGNORE_VIRTUALENVS=1 PIPENV_DONT_LOAD_ENV=1 PIPENV_PIPFILE="$PWD/Pipfile" \
    .venv/tools/bin/pipenv requirements --dev --hash 2>/dev/null
}

audit() { # name, requirements file
  local said flaws unknown all
  said=$(tool pip-audit --disable-pip --require-hashes --progress-spinner off --format json -r "$2" \
    2>/dev/null | tool python -c "$READ_AUDIT" 2>/dev/null)
  flaws=$(grep '^flaw ' <<<"$said")
  unknown=$(sed -n 's/^unknown //p' <<<"$said")
  all=$(sed -n 's/^all //p' <<<"$said")
  [ -z "$flaws" ] || bad "$1: known vulnerabilities:" $'\n'"${flaws//flaw /  }"
  if [ -z "$all" ]; then
    skip "$1: not audited, as the database of vulnerabilities (PyPI's) is out of reach."
  elif [ "$unknown" != 0 ]; then
    skip "$1: the database of vulnerabilities (PyPI's) gave no answer for $unknown of $all packages."
  elif [ -z "$flaws" ]; then
    ok "$1: no known vulnerability in $all packages"
  fi
}

# The images' locks hold the root's versions and no others: a unit test sees to that.
check_audit() {
  local file
  file=$(mktemp) || exit 1
  if requirements >"$file" && [ -s "$file" ]; then
    audit Pipfile.lock "$file"
  else
    bad "Pipfile.lock: cannot be read. Run: make env; then make lock"
  fi
  rm -f "$file"
  audit local/installers.txt local/installers.txt
}

# --- secrets, Dockerfiles and workflows: hooks of pre-commit --------------------------------------

hook() { # title, hook: on all files
  judge "$1" tool pre-commit run --all-files --color never "$2"
}

check_secrets() {
  hook "secrets: none in the code" secrets
  hook "secrets: none in the tests" secrets-in-tests
}

check_dockerfiles() { hook "Dockerfiles: hadolint finds nothing" hadolint; }

check_workflows() {
  hook "workflows: zizmor finds nothing" zizmor
  hook "workflows: as GitHub's schema wants them" workflows-schema
  hook "dependabot.yml: as GitHub's schema wants it" dependabot-schema
}

# --- secrets of this machine ---------------------------------------------------------------------

own_secrets() { # the values of this machine's .env that are secret, a line each
  local name value
  [ -r .env ] || return 0
  for name in $(made_secrets) $MORE_NAMES; do
    value=$(value_in .env "$name")
    [ ${#value} -lt 8 ] || echo "$value"
  done
}

no_own_secret_is_tracked() {
  local files status=0
  files=$(git grep --cached --files-with-matches --fixed-strings -f <(own_secrets)) || status=$?
  [ -z "$files" ] || echo "a secret of .env stands in: $files"
  [ $status = 1 ] # git's word for: nothing found
}

check_own_secrets() {
  [ -z "$(own_secrets)" ] || judge "secrets: none of .env is tracked" no_own_secret_is_tracked
}

# --- what is in the images -----------------------------------------------------------------------

user_of() { docker image inspect --format '{{.Config.User}}' "$1"; }

inside() { # image: a line «uid N», then a line for each tool of the build that is there
  # shellcheck disable=SC2016 # for the shell in the container
  docker run --rm --network none --read-only --entrypoint sh "$1" -c \
    'echo "uid $(id -u)"; for name in "$@"; do command -v "$name"; done; true' sh "${BUILD_TOOLS[@]}"
}

history_of() { # image: all that its metadata says
  docker image inspect "$1" && docker history --no-trunc --format '{{.CreatedBy}}' "$1"
}

told_secrets() { # image: the names of variables in it that look like secrets and have a value
  docker image inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$1" |
    sed -n 's/^\([A-Z0-9_]*\(PASSWORD\|SECRET\|TOKEN\|KEY\)[A-Z0-9_]*\)=..*/\1/p' |
    grep -vx "$PUBLIC_KEYS"
}

check_user() { # image what-is-inside
  case "$(user_of "$1") ${2%%$'\n'*}" in
    " "* | "root"* | "0"* | *" uid 0") bad "$1: runs as root" ;;
    *) ok "$1: runs as $(user_of "$1"), ${2%%$'\n'*}" ;;
  esac
}

check_tools() { # image what-is-inside
  local tools
  tools=$(sed 1d <<<"$2" | tr '\n' ' ')
  if [ -n "${tools// /}" ]; then bad "$1: holds tools of the build: $tools"; else ok "$1: no tool of the build"; fi
}

check_metadata() { # image
  local told
  told=$(told_secrets "$1" | tr '\n' ' ')
  if [ -n "$told" ]; then
    bad "$1: has a value for $told"
  elif [ -n "$(own_secrets)" ] && grep -qF -f <(own_secrets) <<<"$(history_of "$1")"; then
    bad "$1: a secret of .env stands in its metadata (docker image inspect, docker history)"
  else
    ok "$1: no secret in its metadata"
  fi
}

check_image() { # image
  local found
  if ! docker image inspect "$1" >/dev/null 2>&1; then
    skip "$1: not there. Build it: make build"
  elif ! found=$(inside "$1" 2>&1); then
    bad "$1: cannot be looked into: $found"
  else
    check_user "$1" "$found"
    check_tools "$1" "$found"
    check_metadata "$1"
  fi
}

check_images() {
  local name
  if ! docker version >/dev/null 2>&1; then
    skip "images: not looked into, as Docker does not answer."
    return
  fi
  for name in $OUR_IMAGES; do check_image "${IMAGES:-vehicle-price}/$name:${IMAGE_TAG:-local}"; done
}

# -------------------------------------------------------------------------------------------------

main() {
  local check
  for check in "$@"; do
    case " $CHECKS " in
      *" $check "*) "check_$check" ;;
      *) bad "$check: no such check. There are: $CHECKS" ;;
    esac
  done
  [ $found_bad = 0 ] || exit 1
  [ $skipped = 0 ] || [ -z "${SECURITY_STRICT:-}" ] || exit 2
}

# shellcheck disable=SC2086 # a list of names
if [ $# = 0 ]; then main $CHECKS; else main "$@"; fi
