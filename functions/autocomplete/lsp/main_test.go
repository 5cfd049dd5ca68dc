package lsp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/sandbox"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/shared/testtool"
)

func TestMain(m *testing.M) {
	sandbox.Enter()
	if len(os.Args) > 1 && os.Args[1] == fakeVerb {
		fakeMain(os.Args[2:])
		return
	}
	dir, err := os.MkdirTemp("", "lsp-test-")
	if err == nil {
		err = os.Setenv("TMPDIR", dir)
	}
	if err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(tidy{m, dir})
}

// tidy runs tests and looks for what is left in the folder of temporary files, and for
// processes of ours.
type tidy struct {
	m   *testing.M
	dir string
}

func (r tidy) Run() int {
	code := r.m.Run()
	if err := os.Remove(r.dir); err != nil { // it is empty, or it fails
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// weak says that the kernel cannot hold servers back: then all but that is tested.
var weak = sandbox.Check() != nil

// needSandbox skips a test of what servers are held back from, where the kernel does not.
func needSandbox(t *testing.T) {
	t.Helper()
	if weak {
		t.Skip(sandbox.Check())
	}
}

// serversDir is where servers are installed for the tests.
var serversDir = filepath.Join("testdata", "servers")

// patience is how long tests wait for a server, on a machine that is busy.
const patience = 60 * time.Second

// open starts a provider with servers that are installed, and waits until they are
// ready. It ends with the test, which looks for what is left.
func open(t *testing.T, servers Servers) *Provider {
	t.Helper()
	settings := Settings{
		Servers: servers, Dir: serversDir,
		Processes: 1, Budget: Budget(10 * time.Second), Memory: 1536, Weak: weak,
	}
	commands, err := settings.commands()
	if errors.Is(err, errNotFound) {
		testtool.Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	l := usual
	l.start, l.silence = patience, patience
	p := start(settings, l, commands, nil, testLog(t))
	t.Cleanup(p.Close)
	awaitReady(t, p)
	return p
}

// awaitReady waits until each process of a provider takes questions.
func awaitReady(t *testing.T, p *Provider) {
	t.Helper()
	for language, servers := range p.pools {
		for _, w := range servers.workers {
			eventually(t, language+" is ready", func() bool {
				ready, _, _ := w.queue.state(subject{})
				return ready != nil
			})
		}
	}
}

// eventually waits for what nothing announces.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// at makes a query of a text with a | where the cursor is.
func at(language, text string) *suggest.Query {
	before, after, found := strings.Cut(text, "|")
	if !found {
		panic("there is no cursor")
	}
	return &suggest.Query{Language: language, Code: before + after, Cursor: len(before), Most: 5}
}

// insertions are what a provider suggests to insert.
func insertions(t *testing.T, p *Provider, q *suggest.Query) []string {
	t.Helper()
	found, err := p.Suggest(t.Context(), q)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var texts []string
	for _, s := range found {
		if err := s.Check(q); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
		texts = append(texts, s.Insertion(q))
	}
	return texts
}

// suggestOnce asks with a time limit, and tells how that fails.
func suggestOnce(t *testing.T, p *Provider, q *suggest.Query, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	_, err := p.Suggest(ctx, q)
	return err
}

func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(testWriter{t}, nil))
}

// testWriter logs with a test.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", p)
	return len(p), nil
}
