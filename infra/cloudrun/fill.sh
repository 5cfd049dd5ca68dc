#!/usr/bin/env bash
# Writes bin/cloudrun/functions.yaml and wsrelay.yaml: the manifests with the names
# of a project put in, for `skaffold run -p cloudrun`. From the environment:
#
#   PROJECT_ID FRONTEND_HOST API_HOST  required
#   PREFIX                             what all names begin with; default: tutti
set -euo pipefail
cd "$(dirname "$0")/../.."

PREFIX=${PREFIX:-tutti}

mkdir -p bin/cloudrun
for service in functions wsrelay; do
  text=$(<"infra/cloudrun/$service.yaml")
  for name in PROJECT_ID FRONTEND_HOST API_HOST PREFIX; do
    value=${!name-}
    [[ $value =~ ^[a-z0-9][a-z0-9.:-]*$ ]] || { echo "fill: $name must be set to a name" >&2; exit 1; }
    text=${text//"$name"/"$value"}
  done
  printf '%s\n' "$text" >"bin/cloudrun/$service.yaml"
done
