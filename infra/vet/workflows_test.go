package vet

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type workflow struct {
	On          yaml.Node
	Permissions *yaml.Node
	Concurrency *yaml.Node
	Jobs        map[string]struct {
		Timeout int `yaml:"timeout-minutes"`
		Steps   []struct {
			Uses string
			Run  string
		}
	}
}

// pinned is an action at a commit, which nobody can change, and what it is called.
var pinned = regexp.MustCompile(`uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v[0-9]`)

// TestWorkflows_AreSafe holds what actionlint does not: no action can change under us, no
// expression is pasted into a shell, and rights are given by name.
func TestWorkflows_AreSafe(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(files) < 3 {
		t.Fatalf("there are only %v: %v", files, err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(src)) {
			if strings.Contains(line, "uses: ") && !pinned.MatchString(line) {
				t.Errorf("%s: not pinned to a commit with its version behind it: %s", name, strings.TrimSpace(line))
			}
			if strings.Contains(line, "pull_request_target:") || strings.Contains(line, "secrets: inherit") {
				t.Errorf("%s gives secrets to what anybody may have written: %s", name, strings.TrimSpace(line))
			}
		}
		var w workflow
		if err := yaml.Unmarshal(src, &w); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if w.Permissions == nil || w.Concurrency == nil {
			t.Errorf("%s does not say its permissions, or what runs beside it", name)
		}
		for job, j := range w.Jobs {
			if j.Timeout == 0 {
				t.Errorf("%s: job %s has no timeout", name, job)
			}
			for _, step := range j.Steps {
				if strings.Contains(step.Run, "${{") {
					t.Errorf("%s: job %s pastes an expression into a shell; use env:\n%s", name, job, step.Run)
				}
			}
		}
	}
}
