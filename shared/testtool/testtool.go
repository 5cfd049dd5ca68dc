// Package testtool lets tests use what not every machine has.
//
// Where it is missing they are skipped, unless TUTTI_REQUIRE=all says that
// nothing may be.
package testtool

import (
	"os"
	"os/exec"
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

// Missing skips a test for a reason, or fails it where TUTTI_REQUIRE=all.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("TUTTI_REQUIRE") == "all" {
		t.Fatalf("%s, and TUTTI_REQUIRE=all", reason)
	}
	t.Skip(reason)
}
