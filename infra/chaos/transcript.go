package chaos

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// transcript is a file of all that went over one connection, to find out what
// led to what. The nil transcript writes nothing.
type transcript struct {
	mu     sync.Mutex
	file   *os.File
	failed error // the first failure
}

// transcribe begins a transcript, if they are wanted.
func (w *world) transcribe(c *client) (*transcript, error) {
	if w.transcripts == "" {
		return nil, nil //nolint:nilnil // which writes nothing
	}
	name := fmt.Sprintf("%s %s %s.txt", w.fault.id, c.name(), c.user)
	file, err := os.Create(filepath.Join(w.transcripts, strings.ReplaceAll(name, " ", "-")))
	return &transcript{file: file}, err
}

// add notes what was sent, or came.
func (t *transcript) add(direction string, frame []byte) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := fmt.Fprintf(t.file, "%s %s %s\n", time.Now().Format(clock), direction, frame)
	t.failed = errors.Join(t.failed, err)
}

func (t *transcript) close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return errors.Join(t.failed, t.file.Close())
}
