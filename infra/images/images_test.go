package images

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/infra/process"
)

// version is what the images are told to be.
const version = "v0.0.0-test"

// top is where the repository begins, from here.
const top = "../.."

// services are the programs that have images.
var services = []string{"functions", "wsrelay"}

// tool is the path of a program that the Makefile installs.
func tool(t testing.TB, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Skip(variable + " is not set: `make test-infra` tries the images")
	}
	if filepath.IsAbs(path) {
		return path
	}
	path, err := filepath.Abs(filepath.Join(top, path))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// crane asks the registry, and returns what it answers.
func crane(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command(tool(t, "CRANE"), args...).Output()
	if err != nil {
		t.Fatalf("crane %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// newRegistry starts a registry of this machine until the test ends.
func newRegistry(t testing.TB) (addr string) {
	t.Helper()
	port := regexp.MustCompile(`serving on port (\d+)`)
	// It ends with the test, not before: what the test's end does may need it.
	ctx := context.WithoutCancel(t.Context())
	cmd := exec.CommandContext(ctx, tool(t, "CRANE"), "registry", "serve", "--address", "127.0.0.1:0")
	registry, err := process.Start(ctx, "registry", cmd, func(line string) string {
		if said := port.FindStringSubmatch(line); said != nil {
			return "127.0.0.1:" + said[1]
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(registry.Kill)
	return registry.Addr
}

// build makes the images of the sources in a folder and pushes them. It returns
// them by service, each as registry/path@digest.
func build(t testing.TB, dir, registry string, env ...string) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "infra/images/images.sh"))
	cmd.Env = append(cmd.Environ(), "IMAGES="+registry+"/tutti", "VERSION="+version, "KO="+tool(t, "KO"), "CRANE="+tool(t, "CRANE"),
		"BASE_IMAGE=", "PLATFORMS=")
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("building: %v\n%s", err, stderr(err))
	}
	images := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		t.Log(strings.TrimSpace(line))
		image, _, _ := strings.Cut(line, " ")
		name, _, _ := strings.Cut(image, "@")
		images[filepath.Base(name)] = image
	}
	if len(images) != len(services) {
		t.Fatalf("it built %v", images)
	}
	return images
}

// stderr is what a program said that failed.
func stderr(err error) string {
	if failed, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output does not wrap it
		return string(failed.Stderr)
	}
	return ""
}

// copySources copies what the images are built of, and nothing else.
func copySources(t testing.TB, to string) {
	t.Helper()
	for _, name := range []string{"go.work", "go.work.sum", ".ko.yaml", "infra/go.mod", "infra/go.sum", "infra/images", "functions", "wsrelay", "shared"} {
		err := filepath.WalkDir(filepath.Join(top, name), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.Name() == "testdata":
				return fs.SkipDir
			}
			return copyEntry(path, filepath.Join(to, strings.TrimPrefix(path, top)), entry)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func copyEntry(from, to string, entry fs.DirEntry) error {
	if entry.IsDir() {
		return os.MkdirAll(to, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode())
}
