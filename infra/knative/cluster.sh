#!/usr/bin/env bash
# Makes a Kubernetes cluster in Docker with Knative Serving and Kourier, and a
# registry beside it that skaffold pushes to; or deletes both.
#
#   infra/knative/cluster.sh create | delete
#
# It may be run again: what is there already stays, what is missing is added.
set -euo pipefail

CLUSTER=tutti
CONTEXT=kind-$CLUSTER
REGISTRY=tutti-registry
REGISTRY_PORT=5001
REGISTRY_IMAGE=registry:3.0.0@sha256:6c5666b861f3505b116bb9aa9b25175e71210414bd010d92035ff64018f9457e

# These belong together: kind makes clusters of an image for its own release only,
# and Knative 1.24 is tested with Kubernetes 1.35 and 1.36.
KIND_VERSION=0.33.0
NODE_IMAGE=kindest/node:v1.36.4@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed
KNATIVE=knative-v1.24.0
SERVING=https://github.com/knative/serving/releases/download/$KNATIVE
KOURIER=https://github.com/knative-extensions/net-kourier/releases/download/$KNATIVE

say() { printf '\n== %s\n' "$*"; }
fail() { echo "cluster: $*" >&2; exit 1; }
kube() { kubectl --context "$CONTEXT" "$@"; }

need() { # need COMMAND WHERE
  command -v "$1" >/dev/null || fail "$1 is not installed; see $2"
}

check_tools() {
  need docker https://docs.docker.com/get-docker/
  need kind "https://kind.sigs.k8s.io/docs/user/quick-start/#installation (v$KIND_VERSION)"
  need kubectl https://kubernetes.io/docs/tasks/tools/
  docker info >/dev/null 2>&1 || fail "docker is installed, but its engine does not answer: start it, or give yourself access"
  local found
  found=$(kind version -q)
  found=${found#v}
  [ "$found" = "$KIND_VERSION" ] ||
    echo "cluster: kind is $found; the node image was made for $KIND_VERSION, and may not start" >&2
}

make_registry() {
  say "registry on localhost:$REGISTRY_PORT"
  if ! docker inspect "$REGISTRY" >/dev/null 2>&1; then
    docker run -d --restart=always --name "$REGISTRY" -p "127.0.0.1:$REGISTRY_PORT:5000" "$REGISTRY_IMAGE"
  fi
  docker start "$REGISTRY" >/dev/null
}

make_cluster() {
  say "cluster $CLUSTER"
  local clusters
  clusters=$(kind get clusters 2>/dev/null)
  if [[ $'\n'$clusters$'\n' != *$'\n'"$CLUSTER"$'\n'* ]]; then
    kind create cluster --name "$CLUSTER" --image "$NODE_IMAGE" --wait 180s
  fi
}

# Inside the cluster localhost:5001 is the node itself: containerd is told that
# the registry is meant. skaffold finds it by the ConfigMap, as KEP 1755 says.
join_registry() {
  local node folder=/etc/containerd/certs.d/localhost:$REGISTRY_PORT
  for node in $(kind get nodes --name "$CLUSTER"); do
    docker exec "$node" mkdir -p "$folder"
    echo "[host.\"http://$REGISTRY:5000\"]" | docker exec -i "$node" cp /dev/stdin "$folder/hosts.toml"
  done
  if [ -z "$(docker inspect -f '{{with index .NetworkSettings.Networks "kind"}}there{{end}}' "$REGISTRY")" ]; then
    docker network connect kind "$REGISTRY"
  fi
  kube apply -f - <<YAML
apiVersion: v1
kind: ConfigMap
metadata:
  name: local-registry-hosting
  namespace: kube-public
data:
  localRegistryHosting.v1: |
    host: "localhost:$REGISTRY_PORT"
YAML
}

configure() { # configure CONFIGMAP JSON, in knative-serving
  kube patch configmap "$1" --namespace knative-serving --type merge --patch "{\"data\":$2}"
}

install_knative() {
  say "Knative Serving and Kourier $KNATIVE"
  kube apply -f "$SERVING/serving-crds.yaml"
  kube wait --for=condition=Established --all crd --timeout=60s
  kube apply -f "$SERVING/serving-core.yaml"
  kube apply -f "$KOURIER/kourier.yaml"
  kube wait --namespace knative-serving --for=condition=Available deployment --all --timeout=300s
  kube wait --namespace kourier-system --for=condition=Available deployment --all --timeout=300s
}

configure_knative() {
  say "settings of Knative"
  configure config-network '{"ingress-class":"kourier.ingress.networking.knative.dev"}'
  # *.127.0.0.1.sslip.io is 127.0.0.1: every service has a host without any DNS of ours.
  configure config-domain '{"127.0.0.1.sslip.io":""}'
  # Sockets live for up to an hour, and the default allows ten minutes.
  configure config-defaults '{"max-revision-timeout-seconds":"3600"}'
  # The controller cannot reach the registry by the name that nodes know it by.
  configure config-deployment "{\"registries-skipping-tag-resolving\":\"localhost:$REGISTRY_PORT\"}"
  # No gateway is in front: Kourier itself writes the client into X-Forwarded-For.
  configure config-kourier '{"use-remote-address":"true"}'
  # What goes through the activator may last as long as anything else.
  kube patch deployment activator --namespace knative-serving --type merge \
    --patch '{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":3600}}}}'
}

create() {
  check_tools
  make_registry
  make_cluster
  join_registry
  install_knative
  configure_knative
  say "ready"
  echo "  kubectl config use-context $CONTEXT && skaffold dev"
  echo "  then http://functions.tutti.127.0.0.1.sslip.io:8080"
}

delete() {
  need docker https://docs.docker.com/get-docker/
  need kind https://kind.sigs.k8s.io/docs/user/quick-start/#installation
  kind delete cluster --name "$CLUSTER"
  docker rm --force --volumes "$REGISTRY" 2>/dev/null || true
}

case ${1-} in
  create) create ;;
  delete) delete ;;
  *) fail "usage: cluster.sh create | delete" ;;
esac
