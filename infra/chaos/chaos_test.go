package chaos

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/infra/process"
	"github.com/tutti-live/tutti/shared/testtool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// worldsAtOnce is how many worlds two cores carry: mostly they wait.
const worldsAtOnce = 7

// TestChaos_Short makes each fault happen once, in its short form. The long
// form is `make chaos`.
func TestChaos_Short(t *testing.T) {
	testtool.Require(t, "redis-server")
	if testing.Short() {
		t.Skip("it takes more than a minute")
	}
	dir := t.TempDir()
	programs, err := process.Build(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{Programs: programs, Seed: rand.Uint64(), Short: true, Parallel: worldsAtOnce, Dir: dir}
	t.Logf("seed %d", opts.Seed)
	results, err := Run(t.Context(), opts)
	if err != nil {
		t.Error(err)
	}
	for _, r := range results {
		if !r.OK() {
			t.Error(r.Explain())
		}
	}
	var table strings.Builder
	if _, err := WriteTable(&table, results); err != nil {
		t.Error(err)
	}
	t.Logf("\n%s", &table)
}

func TestRun_ProgramThatDoesNotStart_IsAProblem(t *testing.T) {
	testtool.Require(t, "redis-server")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "functions"), []byte("#!/bin/sh\necho no\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	results, err := Run(t.Context(), Options{Programs: process.Built(dir), Only: []string{"f8A"}, Short: true, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 1 || results[0].OK() || !strings.Contains(results[0].Problems[0], "exit status 3") {
		t.Errorf("got %+v", results)
	}
}

func TestChoose_ByIDOrByItsNumber(t *testing.T) {
	for _, tt := range []struct {
		only string
		want int
	}{{"F1", 4}, {"F8", 4}, {"f15b", 1}, {"F18,F3", 7}, {"F8,F99", 0}, {"", 0}, {"abc", 0}} {
		chosen, err := choose(strings.Split(tt.only, ","))
		if len(chosen) != tt.want && tt.want != 0 || (err == nil) != (tt.want != 0) {
			t.Errorf("%q: got %d, %v, want %d", tt.only, len(chosen), err, tt.want)
		}
	}
}
