package awareness_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/awareness"
	"github.com/tutti-live/tutti/shared/lib0"
	"github.com/tutti-live/tutti/shared/testtool"
)

// TestYjs_RandomSessions_SameBytes does the same to our states and to those of
// the real y-protocols. After every step both have taken over the same, and
// write the same bytes of it.
func TestYjs_RandomSessions_SameBytes(t *testing.T) {
	peer := startYjs(t)
	first, sessions := fromEnv(t, "TUTTI_FUZZ_SEED", rand.Uint64N(1<<31)), fromEnv(t, "TUTTI_FUZZ_SESSIONS", 200)
	t.Logf("TUTTI_FUZZ_SEED=%d TUTTI_FUZZ_SESSIONS=%d", first, sessions)
	for seed := first; seed < first+sessions; seed++ {
		s := yjsSession{peer: peer, random: rand.New(rand.NewPCG(seed, 0))}
		if err := s.run(); err != nil {
			t.Fatalf("again: TUTTI_FUZZ_SEED=%d TUTTI_FUZZ_SESSIONS=1\n%s\n%v", seed, strings.Join(s.log, "\n"), err)
		}
	}
}

// What the peer can be asked to do: testdata/peer.mjs.
const (
	askBegin = iota
	askApply
	askRemove
	askForget
	askSay
)

// A yjsSession is our states, those of the peer, and a client of the peer's.
type yjsSession struct {
	peer   *yjsPeer
	random *rand.Rand
	ours   awareness.States
	said   []awareness.Entry // by the peer's client
	log    []string
}

func (s *yjsSession) run() error {
	client := clients[s.random.IntN(len(clients))]
	_, update, err := s.peer.ask(lib0.AppendUvarint([]byte{askBegin}, client))
	if err != nil {
		return err
	}
	if err := s.heard(update); err != nil {
		return err
	}
	for range 60 {
		if err := s.step(); err != nil {
			return err
		}
	}
	return nil
}

func (s *yjsSession) step() error {
	client := clients[s.random.IntN(len(clients))]
	switch s.random.IntN(10) {
	case 0:
		return s.remove(client)
	case 1:
		return s.forget(client)
	case 2, 3:
		return s.say()
	case 4, 5:
		return s.apply(s.said[s.random.IntN(len(s.said))])
	default:
		clock := s.random.Uint32N(8)
		if s.random.IntN(100) == 0 {
			clock = awareness.MaxClock - clock
		}
		return s.apply(awareness.Entry{Client: client, Clock: clock, State: s.stateOrGone()})
	}
}

func (s *yjsSession) apply(e awareness.Entry) error {
	s.log = append(s.log, fmt.Sprintf("apply %+v", e))
	theirs, all, err := s.peer.ask(lib0.AppendBytes([]byte{askApply}, awareness.Append(nil, e)))
	if err != nil {
		return err
	}
	if changed := s.ours.Apply(e); changed != theirs {
		return fmt.Errorf("changed is %v, and %v in y-protocols", changed, theirs)
	}
	return s.compareAll(all)
}

func (s *yjsSession) remove(client uint64) error {
	s.log = append(s.log, fmt.Sprint("remove ", client))
	theirs, update, err := s.peer.ask(lib0.AppendUvarint([]byte{askRemove}, client))
	if err != nil {
		return err
	}
	e, ok := s.ours.Remove(client)
	switch {
	case ok != theirs:
		return fmt.Errorf("removed is %v, and %v in y-protocols", ok, theirs)
	case ok:
		return compare(awareness.Append(nil, e), update)
	default:
		return s.compareAll(update)
	}
}

func (s *yjsSession) forget(client uint64) error {
	s.log = append(s.log, fmt.Sprint("forget ", client))
	_, all, err := s.peer.ask(lib0.AppendUvarint([]byte{askForget}, client))
	if err != nil {
		return err
	}
	s.ours.Forget(client)
	return s.compareAll(all)
}

// say has the peer's client say something, which is applied here at some time,
// or never.
func (s *yjsSession) say() error {
	state := s.stateOrGone()
	if state == "" {
		state = "null"
	}
	s.log = append(s.log, "say "+state)
	_, update, err := s.peer.ask(lib0.AppendString([]byte{askSay}, state))
	if err != nil {
		return err
	}
	return s.heard(update)
}

func (s *yjsSession) heard(update []byte) error {
	entries, err := awareness.Decode(update, awareness.Limits{})
	if err != nil {
		return err
	}
	s.said = append(s.said, entries...)
	return compare(awareness.Append(nil, entries...), update)
}

func (s *yjsSession) compareAll(theirs []byte) error {
	return compare(awareness.Append(nil, slices.Collect(s.ours.All())...), theirs)
}

func compare(ours, theirs []byte) error {
	if !bytes.Equal(ours, theirs) {
		return fmt.Errorf("ours:   %q\ntheirs: %q", ours, theirs)
	}
	return nil
}

func (s *yjsSession) stateOrGone() string {
	if s.random.IntN(4) == 0 {
		return ""
	}
	return s.object(0)
}

// object makes JSON as JSON.stringify writes it.
func (s *yjsSession) object(depth int) string {
	keys := []string{"user", "cursor", "é", "👾", `a\"b`, `\\`, "", "\u2028", "</script>", "__proto__"}
	var members []string
	for _, i := range s.random.Perm(len(keys))[:s.random.IntN(4)] {
		members = append(members, `"`+keys[i]+`":`+s.value(depth+1))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (s *yjsSession) value(depth int) string {
	values := []string{
		"null", "true", "false", "0", "-1", "0.1", "1e+21", "9007199254740991", "5e-324",
		`""`, `"null"`, `"{[\"\\"`, `"\n\u0000"`, `"中👾é"`, "\"\ufeff\u2029\u007f\"", `"\ud83d"`, "[]",
	}
	switch i := s.random.IntN(len(values) + 8); {
	case i < len(values) || depth > 10:
		return values[i%len(values)]
	case i%2 == 0:
		return s.object(depth)
	default:
		return "[" + s.value(depth+1) + "," + s.value(depth+1) + "]"
	}
}

// A yjsPeer is a Node process in which the real y-protocols runs.
type yjsPeer struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// startYjs starts a peer for the length of a test. Without Node, or where
// y-protocols is not installed, the test is skipped.
func startYjs(t *testing.T) *yjsPeer {
	t.Helper()
	const script, yjs = "testdata/peer.mjs", "../crdt/testdata/yjs"
	testtool.RequirePackage(t, yjs, "y-protocols", "package*.json")
	if _, err := os.Stat(script); err != nil { // tells go test that the result depends on it
		t.Fatal(err)
	}
	cmd := exec.Command("node", script)
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

// ask sends a question and returns the answer: whether something was changed,
// and an update.
func (p *yjsPeer) ask(question []byte) (changed bool, update []byte, err error) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(question)))
	if _, err := p.in.Write(append(frame, question...)); err != nil {
		return false, nil, fmt.Errorf("asking y-protocols: %w", err)
	}
	var head [4]byte
	if _, err := io.ReadFull(p.out, head[:]); err != nil {
		return false, nil, fmt.Errorf("y-protocols does not answer: %w", err)
	}
	answer := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(p.out, answer); err != nil {
		return false, nil, fmt.Errorf("y-protocols does not answer: %w", err)
	}
	r := lib0.NewReader(answer)
	changed, update = r.Uint8() == 1, r.Bytes()
	return changed, update, r.Err()
}
