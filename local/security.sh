#!/usr/bin/env bash
# `make security`: what could let somebody in, a line each: ok, bad, or skip where it could not be looked at.
# Arguments name checks (CHECKS="audit images"): audit, secrets, dockerfiles, workflows, images; without any, all run.
# Exit status 1 when something is bad; 2 when SECURITY_STRICT is set, as in CI, and something was skipped.
# Runs on macOS's bash 3.2 too.
# shellcheck source-path=SCRIPTDIR
set -uo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

. local/make_env.sh

CHECKS="audit secrets dockerfiles workflows images"
OUR_IMAGES="airflow mlflow service monitor form"
BUILD_TOOLS=(gcc g++ cc clang make cmake ld as cargo git uv pipenv)
# Settings that hold a secret, besides those that .env.example marks as made.
MORE_NAMES="API_KEY KAGGLE_KEY KAGGLE_API_TOKEN AWS_SECRET_ACCESS_KEY SMTP_PASSWORD SLACK_WEBHOOK_URL"
# Of Python's own image: the fingerprint of the key that its source is signed with.
PUBLIC_KEYS="GPG_KEY"
# Tests are full of made-up passwords: there only what has the form of a real key counts.
TESTS='^(unit_tests|integration_tests)/|/tests/'
NOT_IN_TESTS=(KeywordDetector Base64HighEntropyString HexHighEntropyString BasicAuthDetector)
# DL3066 wants a number after USER, for systems that cannot look the name up; a name says more.
HADOLINT_IGNORES="--ignore=DL3066"

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

tracked() { # patterns ...: the files of the repository that fit
  git ls-files -- "$@"
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

requirements_of() { # Pipfile.lock: all that it locks, with hashes
  PIPENV_IGNORE_VIRTUALENVS=1 PIPENV_DONT_LOAD_ENV=1 PIPENV_PIPFILE="$PWD/$(dirname "$1")/Pipfile" \
    .venv/tools/bin/pipenv requirements --dev --hash 2>/dev/null
}

audited() { # requirements file: lines «flaw ...», «unknown N», «all N»; nothing where no answer came
  tool pip-audit --disable-pip --require-hashes --progress-spinner off --format json -r "$1" \
    2>/dev/null | tool python -c "$READ_AUDIT" 2>/dev/null
}

audit_lock() { # Pipfile.lock, a file to write to
  local said flaws
  if ! requirements_of "$1" >"$2" || [ ! -s "$2" ]; then
    bad "$1: cannot be read. Run: make env; then make lock"
    return
  fi
  said=$(audited "$2")
  flaws=$(grep '^flaw ' <<<"$said")
  [ -z "$flaws" ] || bad "$1: known vulnerabilities:" $'\n'"${flaws//flaw /  }"
  tell_unknown "$1" "$(sed -n 's/^unknown //p' <<<"$said")" "$(sed -n 's/^all //p' <<<"$said")" "$flaws"
}

tell_unknown() { # lock unknown all flaws
  if [ -z "$3" ]; then
    skip "$1: not audited, as the database of vulnerabilities (PyPI's) is out of reach."
  elif [ "$2" != 0 ]; then
    skip "$1: the database of vulnerabilities (PyPI's) gave no answer for $2 of $3 packages."
  elif [ -z "$4" ]; then
    ok "$1: no known vulnerability in $3 packages"
  fi
}

check_audit() {
  local lock file
  file=$(mktemp) || exit 1
  for lock in $(tracked 'Pipfile.lock' '*/Pipfile.lock'); do audit_lock "$lock" "$file"; done
  rm -f "$file"
}

# --- secrets in the repository -------------------------------------------------------------------

scanned() { # file names on stdin; options ...
  tr '\n' '\0' | xargs -0 .venv/bin/detect-secrets-hook --no-verify \
    --exclude-files '(Pipfile|\.terraform)\.lock' "$@"
}

scan_code() { tracked | grep -Ev "$TESTS" | scanned; }

scan_tests() { tracked | grep -E "$TESTS" | scanned "${NOT_IN_TESTS[@]/#/--disable-plugin=}"; }

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

check_secrets() {
  if [ ! -x .venv/bin/detect-secrets-hook ]; then
    bad "secrets: .venv/bin/detect-secrets-hook is not there. Run: make env"
    return
  fi
  judge "secrets: none in the code" scan_code
  judge "secrets: none in the tests" scan_tests
  if [ -n "$(own_secrets)" ]; then judge "secrets: none of .env is tracked" no_own_secret_is_tracked; fi
}

# --- Dockerfiles and workflows -------------------------------------------------------------------

check_dockerfiles() {
  # shellcheck disable=SC2046 # file names of ours, without blanks
  judge "Dockerfiles: hadolint finds nothing" \
    tool hadolint --no-color $HADOLINT_IGNORES $(tracked 'Dockerfile' '*/Dockerfile')
}

check_workflows() {
  judge "workflows: zizmor finds nothing" tool zizmor --offline --no-progress --quiet .github
  judge "workflows: as GitHub's schema wants them" \
    tool check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
  judge "dependabot.yml: as GitHub's schema wants it" \
    tool check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
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
