package yjs

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tutti-live/tutti/infra/e2e/scene"
)

// script is a Node process that runs one of testdata/clients.
type script struct {
	cmd  *exec.Cmd
	mu   sync.Mutex // guards in
	in   io.WriteCloser
	done chan struct{}
	err  error // how it ended; set before done is closed
}

// run runs a script until the test ends. Each line that it writes is passed to
// hear, by one goroutine, which ends before the test does.
func run(t testing.TB, hear func(line []byte), name string, args ...string) *script {
	t.Helper()
	needClients(t)
	s := &script{cmd: exec.Command("node", append([]string{filepath.Join(scripts, name)}, args...)...), done: make(chan struct{})}
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.read(out, hear)
	t.Cleanup(s.end)
	return s
}

func (s *script) read(out io.Reader, hear func(line []byte)) {
	defer close(s.done)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil { // a line without an end was not meant to be read
			break
		}
		hear(line)
	}
	s.err = s.cmd.Wait()
}

// write gives the script a line to read.
func (s *script) write(line []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.in.Write(append(line, '\n'))
	return err
}

// end lets a script end by itself, but not take long over it.
func (s *script) end() {
	_ = s.in.Close() // it may have ended
	select {
	case <-s.done:
	case <-time.After(scene.Patience):
		s.kill()
	}
}

func (s *script) kill() {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		panic(err)
	}
	<-s.done
}
