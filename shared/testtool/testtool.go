// Package testtool lets tests use what not every machine has.
//
// Where it is missing they are skipped, unless TUTTI_REQUIRE=all says that
// nothing may be.
package testtool

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Require skips a test when a program is not installed, or fails it where
// TUTTI_REQUIRE=all.
func Require(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		Missing(t, program+" is not installed")
	}
}

// RequirePackage skips a test when a package of npm is not installed in a folder, or
// fails it where TUTTI_REQUIRE=all. It tells go test that the result depends on the
// files there that match.
func RequirePackage(t testing.TB, folder, name, match string) {
	t.Helper()
	Require(t, "node")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", name, "package.json")); err != nil {
		Missing(t, fmt.Sprintf("%s is not installed in %s: make test does it where there is npm (npm ci)", name, folder))
	}
	files, err := filepath.Glob(filepath.Join(folder, match))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			t.Fatal(err)
		}
	}
}

// Missing skips a test for a reason, or fails it where TUTTI_REQUIRE=all.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("TUTTI_REQUIRE") == "all" {
		t.Fatalf("%s, and TUTTI_REQUIRE=all", reason)
	}
	t.Skip(reason)
}
