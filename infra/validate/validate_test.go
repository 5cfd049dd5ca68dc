package validate

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tutti-live/tutti/shared/testtool"
)

// root is the folder of the project.
const root = "../.."

// A suite is what a kind of deployment has to pass.
type suite map[string]check

// currentKnativeDir is the folder of the current Knative, downloaded once.
var currentKnativeDir = sync.OnceValues(downloadKnative)

// schemas are read once.
var schemas = sync.OnceValues(func() (Schemas, error) {
	dir, err := currentKnativeDir()
	if err != nil {
		return nil, err
	}
	return loadSchemas(dir)
})

var knativeSuite = suite{
	"core":      decodeCore,
	"knative":   validateKnative,
	"names":     knativeNames.check,
	"settings":  checkSettings,
	"pods":      checkPods,
	"limits":    checkLimits,
	"age":       checkRelayAge,
	"sockets":   checkSockets,
	"scaling":   checkScaling,
	"hops":      checkHops,
	"hardening": checkHardening,
	"probes":    checkProbes,
	"metrics":   checkMetrics,
	"links":     checkLinks,
	"namespace": checkNamespace,
	"redis":     checkRedis,
	"images":    checkImages,
	"schemas":   checkAgainstCRDs,
}

var cloudRunSuite = suite{
	"decode":    decodeCloudRun,
	"names":     cloudRunNames.check,
	"settings":  checkSettings,
	"pods":      checkPods,
	"limits":    checkLimits,
	"age":       checkRelayAge,
	"instances": checkInstances,
	"relay":     checkCloudRelay,
	"front":     checkFront,
	"links":     checkLinks,
}

// errOffline is why the current Knative cannot be had.
var errOffline = errors.New("the current Knative cannot be downloaded")

// checkAgainstCRDs is errOffline without a network or module cache.
func checkAgainstCRDs(b Bundle) error {
	s, err := schemas()
	if err != nil {
		return errors.Join(errOffline, err)
	}
	return s.check(b)
}

// A deployment is one of those in infra/, with what it has to pass.
type deployment struct {
	suite    suite
	external []string
	text     func(testing.TB) []byte
}

var deployments = map[string]deployment{
	"local":      {suite: knativeSuite, text: overlay("infra/knative/overlays/local")},
	"preview":    {suite: knativeSuite, text: preview},
	"production": {suite: knativeSuite, external: []string{"redis"}, text: overlay("infra/knative/overlays/production")},
	"cloudrun":   {suite: cloudRunSuite, external: []string{"tutti-redis-url"}, text: cloudRun},
}

func overlay(folder string) func(testing.TB) []byte {
	return func(t testing.TB) []byte {
		t.Helper()
		text, err := render(filepath.Join(root, folder))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// script runs one of ours, whose answer is in bin/.
func script(t testing.TB, env []string, name string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(root, name), args...)
	command.Env = append(os.Environ(), env...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, output)
	}
}

func preview(t testing.TB) []byte {
	t.Helper()
	script(t, nil, "infra/knative/preview.sh", "pr-17", "preview.tutti.example")
	return overlay("bin/preview")(t)
}

func cloudRun(t testing.TB) []byte {
	t.Helper()
	script(t, []string{"PROJECT_ID=tutti-1", "FRONTEND_HOST=tutti.example", "API_HOST=api.tutti.example"}, "infra/cloudrun/fill.sh")
	var texts [][]byte
	for _, name := range []string{"functions", "wsrelay"} {
		text, err := os.ReadFile(filepath.Join(root, "bin/cloudrun", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return bytes.Join(texts, []byte("\n---\n"))
}

// bundle parses a text that stands for the deployment.
func (d deployment) bundle(t testing.TB, text []byte) Bundle {
	t.Helper()
	objects, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return Bundle{Objects: objects, External: d.external}
}

func TestManifests_AreGood(t *testing.T) {
	for name, d := range deployments {
		bundle := d.bundle(t, d.text(t))
		for what, check := range d.suite {
			t.Run(name+"/"+what, func(t *testing.T) {
				switch err := check(bundle); {
				case errors.Is(err, errOffline):
					testtool.Missing(t, err.Error())
				case err != nil:
					t.Error(err)
				}
			})
		}
	}
}
