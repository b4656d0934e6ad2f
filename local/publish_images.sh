#!/usr/bin/env bash
# `make push_images`: builds the images once, each with its SBOM and provenance, and pushes them to IMAGES.
# `make copy_images`: the same images, as they are, from FROM_IMAGES to IMAGES, another registry.
# IMAGES is what stands before the images' names, such as ghcr.io/owner/vehicle-price; IMAGE_TAG a version,
# which is never given to other images: what is there already stays. Log in before (docker login).
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PARTS=(airflow:airflow mlflow:mlflow service:service monitor:evidently_service form:streamlit) # image:folder

fail() {
  echo "$1" >&2
  exit 1
}

lower() { tr '[:upper:]' '[:lower:]' <<<"$1"; } # as names of images must be; owners on GitHub need not

is_there() { docker buildx imagetools inspect "$1" >/dev/null 2>&1; }

publish() { # image command ...: runs the command unless the image is there
  local image=$1
  shift
  if is_there "$image"; then
    echo "$image is there already"
  else
    echo "== $image"
    "$@"
  fi
}

push() { # image folder
  publish "$1" docker buildx build --push --sbom=true --provenance=mode=max --platform linux/amd64 --tag "$1" \
    ${GITHUB_REPOSITORY:+--label "org.opencontainers.image.source=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"} "$2"
}

copy() { # image source
  publish "$1" docker buildx imagetools create --tag "$1" "$2"
}

[ -n "${IMAGES:-}" ] || fail "IMAGES is not set: what stands before the images' names, such as ghcr.io/owner/vehicle-price."
[[ ${IMAGE_TAG:-} =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || fail "IMAGE_TAG='${IMAGE_TAG:-}' is no tag of an image."
case ${1:-} in
  push) ;;
  copy) [ -n "${FROM_IMAGES:-}" ] || fail "FROM_IMAGES is not set: where the images come from, such as ghcr.io/owner/vehicle-price." ;;
  *) fail "usage: local/publish_images.sh push | copy" ;;
esac
for part in "${PARTS[@]}"; do
  image=$(lower "$IMAGES")/${part%%:*}:$IMAGE_TAG
  case $1 in
    push) push "$image" "${part#*:}" ;;
    copy) copy "$image" "$(lower "$FROM_IMAGES")/${part%%:*}:$IMAGE_TAG" ;;
  esac
done
