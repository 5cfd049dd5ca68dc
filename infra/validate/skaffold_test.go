package validate

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/testtool"
)

// skaffoldChecks are what skaffold.yaml has to pass.
func skaffoldChecks(t testing.TB) map[string]func([]byte) error {
	parsed := func(check func(*Skaffold) error) func([]byte) error {
		return func(text []byte) error {
			config, err := parseSkaffold(text)
			if err != nil {
				return err
			}
			return check(config)
		}
	}
	return map[string]func([]byte) error{
		"schema":    checkSkaffoldSchema,
		"profiles":  parsed(func(c *Skaffold) error { return c.checkProfiles(root) }),
		"artifacts": parsed(func(c *Skaffold) error { return c.checkArtifacts(root) }),
		"forward":   parsed(func(c *Skaffold) error { return c.checkForward(kourier(t)) }),
	}
}

// kourier is the manifest of the Kourier that belongs to the current Knative.
func kourier(t testing.TB) []byte {
	t.Helper()
	dir, err := currentKnativeDir()
	if err != nil {
		testtool.Missing(t, err.Error())
	}
	text, err := os.ReadFile(filepath.Join(dir, "third_party/kourier-latest/kourier.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func readSkaffold(t testing.TB) string {
	t.Helper()
	preview(t) // and this: they write what the profiles name
	cloudRun(t)
	text, err := os.ReadFile(filepath.Join(root, "skaffold.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSkaffold_IsGood(t *testing.T) {
	text := readSkaffold(t)
	for name, check := range skaffoldChecks(t) {
		if err := check([]byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var skaffoldFaults = []fault{
	{"schema", "    - image: wsrelay", "    - image: wsrelay\n      images: []", "additional properties 'images' not allowed"},
	{"schema", "apiVersion: skaffold/v4beta14", "apiVersion: skaffold/v4beta13", `apiVersion is "skaffold/v4beta13"`},
	{"profiles", "profiles:", "deploy: {kubectl: {}}\nprofiles:", "the base has"},
	{"profiles", "overlays/local", "overlays/lokal", "no such file"},
	{"profiles", "      cloudrun: {}", "      cloudrun: {}\n      kubectl: {}", "cloudrun needs one deployer"},
	{"profiles", "        kubeContext: kind-tutti\n", "", "comes by itself in any cluster"},
	{"artifacts", "image: functions", "image: function", "it builds [function wsrelay]"},
	{"artifacts", "main: ./wsrelay/cmd/wsrelay", "main: ./wsrelay", "is no program"},
	{"artifacts", "main: ./functions/cmd/functions", "main: ./functions/cmd/function", "function"},
	{"artifacts", "wsrelay/**, shared/**", "wsrelay/**", "a change of shared/"},
	{"artifacts", "functions/**, shared/**", `"**/*.go", functions/**, shared/**`, "is built for any change"},
	{"forward", "resourceName: kourier", "resourceName: wsrelay", "there is no Service wsrelay"},
	{"forward", "port: 80\n", "port: 8080\n", "with port 8080"},
}

func TestSkaffold_FaultsAreFound(t *testing.T) {
	text, checks := readSkaffold(t), skaffoldChecks(t)
	for _, f := range skaffoldFaults {
		t.Run(f.check+"/"+f.want, func(t *testing.T) {
			broken := strings.ReplaceAll(text, f.old, f.new)
			if broken == text {
				t.Fatalf("there is no %q to plant it at", f.old)
			}
			if err := checks[f.check]([]byte(broken)); err == nil || !strings.Contains(err.Error(), f.want) {
				t.Errorf("got %v, want %q", err, f.want)
			}
		})
	}
}

// What cluster.sh installs is what the manifests are checked against.
func TestCluster_IsTheOneThatIsChecked(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "infra/knative/cluster.sh"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"KNATIVE=" + currentRelease + "\n",
		`{"max-revision-timeout-seconds":"` + maxRevisionTimeout + `"}`,
		`{"use-remote-address":"true"}`, // without it TRUSTED_PROXIES is one too many
		"CLUSTER=tutti\n",               // kind-tutti in skaffold.yaml
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it does not say %s", want)
		}
	}
	if err := findPort(kourier(t), "kourier-system", "kourier-internal", 80); err != nil {
		t.Errorf("what the production route leads to: %v", err)
	}
}

func TestScripts_ShellcheckFindsNothing(t *testing.T) {
	testtool.Require(t, "shellcheck")
	scripts, err := filepath.Glob(filepath.Join(root, "infra/*/*.sh"))
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	if output, err := exec.CommandContext(t.Context(), "shellcheck", scripts...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// Names may come from a pull request: only names get into the manifests.
func TestScripts_TakeOnlyNames(t *testing.T) {
	refused := [][]string{
		{"infra/knative/preview.sh", "pr-1\nkind: Secret", "preview.example"},
		{"infra/knative/preview.sh", "$(id)", "preview.example"},
		{"infra/knative/preview.sh", "PR-1", "preview.example"},
		{"infra/knative/preview.sh", "pr-1", "preview.example/x"},
		{"infra/knative/preview.sh", "pr-1", "preview.example", "ftp"},
		{"infra/knative/preview.sh", "pr-1"},
		{"infra/knative/cluster.sh", "recreate"},
		{"infra/cloudrun/fill.sh"}, // without PROJECT_ID
	}
	for _, call := range refused {
		command := exec.CommandContext(t.Context(), filepath.Join(root, call[0]), call[1:]...)
		if output, err := command.CombinedOutput(); err == nil {
			t.Errorf("%q is taken: %s", call, output)
		}
	}
}
