#!/usr/bin/env bash
# Builds the images of the services with ko, and pushes them with their SBOMs.
#
#   IMAGES      where to push to, as registry/path; empty: to a registry on loopback that
#               is there for as long as this runs, and from there into bin/images as
#               archives for `docker load` and `podman load`
#   BASE_IMAGE  what they stand on; empty: one that is made here, so that nothing needs
#               to be fetched: certificates, a user without rights and /tmp
#   PLATFORMS   comma-separated; empty: linux/amd64
#   VERSION     what /health says, and a tag beside latest
#   KO, CRANE   the tools, as paths from the top of the repository
set -euo pipefail
cd "$(dirname "$0")/../.."

platforms=${PLATFORMS:-linux/amd64}
version=${VERSION:-dev}
ko=${KO:?} crane=${CRANE:?}
registry=
tar=tar # of GNU: others cannot make the same archive twice
! command -v gtar >/dev/null || tar=gtar

scratch=$(mktemp -d)
# cleanup stops the registry, and shows what the tools said if one of them failed.
cleanup() {
  local status=$?
  [ -z "${registry_pid:-}" ] || kill "$registry_pid" 2>/dev/null || true # it may have ended
  [ $status = 0 ] || ! ls "$scratch"/*.log >/dev/null 2>&1 || tail -n 20 "$scratch"/*.log >&2
  rm -rf "$scratch"
}
trap cleanup EXIT

# start_registry serves a registry on a free port of this machine only.
start_registry() {
  : >"$scratch/registry" # it is read before the registry may have begun to write
  "$crane" registry serve --address 127.0.0.1:0 2>"$scratch/registry" &
  registry_pid=$!
  for _ in {1..100}; do
    registry=$(sed -n 's/.*serving on port \([0-9]*\).*/127.0.0.1:\1/p' "$scratch/registry")
    [ -z "$registry" ] || return 0
    sleep 0.1
  done
  echo "images: the registry did not start: $(cat "$scratch/registry")" >&2
  return 1
}

# base_files puts the files of the base into a folder. They have no times and no
# owners of this machine, or each build would have a digest of its own.
base_files() {
  local root=$1 certificates
  for certificates in ${SSL_CERT_FILE:+"$SSL_CERT_FILE"} /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    [ ! -f "$certificates" ] || break
  done
  mkdir -p "$root"/{etc/ssl/certs,home/nonroot,tmp}
  cp "$certificates" "$root/etc/ssl/certs/ca-certificates.crt"
  echo 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >"$root/etc/passwd"
  echo 'nonroot:x:65532:' >"$root/etc/group"
  find "$root" -type d -exec chmod 0755 {} +
  find "$root" -type f -exec chmod 0644 {} +
  chmod 1777 "$root/tmp"
}

# make_base makes the base and puts it where ko looks for bases before it asks a
# registry. So its name, which goes into the digests, is the same everywhere.
make_base() {
  local name=$registry/base parts=() platform tag digest
  base_files "$scratch/root"
  "$tar" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$scratch/root" -cf "$scratch/base.tar" .
  for platform in ${platforms//,/ }; do
    tag=$name:${platform//\//-}
    "$crane" append --oci-empty-base -f "$scratch/base.tar" -t "$tag"
    "$crane" mutate "$tag" --set-platform "$platform" --user 65532:65532 --workdir /home/nonroot \
      --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt -t "$tag"
    "$crane" pull --format=oci "$tag" "$scratch/cache/img"
    parts+=(-m "$tag")
  done
  "$crane" index append "${parts[@]}" -t "$name:latest"
  "$crane" pull --format=oci "$name:latest" "$scratch/cache/img"
  digest=$("$crane" digest "$name:latest")
  export KOCACHE=$scratch/cache
  BASE_IMAGE=localhost/tutti-base@$digest
}

# megabytes is what has to be sent of an image, compressed.
megabytes() {
  "$crane" manifest --platform "$platform" "$1" | grep -o '"size":[0-9]*' | awk -F: '{ n += $2 } END { printf "%.1f", n / 1e6 }'
}

if [ -z "${IMAGES:-}" ] || [ -z "${BASE_IMAGE:-}" ]; then start_registry; fi
if [ -z "${BASE_IMAGE:-}" ]; then make_base >"$scratch/base.log" 2>&1; fi
images=${IMAGES:-$registry/tutti}

VERSION=$version KO_DOCKER_REPO=$images KO_DEFAULTBASEIMAGE=$BASE_IMAGE "$ko" build --base-import-paths \
  --platform="$platforms" --tags="latest,$version" --sbom=spdx \
  ./functions/cmd/functions ./wsrelay/cmd/wsrelay >"$scratch/refs" 2>"$scratch/ko.log"

# An archive has an image of one platform.
platform=${platforms%%,*}
for service in functions wsrelay; do
  ref=$(grep "/${service}[:@]" "$scratch/refs")
  where=$ref
  if [ -z "${IMAGES:-}" ]; then
    mkdir -p bin/images
    where="bin/images/$service.tar ${ref##*@}"
    "$crane" pull --platform "$platform" "$images/$service:$version" "bin/images/$service.tar"
  fi
  megabytes=$(megabytes "$ref")
  echo "$where $megabytes MB"
done
