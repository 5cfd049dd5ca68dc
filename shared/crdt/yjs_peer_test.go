package crdt_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tutti-live/tutti/shared/testtool"
)

const yjsDir = "testdata/yjs"

// A yjsPeer is a Node process in which the real yjs runs: testdata/yjs/peer.mjs.
type yjsPeer struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// startYjs starts a peer for the length of a test. Without Node, or where yjs
// is not installed, the test is skipped.
func startYjs(t *testing.T) *yjsPeer {
	t.Helper()
	needYjs(t)
	cmd := exec.Command("node", filepath.Join(yjsDir, "peer.mjs"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", cmd, err)
		}
	})
	return &yjsPeer{in: in, out: bufio.NewReader(out)}
}

func needYjs(t *testing.T) {
	t.Helper()
	testtool.RequirePackage(t, yjsDir, "yjs", "*.mjs")
}

// The questions that a peer answers.
const (
	askSession = iota // the record of the session of a seed
	askReplay         // the record of what given updates make
	askExplain        // what an update says, as text
	askSmaller        // updates that say less
)

func (p *yjsPeer) session(seed uint64) ([]byte, error) {
	return p.ask(binary.AppendUvarint([]byte{askSession}, seed))
}

// replay asks for the record of a document with these roots that gets these updates.
func (p *yjsPeer) replay(client uint64, roots []string, updates [][]byte) ([]byte, error) {
	request := binary.AppendUvarint([]byte{askReplay}, client)
	request = binary.AppendUvarint(request, uint64(len(roots)))
	for _, root := range roots {
		request = appendYjsBytes(request, []byte(root))
	}
	request = binary.AppendUvarint(request, uint64(len(updates)))
	for _, update := range updates {
		request = appendYjsBytes(request, update)
	}
	return p.ask(request)
}

// explain spells an update out, as far as yjs can read it.
func (p *yjsPeer) explain(update []byte) string {
	text, err := p.ask(appendYjsBytes([]byte{askExplain}, update))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// smaller returns updates that leave out some of what an update says.
func (p *yjsPeer) smaller(update []byte) [][]byte {
	answer, err := p.ask(appendYjsBytes([]byte{askSmaller}, update))
	if err != nil {
		return nil
	}
	r := yjsRecord{answer}
	list := make([][]byte, r.int())
	for i := range list {
		list[i] = r.bytes()
	}
	return list
}

func appendYjsBytes(to, data []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(data))), data...)
}

// ask sends a frame and returns the one that comes back.
func (p *yjsPeer) ask(request []byte) ([]byte, error) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(request)))
	if _, err := p.in.Write(append(frame, request...)); err != nil {
		return nil, fmt.Errorf("asking yjs: %w", err)
	}
	var head [4]byte
	if _, err := io.ReadFull(p.out, head[:]); err != nil {
		return nil, fmt.Errorf("yjs does not answer: %w", err)
	}
	answer := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(p.out, answer); err != nil {
		return nil, fmt.Errorf("yjs does not answer: %w", err)
	}
	return answer, nil
}
