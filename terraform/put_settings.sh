#!/usr/bin/env bash
# Gives the stack's two secrets their first values: the settings (a .env as JSON, with random secrets) and the API key.
# What is there already stays; secrets that a later release names are added to it. SETTINGS names a .env whose values
# are taken at first; what it lacks is made.
# Needs aws, terraform (initialised here) and the rights to write the secrets.
set -euo pipefail
shopt -s inherit_errexit 2>/dev/null || true
umask 077
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Names that the host works out itself, or that only containers on one machine need.
NOT_TAKEN='^(S3_ACCESS_KEY|S3_SECRET_KEY|S3_BUCKET|AWS_[A-Z_]*|POSTGRES_HOST|POSTGRES_USER|POSTGRES_USER_PASSWORD|MLFLOW_TRACKING_URI|HOST_ADDRESS|IMAGES|IMAGE_TAG|[A-Z]*_PORT)$'

# shellcheck source=local/make_env.sh
. local/make_env.sh

value_of_secret() { # secret: fails where it has none yet
  aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text 2>/dev/null
}

put() { # secret file: the value travels in a file that only its owner reads, never on a command line
  aws secretsmanager put-secret-value --secret-id "$1" --secret-string "file://$2" --query Name --output text
}

as_json() { # file: its variables that are set
  local name value first=1
  printf '{'
  while read -r name; do
    value=$(value_in "$1" "$name")
    if [ -z "$value" ] || { [[ $name =~ $NOT_TAKEN ]] && [ "$name" != SMTP_PORT ]; }; then continue; fi
    [ -n "$first" ] || printf ', '
    first=
    value=${value//\\/\\\\}
    printf '"%s": "%s"' "$name" "${value//\"/\\\"}"
  done < <(awk "$READER"' /=/ && !/^[ \t]*#/ { print name_of($0) }' "$1" | sort -u)
  printf '}\n'
}

with_what_lacks() { # JSON: the same with a random value for each made secret that it does not name
  local name json=$1 end
  for name in $(made_secrets); do
    if [[ $name =~ $NOT_TAKEN ]] || [[ $json == *"\"$name\""* ]]; then continue; fi
    end=${json%\}*}
    [[ $end =~ \{[[:space:]]*$ ]] || end+=', '
    json="$end\"$name\": \"$(random_value "$name")\"}"
  done
  printf '%s\n' "$json"
}

settings=$(terraform -chdir=terraform output -raw settings_secret_arn)
api_key=$(terraform -chdir=terraform output -raw api_key_secret_arn)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if there=$(value_of_secret "$settings"); then
  with_what_lacks "$there" >"$work/settings.json"
  if [ "$there" = "$(cat "$work/settings.json")" ]; then
    echo "The settings are there already: change them by hand (terraform/README.md)."
  else
    put "$settings" "$work/settings.json"
    echo "The settings were there already; the secrets that they lacked were added."
  fi
  exit 0
fi
cp .env.example "$work/"
[ -z "${SETTINGS:-}" ] || cp "$SETTINGS" "$work/.env"
local/make_env.sh "$work" >/dev/null
# Both say the same: the host's own parts send the key, the service on Fargate wants it.
key=$(value_in "$work/.env" API_KEY)
[ -n "$key" ] || { key=$(random_value) && printf '\nAPI_KEY=%s\n' "$key" >>"$work/.env"; }
printf '%s' "$key" >"$work/api_key"
as_json "$work/.env" >"$work/settings.json"
put "$api_key" "$work/api_key"
# Last: with the settings there, this is done.
put "$settings" "$work/settings.json"
