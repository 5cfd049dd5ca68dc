package lsp

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestServers_Decode(t *testing.T) {
	var s Servers
	if err := s.Decode(" python=pyright, Go = gopls ,typescript=typescript,jsx=/opt/x/bin/server --stdio,"); err != nil {
		t.Fatal(err)
	}
	want := Servers{"python": "pyright", "go": "gopls", "typescript": "typescript", "jsx": "/opt/x/bin/server --stdio"}
	if !maps.Equal(s, want) {
		t.Errorf("%v", s)
	}
	for _, bad := range []string{"python", "=pyright", "python=", "python=nothing", "python=bin/server", "a=pylsp,a=pyright"} {
		if err := s.Decode(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if err := s.Decode(""); err != nil || len(s) != 0 {
		t.Errorf("%v, %v", s, err)
	}
}

func TestServers_VariantsHaveTheSameServer(t *testing.T) {
	got := Servers{"typescript": "typescript", "javascript": "typescript", "jsx": "/x"}.byCommand()
	if want := []string{"javascript", "javascriptreact", "typescript", "typescriptreact", "tsx"}; !slices.Equal(got["typescript"], want) {
		t.Errorf("%q", got["typescript"])
	}
	if !slices.Equal(got["/x"], []string{"jsx"}) {
		t.Errorf("%q", got["/x"])
	}
}

func TestSettings_Bounds(t *testing.T) {
	var n ProcessCount
	var m MemoryMiB
	var b Budget
	if err := errors.Join(n.Decode("16"), m.Decode("64"), b.Decode("150ms")); err != nil || n != 16 || m.bytes() != 64<<20 || time.Duration(b) != 150*time.Millisecond {
		t.Errorf("%d %d %d: %v", n, m, b, err)
	}
	for _, bad := range []string{"", "0", "17", "1x", "-1"} {
		if n.Decode(bad) == nil {
			t.Errorf("%q processes", bad)
		}
	}
	for _, bad := range []string{"", "150", "0s", "11s", "-1s"} {
		if b.Decode(bad) == nil {
			t.Errorf("a budget of %q", bad)
		}
	}
	if m.Decode("63") == nil || m.Decode("70000") == nil {
		t.Error("memory without bounds")
	}
}

func TestNew_SaysWhatIsNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, server := range presetNames() {
		_, err := New(Settings{Servers: Servers{"x": server}, Processes: 1, Memory: 64, Weak: weak}, nil, testLog(t))
		if !errors.Is(err, errNotFound) || !strings.Contains(err.Error(), server) {
			t.Errorf("%v", err)
		}
	}
	if _, err := New(Settings{Servers: Servers{"x": "/does/not/exist"}, Processes: 1, Memory: 64, Weak: weak}, nil, testLog(t)); err == nil {
		t.Error("a program that does not exist")
	}
}
