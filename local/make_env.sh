#!/usr/bin/env bash
# Makes .env from .env.example in the folder given (or the current one), with random secrets.
# Where .env is there already, secrets that it lacks are filled in, and nothing else is changed.
# Runs on macOS's bash 3.2 too, and needs no Python. local/doctor.sh borrows its functions.

# What Compose and python-dotenv see in a line of an env file.
READER='
  function name_of(line) {
    sub(/^[ \t]*(export[ \t]+)?/, "", line); sub(/[ \t]*=.*/, "", line)
    return line
  }
  function value_of(line) {
    sub(/\r$/, "", line); sub(/^[^=]*=/, "", line)
    if (match(line, /^[ \t]*("[^"]*"|\047[^\047]*\047)/)) {
      line = substr(line, 1, RLENGTH); sub(/^[ \t]*/, "", line)
      return substr(line, 2, length(line) - 2)
    }
    sub(/[ \t]+#.*/, "", line); sub(/^[ \t]+/, "", line); sub(/[ \t]+$/, "", line)
    return line
  }'

value_in() { # file name: the value that the file gives the variable; its last line wins
  awk -v name="$2" "$READER"'
    /=/ && name_of($0) == name { value = value_of($0) }
    END { print value }' "$1"
}

made_secrets() { # the names below the lines "# (made)" of .env.example
  awk "$READER"'
    made && /=/ { print name_of($0) }
    { made = /^# \(made\)/ }' .env.example
}

lacking() { # file: the made secrets that it gives no value, each after a space
  local name
  for name in $(made_secrets); do
    [ -n "$(value_in "$1" "$name")" ] || printf ' %s' "$name"
  done
}

random_value() { # name: nothing where there is too little randomness
  case ${1:-} in
    *_FERNET_KEY) random_fernet_key ;;
    *_JWT_SECRET) random_letters 64 ;; # signed with SHA-512, which wants a key of 64 bytes
    *) random_letters 24 ;;
  esac
}

random_letters() { # count
  local letters
  letters=$(head -c 1024 /dev/urandom | tr -dc 'A-Za-z0-9')
  [ ${#letters} -lt "$1" ] || echo "${letters:0:$1}"
}

random_fernet_key() { # 32 bytes in base64 as it stands in URLs
  local key
  key=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')
  case ${#key}$key in 44*[!=]=) echo "$key" ;; esac
}

made_lines() { # names: for each a line NAME=random value
  local name
  for name in $1; do
    echo "$name=$(random_value "$name")"
  done
}

# The values travel in the environment: on a command line every user of the machine could read them.
filled() { # file names: its text, each name given a random value where it is empty, or at the end
  MADE=$(made_lines "$2") awk "$READER"'
    BEGIN {
      count = split(ENVIRON["MADE"], made, "\n")
      for (i = 1; i <= count; i++) line_of[name_of(made[i])] = made[i]
    }
    /=/ && (name_of($0) in line_of) && value_of($0) == "" {
      $0 = line_of[name_of($0)]
      written[$0] = 1
    }
    { print }
    END { for (i = 1; i <= count; i++) if (!(made[i] in written)) print made[i] }' "$1"
}

fail() {
  echo "$1" >&2
  exit 1
}

write_env() { # source names: .env from the source, with a value for each name, whole or not at all
  local target
  target=$(readlink .env || echo .env)
  half_written=$(mktemp "$(dirname "$target")/.env.XXXXXX" 2>/dev/null) ||
    fail "$PWD cannot be written to, so no .env was made: mend the rights of the folder."
  trap 'rm -f "$half_written"' EXIT
  # cp -p: under sudo too the file belongs to the owner of the source.
  if ! { cp -p "$1" "$half_written" && chmod 600 "$half_written" &&
    filled "$1" "$2" >"$half_written" && [ -z "$(lacking "$half_written")" ] &&
    mv -f "$half_written" "$target"; }; then
    fail "$PWD/.env could not be written; what was there is unchanged."
  fi
}

make_env() { # in the current folder
  local names
  [ -r .env.example ] || fail "$PWD has no .env.example that can be read."
  if [ ! -e .env ]; then
    write_env .env.example "$(lacking .env.example)"
    echo ".env was made from .env.example, with random secrets; you alone can read it."
    return
  fi
  if [ ! -f .env ] || [ ! -r .env ]; then
    fail "$PWD/.env is not a file that you can read: mend its rights, or remove it."
  fi
  names=$(lacking .env)
  [ -n "$names" ] || return 0
  write_env .env "$names"
  echo ".env lacked secrets, which were given random values:$names"
}

# A script that sources this one takes its functions alone.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  umask 077
  export LC_ALL=C
  unset CDPATH
  cd -- "${1:-.}"
  make_env
fi
