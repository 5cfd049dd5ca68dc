// Package infra holds nothing but the check below: the parts are in its folders.
package infra

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/tutti-live/tutti/"

// TestImports_PointOneWay holds the direction of imports: functions and
// wsrelay rest on shared and know nothing of each other, and each outside
// service is talked to in one place.
func TestImports_PointOneWay(t *testing.T) {
	for _, rule := range []struct{ packages, forbidden, except string }{
		{"shared/...", module + "functions", ""},
		{"shared/...", module + "wsrelay", ""},
		{"shared/...", module + "infra", ""},
		{"functions/...", module + "wsrelay", ""},
		{"functions/...", module + "infra", ""},
		{"wsrelay/...", module + "functions", ""},
		{"wsrelay/...", module + "infra", ""},
		{"shared/...", "github.com/redis/go-redis/v9", "shared/room shared/redistest"},
		{"functions/...", "github.com/redis/go-redis/v9", ""},
		{"wsrelay/...", "github.com/redis/go-redis/v9", ""},
		{"shared/...", "github.com/gorilla/websocket", ""},
		{"functions/...", "github.com/gorilla/websocket", ""},
	} {
		for name, imports := range directImports(t, rule.packages) {
			if strings.Contains(" "+rule.except+" ", " "+strings.TrimPrefix(name, module)+" ") {
				continue
			}
			for _, path := range imports {
				if path == rule.forbidden || strings.HasPrefix(path, rule.forbidden+"/") {
					t.Errorf("%s imports %s", name, path)
				}
			}
		}
	}
}

// TestImports_DocumentKnowsNothingOutside holds that the document core needs the
// standard library and nothing of it that reaches a network or a log.
func TestImports_DocumentKnowsNothingOutside(t *testing.T) {
	for _, path := range list(t, "-deps", module+"shared/crdt") {
		outside := strings.Contains(path, ".") && !strings.HasPrefix(path, module+"shared/crdt") && !strings.HasPrefix(path, module+"shared/lib0")
		// What the standard library brings along has no dot, but for its vendored parts.
		if outside && !strings.HasPrefix(path, "vendor/") || path == "net" || path == "net/http" || path == "log" || path == "log/slog" {
			t.Errorf("shared/crdt needs %s", path)
		}
	}
}

// TestImports_DeployedBinariesHaveNoTestTools keeps what is for tests and for
// developing out of what is deployed.
func TestImports_DeployedBinariesHaveNoTestTools(t *testing.T) {
	for _, binary := range []string{"functions/cmd/functions", "wsrelay/cmd/wsrelay"} {
		for _, path := range list(t, "-deps", module+binary) {
			for _, forbidden := range []string{"github.com/alicebob/miniredis", module + "infra", module + "shared/redistest", module + "shared/logtest", module + "shared/testtool"} {
				if strings.HasPrefix(path, forbidden) {
					t.Errorf("%s contains %s", binary, path)
				}
			}
		}
	}
}

// directImports lists what each of the packages imports, tests left out.
func directImports(t *testing.T, packages string) map[string][]string {
	t.Helper()
	imports := make(map[string][]string)
	for _, line := range list(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+packages) {
		words := strings.Fields(line)
		imports[words[0]] = words[1:]
	}
	if len(imports) == 0 {
		t.Fatalf("no packages in %s", packages)
	}
	return imports
}

func list(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
