package editors

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tutti-live/tutti/shared/testtool"
)

const sources = "testdata/pages"

// site has the editors' pages, for all tests: they take a second to make, and the
// browser knows them after the first time.
var site frontend

type frontend struct {
	mu      sync.Mutex
	bundles string // the folder with what was made of the sources
	server  *httptest.Server
	err     error // of making them
}

// origin is where the pages are.
func (f *frontend) origin(t testing.TB) string {
	t.Helper()
	testtool.RequirePackage(t, sources, "yjs", "*.*")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.server == nil && f.err == nil {
		f.err = f.openLocked()
	}
	if f.err != nil {
		t.Fatal(f.err)
	}
	return f.server.URL
}

func (f *frontend) openLocked() (err error) {
	if f.bundles, err = os.MkdirTemp("", "editors"); err != nil {
		return err
	}
	if output, err := exec.Command("node", filepath.Join(sources, "build.mjs"), f.bundles).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, output)
	}
	made, written := http.FileServer(http.Dir(f.bundles)), http.FileServer(http.Dir(sources))
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".html") || r.URL.Path == "/page.css" {
			written.ServeHTTP(w, r)
		} else {
			made.ServeHTTP(w, r)
		}
	}))
	return nil
}

func (f *frontend) close() {
	if f.server != nil {
		f.server.Close()
	}
	if f.bundles != "" {
		_ = os.RemoveAll(f.bundles) // it is among the files that may be lost
	}
}
