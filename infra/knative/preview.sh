#!/usr/bin/env bash
# Writes bin/preview/kustomization.yaml: the preview overlay under names of its own.
#
#   infra/knative/preview.sh NAME DOMAIN [SCHEME]
#   infra/knative/preview.sh pr-17 preview.tutti.example https && skaffold run -p preview
#
# NAME becomes the namespace tutti-NAME, DOMAIN is what config-domain of the
# cluster says. Removed by: kubectl delete namespace tutti-NAME
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { echo "preview: $*" >&2; exit 1; }

case $# in
  2 | 3) ;;
  *) fail "usage: preview.sh NAME DOMAIN [http|https]" ;;
esac
name=$1 domain=$2 scheme=${3:-https}

# Both may come from a pull request: nothing else than names gets into the YAML.
[[ $name =~ ^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$ ]] || fail "NAME must be like pr-17"
[[ $domain =~ ^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]+(:[0-9]+)?$ ]] || fail "DOMAIN must be like preview.tutti.example"
case $scheme in
  https) socket=wss ;;
  http) socket=ws ;;
  *) fail "SCHEME must be http or https" ;;
esac

namespace=tutti-$name
functions=$scheme://functions.$namespace.$domain
mkdir -p bin/preview
cat >bin/preview/kustomization.yaml <<YAML
# Written by infra/knative/preview.sh.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: $namespace
resources:
  - ../../infra/knative/overlays/preview
configMapGenerator:
  - name: tutti
    behavior: merge
    literals:
      - CORS_ORIGINS=http://localhost:3000,$functions
  - name: functions
    behavior: merge
    literals:
      - BASE_URL=$functions
      - WS_BASE_URL=$socket://wsrelay.$namespace.$domain
YAML
echo "$functions"
