// Package workload holds what the tests, the benchmarks and the comparison with
// yjs all run on: recorded editing sessions, and updates made to be expensive.
package workload

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Root is the name of the text that every recorded session edits.
const Root = "text"

// Sequential names the recorded sessions of one author.
var Sequential = []string{"automerge-paper", "rustcode", "sveltecomponent", "seph-blog1"}

// Concurrent names the recorded sessions of authors who wrote at the same time.
var Concurrent = []string{"friendsforever", "clownschool"}

// A Trace is a recorded editing session.
type Trace struct {
	Name        string
	Updates     [][]byte // one per keystroke, as they came
	State       []byte   // what yjs encodes at the end
	StateVector []byte   // what yjs encodes at the end
}

// Load reads a recorded session from the folder with all of them.
func Load(dir, name string) (*Trace, error) {
	stream, err := unzip(filepath.Join(dir, name+".updates.gz"))
	if err != nil {
		return nil, err
	}
	t := &Trace{Name: name}
	if t.Updates, err = ParseFrames(stream); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if t.State, err = unzip(filepath.Join(dir, name+".v1.gz")); err != nil {
		return nil, err
	}
	t.StateVector, err = os.ReadFile(filepath.Clean(filepath.Join(dir, name+".sv")))
	return t, err
}

func unzip(path string) ([]byte, error) {
	file, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

var errFrames = errors.New("not a count and as many updates")

// ParseFrames reads a count, then as many updates with their lengths. The
// updates are parts of data, which must not change.
func ParseFrames(data []byte) ([][]byte, error) {
	count, size := binary.Uvarint(data)
	if data = data[max(size, 0):]; size <= 0 || count > uint64(len(data)) {
		return nil, errFrames
	}
	updates := make([][]byte, count)
	for i := range updates {
		length, size := binary.Uvarint(data)
		if data = data[max(size, 0):]; size <= 0 || length > uint64(len(data)) {
			return nil, errFrames
		}
		updates[i], data = data[:length:length], data[length:]
	}
	if len(data) > 0 {
		return nil, errFrames
	}
	return updates, nil
}

// AppendFrames appends what ParseFrames reads.
func AppendFrames(data []byte, updates [][]byte) []byte {
	data = binary.AppendUvarint(data, uint64(len(updates)))
	for _, update := range updates {
		data = binary.AppendUvarint(data, uint64(len(update)))
		data = append(data, update...)
	}
	return data
}
