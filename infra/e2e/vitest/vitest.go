// Package vitest runs tests that are written in TypeScript as tests of Go.
//
// The link client leads to shared/client: go test notices changes of files within the
// module of a test only, and takes what it reads through the link for such.
package vitest

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/testtool"
)

// devServer is the program that the tests try. Who tests it imports its parts, so
// that go test notices when they change.
const devServer = "github.com/tutti-live/tutti/infra/cmd/dev"

// A result is what vitest says of one test.
type result struct {
	FullName        string   `json:"fullName"`
	Status          string   `json:"status"`
	FailureMessages []string `json:"failureMessages"`
}

// report is what vitest writes. Message is of a file that could not be run.
type report struct {
	TestResults []struct {
		Name             string   `json:"name"`
		Status           string   `json:"status"`
		Message          string   `json:"message"`
		AssertionResults []result `json:"assertionResults"`
	} `json:"testResults"`
}

// Run runs vitest in a folder, and makes each of its tests a subtest. env is added to
// the environment. The test is skipped where the packages are not installed.
func Run(t *testing.T, folder string, env []string, args ...string) {
	t.Helper()
	testtool.RequirePackage(t, folder, "vitest", "*.json")
	written := filepath.Join(t.TempDir(), "results.json")
	args = append([]string{
		filepath.Join("node_modules", "vitest", "vitest.mjs"), "run",
		"--reporter=default", "--reporter=json", "--outputFile.json=" + written,
	}, args...)
	cmd := exec.CommandContext(t.Context(), "node", args...) //nolint:gosec // the words are those of tests
	cmd.Dir = folder
	cmd.Env = append(append(cmd.Environ(), "NO_COLOR=1"), env...)
	output, err := cmd.CombinedOutput()
	tests := 0
	for _, file := range read(t, written, output).TestResults {
		if file.Status == "failed" && len(file.AssertionResults) == 0 {
			t.Errorf("%s: %s", file.Name, file.Message)
		}
		tests += len(file.AssertionResults)
		for _, one := range file.AssertionResults {
			t.Run(one.FullName, one.tell)
		}
	}
	if tests == 0 {
		t.Errorf("vitest has run no tests")
	}
	if err != nil || t.Failed() {
		t.Errorf("vitest: %v\n%s", err, output)
	}
}

func read(t *testing.T, written string, output []byte) (r report) {
	t.Helper()
	content, err := os.ReadFile(written) //nolint:gosec // in a folder of the test
	if err == nil {
		err = json.Unmarshal(content, &r)
	}
	if err != nil {
		t.Fatalf("vitest wrote no results: %v\n%s", err, output)
	}
	return r
}

func (r result) tell(t *testing.T) {
	switch r.Status {
	case "passed":
	case "failed":
		t.Error(strings.Join(r.FailureMessages, "\n"))
	default:
		t.Skip(r.Status)
	}
}

// DevServer builds the dev server, and returns the setting that names it to the tests.
func DevServer(t *testing.T) (env string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dev")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, devServer) //nolint:gosec // in a folder of the test
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the dev server: %v\n%s", err, output)
	}
	return "TUTTI_DEV=" + path
}

// DependsOn tells go test that the result depends on files, and on all that is in
// folders. They must be in the module of the test; see the link above.
func DependsOn(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "node_modules" {
				return fs.SkipDir
			}
			_, err = os.Stat(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
