#!/usr/bin/env bash
# `make doctor`: what `make build` needs of this machine and of the settings, a line each: ok, warn
# or bad, with how to mend it. Exit status 1 when something is bad. It looks, and changes nothing.
# Runs on macOS's bash 3.2 too, and needs no Python.
# shellcheck source-path=SCRIPTDIR

. "$(dirname "${BASH_SOURCE[0]}")/make_env.sh"

PROJECT=vehicle-price
PARTS="SERVICE FORM AIRFLOW MLFLOW MONITOR PROMETHEUS ALERTMANAGER GRAFANA MAILBOX"
AIRFLOWS_OWN_PORTS="8793 8794"
READ_BY_CONTAINERS="evidently_service/config local setup"
ENGINE_NEEDED=24
COMPOSE_NEEDED=2.23.1
MEMORY_NEEDED_MB=5000
MEMORY_WISHED_MB=6000
DISK_NEEDED_MB=12000
MEMINFO=${DOCTOR_MEMINFO:-/proc/meminfo} # Linux's; the tests give one of their own

found_bad=0
engine=         # the engine's version, empty while none answers
own_ports=      # what the containers of this project publish, empty while none runs
ports_seen=" "  # " 9696=SERVICE_PORT 8501=FORM_PORT ..."

# --- lines ---------------------------------------------------------------------------------------

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

warn() { say 33 warn "$@"; }

bad() {
  say 31 bad "$@"
  found_bad=1
}

scarce() { # a running stack already holds some of what it needs
  if [ -n "$own_ports" ]; then warn "$@" "(The stack runs, and holds some.)"; else bad "$@"; fi
}

gigabytes() { # megabytes
  echo "$(($1 / 1000)).$(($1 % 1000 / 100)) GB"
}

# --- settings ------------------------------------------------------------------------------------

setting() { # name: its value; the environment wins over .env, that over .env.example
  local value=${!1:-} file
  for file in .env .env.example; do
    if [ -z "$value" ] && [ -f "$file" ] && [ -r "$file" ]; then value=$(value_in "$file" "$1"); fi
  done
  printf '%s\n' "$value"
}

is_set() { [ -n "$(setting "$1")" ]; }

# --- Docker --------------------------------------------------------------------------------------

is_at_least() { # version needed, such as 2.23.1
  awk -v version="$1" -v needed="$2" 'BEGIN {
    split(version, is, "."); split(needed, least, ".")
    for (i = 1; i <= 3; i++) if (is[i] + 0 != least[i] + 0) exit is[i] + 0 < least[i] + 0
  }'
}

has_docker() { command -v docker >/dev/null; }

look_at_docker() {
  has_docker || return 0
  engine=$(docker version --format '{{.Server.Version}}' 2>/dev/null) || engine=
  [ -n "$engine" ] || return 0
  own_ports=$(docker ps --filter "label=com.docker.compose.project=$PROJECT" --format '{{.Ports}}')
}

check_engine() {
  if ! has_docker; then
    bad "Docker: not found. Install it: https://docs.docker.com/get-docker/"
  elif [ -z "$engine" ]; then
    tell_why_no_engine "$(docker version 2>&1 >/dev/null | tail -n 1)"
  elif is_at_least "$engine" $ENGINE_NEEDED; then
    ok "Docker: engine $engine"
  else
    bad "Docker: engine $engine is older than $ENGINE_NEEDED." \
      "Update it: https://docs.docker.com/engine/install/"
  fi
}

tell_why_no_engine() { # Docker's last words
  case $1 in
    *"ermission denied"*)
      bad "Docker: permission denied. Become one of its users and log in anew:" \
        "sudo usermod -aG docker \$USER; or run make with sudo." ;;
    *)
      bad "Docker: the engine does not answer ($1)." \
        "Start Docker Desktop, or run: sudo systemctl start docker" ;;
  esac
}

check_compose() {
  local version
  has_docker || return 0
  if ! version=$(docker compose version --short 2>/dev/null); then
    bad "Compose: 'docker compose' is not there (the older docker-compose will not do)." \
      "Install the plugin: https://docs.docker.com/compose/install/"
  elif is_at_least "${version#v}" $COMPOSE_NEEDED; then
    ok "Compose: ${version#v}"
  else
    bad "Compose: ${version#v} is older than $COMPOSE_NEEDED." \
      "Update it: https://docs.docker.com/compose/install/"
  fi
}

# --- the machine ---------------------------------------------------------------------------------

memory_mb() { # what this machine has available or what Docker may use at all, whichever is less
  {
    [ ! -r "$MEMINFO" ] || awk '/^MemAvailable:/ { print int($2 * 1.024 / 1000) }' "$MEMINFO"
    [ -z "$engine" ] || docker info --format '{{.MemTotal}}' | awk '{ print int($1 / 1000000) }'
  } | sort -n | head -n 1
}

check_memory() {
  local free advice="Close other programs; in Docker Desktop give more: Settings, Resources."
  free=$(memory_mb)
  if [ -z "$free" ]; then
    warn "memory: could not be measured; $(gigabytes $MEMORY_NEEDED_MB) are needed."
  elif [ "$free" -lt $MEMORY_NEEDED_MB ]; then
    scarce "memory: $(gigabytes "$free"), and $(gigabytes $MEMORY_NEEDED_MB) are needed." "$advice"
  elif [ "$free" -lt $MEMORY_WISHED_MB ]; then
    warn "memory: $(gigabytes "$free") are only just enough." "$advice"
  else
    ok "memory: $(gigabytes "$free")"
  fi
}

check_disk() {
  local place='' free
  [ -z "$engine" ] || place=$(docker info --format '{{.DockerRootDir}}')
  [ -d "$place" ] || place=$PWD
  free=$(df -Pk "$place" 2>/dev/null | awk 'NR == 2 { print int($4 * 1.024 / 1000) }')
  if [ -z "$free" ]; then
    warn "disk: could not be measured at $place; $(gigabytes $DISK_NEEDED_MB) are needed."
  elif [ "$free" -lt $DISK_NEEDED_MB ]; then
    scarce "disk: $(gigabytes "$free") at $place, and $(gigabytes $DISK_NEEDED_MB) are needed." \
      "Free some; what Docker holds: docker system df; to remove what it does not use:" \
      "docker system prune"
  else
    ok "disk: $(gigabytes "$free") at $place"
  fi
}

# --- ports ---------------------------------------------------------------------------------------

is_port() {
  case $1 in '' | 0* | *[!0-9]*) return 1 ;; esac
  [ ${#1} -le 5 ] && [ "$1" -le 65535 ]
}

is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

is_own() { # a port that a container of this project publishes
  case $own_ports in *":$1->"*) return 0 ;; esac
  return 1
}

another() { # a free port, easy to remember beside the one given
  local port=$(($1 + 100))
  [ "$port" -le 65535 ] || port=$(($1 - 100))
  while is_taken "$port"; do port=$((port + 1)); done
  echo "$port"
}

check_port() { # setting
  local port others
  port=$(setting "$1")
  others=${ports_seen##* "$port"=}
  if ! is_port "$port"; then
    bad "$1: '$port' is no port. Give a number from 1 to 65535."
  elif [ "$others" != "$ports_seen" ]; then
    bad "$1: $port is ${others%% *} too. Choose another: make build $1=$(another "$port")"
  elif ! is_taken "$port"; then
    ok "$1: $port is free"
  elif is_own "$port"; then
    ok "$1: $port is published by this stack, which runs"
  else
    bad "$1: $port is taken. End what listens there ($(who_may_listen "$port"))," \
      "or choose another: make build $1=$(another "$port")"
  fi
  ports_seen="$ports_seen$port=$1 "
}

who_may_listen() { # port: a guess worth a look
  case $OSTYPE$1 in
    darwin*5000) echo "AirPlay Receiver? Settings, General, AirDrop & Handoff" ;;
    *) echo "a 'make demo'?" ;;
  esac
}

check_ports() {
  local part
  for part in $PARTS; do
    if [ "$part" = MLFLOW ] && is_set MLFLOW_TRACKING_URI; then
      ok "MLFLOW_PORT: not used, as MLFLOW_TRACKING_URI names another MLflow"
    else
      check_port "${part}_PORT"
    fi
  done
}

check_airflows_own_ports() {
  local port
  for port in $AIRFLOWS_OWN_PORTS; do
    if is_taken "$port"; then
      warn "port $port: taken. Only an Airflow that runs outside the containers would need it."
    else
      ok "port $port: free"
    fi
  done
}

# --- files ---------------------------------------------------------------------------------------

others_may() { # path bits: whether everybody has these rights to it
  [ -n "$(find -L "$1" -prune -perm "-$2" 2>/dev/null)" ]
}

check_env_file() {
  if [ ! -e .env ] && [ -w . ]; then
    ok ".env: not there yet; 'make build' makes it"
  elif [ ! -e .env ]; then
    bad ".env: not there, and you may not write to $PWD." \
      "Mend the rights of the folder, or clone into one of yours."
  elif [ ! -f .env ] || [ ! -r .env ]; then
    bad ".env: not a file that you can read. Run: sudo chown \$USER .env; or remove it."
  elif others_may .env 040 || others_may .env 004; then
    warn ".env: others can read its secrets. Run: chmod 600 .env"
  else
    ok ".env: there, readable by you alone"
  fi
}

check_secrets() {
  local name empty=
  [ -f .env ] && [ -r .env ] || return 0
  for name in $(made_secrets); do
    is_set "$name" || empty="$empty $name"
  done
  if [ -n "$empty" ]; then
    bad "secrets: empty in .env:$empty. For random ones run: bash local/make_env.sh"
  else
    ok "secrets: none is empty"
  fi
}

has_kaggle_keys() {
  is_set KAGGLE_API_TOKEN || { is_set KAGGLE_USERNAME && is_set KAGGLE_KEY; }
}

check_dataset() {
  local dataset
  dataset=$(setting DATASET)
  case $dataset in
    sample) ok "DATASET: the synthetic sample" ;;
    s3://*) ok "DATASET: $dataset" ;;
    kaggle | '') check_kaggle "$dataset" ;;
    *) check_archive "$dataset" ;;
  esac
}

check_kaggle() { # kaggle, or nothing
  if has_kaggle_keys; then
    ok "DATASET: Kaggle's listings"
  elif [ -z "$1" ]; then
    ok "DATASET: the synthetic sample, as there are no keys of Kaggle"
  else
    bad "DATASET: kaggle needs KAGGLE_USERNAME and KAGGLE_KEY (or KAGGLE_API_TOKEN) in .env." \
      "Where to get them: setup/setup_kaggle.md"
  fi
}

check_archive() { # path
  local folder
  folder=$(dirname "$1")
  if [ ! -f "$1" ]; then
    bad "DATASET: $1: no such file. Give kaggle, sample, or the path of an archive."
  elif [ ! -r "$1" ]; then
    bad "DATASET: $1: you may not read it. Run: chmod a+r '$1'"
  elif ! others_may "$1" 004 || ! others_may "$folder" 001; then
    warn "DATASET: $1: containers, which run as other users, may fail to read it." \
      "Run: chmod o+r '$1'; chmod o+x '$folder'"
  else
    ok "DATASET: $1"
  fi
}

check_aws() {
  local mend="Set both, or neither, in .env and in your environment (neither: S3 in a container)."
  if is_set S3_BUCKET && ! is_set AWS_REGION; then
    bad "AWS: S3_BUCKET is set, AWS_REGION is not." "$mend"
  elif is_set AWS_REGION && ! is_set S3_BUCKET; then
    bad "AWS: AWS_REGION is set, S3_BUCKET is not." "$mend"
  elif is_set S3_BUCKET; then
    ok "AWS: the bucket $(setting S3_BUCKET) in $(setting AWS_REGION)"
  else
    ok "AWS: not used; S3 is in a container"
  fi
}

closed_in() { # folder: what others cannot read in it
  find -L "$1" \( -type d ! -perm -005 -o -type f ! -perm -004 \) 2>/dev/null
}

check_shared_files() {
  local folder closed
  for folder in $READ_BY_CONTAINERS; do
    closed=$(closed_in "$folder" | head -n 1)
    if [ ! -d "$folder" ]; then
      bad "$folder: not there, and containers read it. Restore it: git checkout -- $folder"
    elif [ -n "$closed" ]; then
      bad "$folder: containers, which run as other users, cannot read $closed." \
        "Run: chmod -R o+rX $READ_BY_CONTAINERS"
    else
      ok "$folder: containers can read it"
    fi
  done
}

# -------------------------------------------------------------------------------------------------

main() {
  look_at_docker
  check_engine
  check_compose
  check_memory
  check_disk
  check_ports
  check_airflows_own_ports
  check_env_file
  check_secrets
  check_dataset
  check_aws
  check_shared_files
  exit $found_bad
}

set -uo pipefail
export LC_ALL=C
unset CDPATH
cd -- "${1:-.}" || exit 1
main
