package validate

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// stub stands for docker, kind and kubectl: it writes down how it was called.
// There is a kind of the right version, with one node, and no cluster yet.
const stub = `#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
case "$(basename "$0") $*" in
  "kind version -q") echo 0.33.0 ;;
  "kind get clusters") echo "$CLUSTERS" ;;
  "kind get nodes --name tutti") echo tutti-control-plane ;;
  "docker inspect tutti-registry") exit 1 ;;
  *" -"*) [ -t 0 ] || cat >/dev/null ;;
esac
`

// cluster runs cluster.sh with stubs of tools, and returns what it said and called.
func cluster(t *testing.T, clusters string, tools []string, args ...string) (said, called string, err error) {
	t.Helper()
	folder := t.TempDir()
	for _, tool := range tools {
		if err := os.WriteFile(filepath.Join(folder, tool), []byte(stub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, tool := range []string{"bash", "sh", "cat", "basename", "dirname"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(folder, tool)); err != nil {
			t.Fatal(err)
		}
	}
	calls := filepath.Join(folder, "calls")
	command := exec.CommandContext(t.Context(), filepath.Join(root, "infra/knative/cluster.sh"), args...)
	command.Env = []string{"PATH=" + folder, "CALLS=" + calls, "CLUSTERS=" + clusters}
	output, err := command.CombinedOutput()
	log, _ := os.ReadFile(calls)
	return string(output), string(log), err
}

func TestCluster_IsMadeOnceAndFilledAgain(t *testing.T) {
	all := []string{"docker", "kind", "kubectl"}
	for clusters, made := range map[string]bool{"": true, "other\ntutti-2": true, "other\ntutti": false} {
		said, called, err := cluster(t, clusters, all, "create")
		if err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		if strings.Contains(called, "kind create cluster --name tutti --image kindest/node:") != made {
			t.Errorf("with the clusters %q: made %v, want %v", clusters, !made, made)
		}
		for _, want := range []string{"serving-crds.yaml", "serving-core.yaml", "kourier.yaml", "max-revision-timeout-seconds"} {
			if !strings.Contains(called, "kubectl --context kind-tutti ") || !strings.Contains(called, want) {
				t.Errorf("with the clusters %q: it does not install %s", clusters, want)
			}
		}
	}
}

func TestCluster_SaysWhatIsMissing(t *testing.T) {
	for missing, tools := range map[string][]string{
		"docker":  {"kind", "kubectl"},
		"kind":    {"docker", "kubectl"},
		"kubectl": {"docker", "kind"},
	} {
		said, called, err := cluster(t, "", tools, "create")
		if err == nil || !strings.Contains(said, missing+" is not installed; see https://") {
			t.Errorf("without %s: %v, %q", missing, err, said)
		}
		if strings.Contains(called, "create") {
			t.Errorf("without %s it began: %s", missing, called)
		}
	}
}

func TestCluster_IsRemoved(t *testing.T) {
	said, called, err := cluster(t, "tutti", []string{"docker", "kind"}, "delete")
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, want := range []string{"kind delete cluster --name tutti", "docker rm --force --volumes tutti-registry"} {
		if !strings.Contains(called, want) {
			t.Errorf("it does not call %s", want)
		}
	}
}
