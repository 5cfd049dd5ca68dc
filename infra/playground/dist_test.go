package playground_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"slices"
	"testing"
)

// TestDist_IsWhatTheSourcesGive holds that what is committed was built of what is
// committed beside it.
func TestDist_IsWhatTheSourcesGive(t *testing.T) {
	needSources(t)
	built := t.TempDir()
	node(t, "node_modules/vite/bin/vite.js", "build", "--outDir", built, "--emptyOutDir")
	got, want := files(t, "dist"), files(t, built)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if content, there := got[name]; !there {
			t.Errorf("dist lacks %s", name)
		} else if !bytes.Equal(content, want[name]) {
			t.Errorf("dist/%s is not what the sources give", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, there := want[name]; !there {
			t.Errorf("dist has %s, which the sources do not give", name)
		}
	}
	if t.Failed() {
		t.Log("npm run build mends this")
	}
}

// TestSources_HaveTypes checks the types, which neither the build nor the tests do.
func TestSources_HaveTypes(t *testing.T) {
	needSources(t)
	for _, project := range []string{".", "test/browser"} {
		node(t, "node_modules/typescript/bin/tsc", "--project", project)
	}
}

// node runs a program of an npm package.
func node(t *testing.T, args ...string) {
	t.Helper()
	if output, err := exec.CommandContext(t.Context(), "node", args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, output)
	}
}

// files returns all that is in a folder, by its path there.
func files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	found, root := make(map[string][]byte), os.DirFS(folder)
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		found[path], err = fs.ReadFile(root, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
