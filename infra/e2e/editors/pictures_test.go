package editors

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// picture leaves pictures of both windows in the folder TUTTI_PICTURES, if it is set.
func (r *room) picture(t testing.TB, when string) {
	t.Helper()
	folder := os.Getenv("TUTTI_PICTURES")
	if folder == "" {
		return
	}
	for name, w := range map[string]*window{"ada": r.ada, "bob": r.bob} {
		picture, err := w.Picture()
		if err == nil {
			file := strings.Join([]string{strings.ReplaceAll(t.Name(), "/", "-"), when, name}, "-") + ".png"
			err = os.WriteFile(filepath.Join(folder, file), picture, 0o600)
		}
		if err != nil {
			t.Errorf("no picture of %s: %v", name, err)
		}
	}
}
