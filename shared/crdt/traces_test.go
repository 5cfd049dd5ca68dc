package crdt_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/crdt/comparison/workload"
)

// traces are the recorded sessions, with the length in UTF-16 units and the
// SHA-256 of the text that each ends with.
var traces = []struct {
	name   string
	units  int
	sha256 string
}{
	{"automerge-paper", 104_852, "a489e9022976c14e46627aea174d07797edcb3fd17df42605956d4cf01bf9039"},
	{"rustcode", 65_218, "2cde7bd1dedbcd198e3f5a66a4135f120571a4349d48d057009f311622a0894c"},
	{"sveltecomponent", 18_451, "d8bb93b7cf87b4c3a0394fddc028284a093d90d5794a213d1ccb0794eb4ede8f"},
	{"seph-blog1", 56_769, "fd42bef4fbb237f8cd748d2c1c628c51b489ea9b98992e6eb815d04a090a70ba"},
	{"friendsforever", 21_362, "4720ec330c91e288c00b71cab318f7a1cdde689dfc401f269c353acfd6cb03f6"},
	{"clownschool", 21_148, "d0812d3d6bfd59eab997e16187c9f1f575c65c84b4b539b033ab499c2edc79d5"},
}

var traceCache sync.Map

// loadTrace reads a recorded session once for all tests and benchmarks.
func loadTrace(tb testing.TB, name string) *workload.Trace {
	tb.Helper()
	if trace, ok := traceCache.Load(name); ok {
		return trace.(*workload.Trace) //nolint:errcheck // nothing else is stored
	}
	trace, err := workload.Load("testdata/traces", name)
	if err != nil {
		tb.Fatal(err)
	}
	traceCache.Store(name, trace)
	return trace
}

// apply gives a document updates one by one.
func apply(tb testing.TB, doc *crdt.Doc, updates ...[]byte) {
	tb.Helper()
	for i, update := range updates {
		if err := doc.ApplyUpdate(update, nil); err != nil {
			tb.Fatalf("update %d of %d: %v", i, len(updates), err)
		}
	}
}

// replay makes a document of updates.
func replay(tb testing.TB, updates ...[]byte) *crdt.Doc {
	tb.Helper()
	doc := crdt.NewDoc()
	apply(tb, doc, updates...)
	return doc
}

// TestTraces replays what people really wrote and wants the bytes of yjs.
func TestTraces(t *testing.T) {
	for _, want := range traces {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			trace := loadTrace(t, want.name)
			end := func(t *testing.T, doc *crdt.Doc) {
				t.Helper()
				checkEnd(t, doc, trace)
				text := doc.Text(workload.Root)
				sum := sha256.Sum256([]byte(text.String()))
				if got := hex.EncodeToString(sum[:]); text.Len() != want.units || got != want.sha256 {
					t.Errorf("the text has %d units and the SHA-256 %s", text.Len(), got)
				}
			}
			t.Run("in one update", func(t *testing.T) { end(t, replay(t, trace.State)) })
			t.Run("one by one", func(t *testing.T) { end(t, replayReported(t, trace.Updates)) })
			if underRace && len(trace.Updates) > 100_000 {
				return // it would take a minute, and a document is not for two goroutines
			}
			t.Run("disordered", func(t *testing.T) { end(t, replay(t, disordered(t, trace.Updates)...)) })
			t.Run("merged", func(t *testing.T) { end(t, replay(t, merged(t, trace.Updates))) })
			t.Run("relayed", func(t *testing.T) { end(t, relay(t, trace.Updates)) })
		})
	}
}

// checkEnd compares a document to what yjs has at the end of a session.
func checkEnd(t *testing.T, doc *crdt.Doc, trace *workload.Trace) {
	t.Helper()
	if err := crdt.Check(doc); err != nil {
		t.Error(err)
	}
	if doc.HasPending() {
		t.Error("something is pending")
	}
	if got := doc.EncodeStateVector(); !bytes.Equal(got, trace.StateVector) {
		t.Errorf("the state vector is %x, want %x", got, trace.StateVector)
	}
	if got := doc.EncodeStateAsUpdate(nil); !bytes.Equal(got, trace.State) {
		t.Errorf("the state has %d bytes and differs at %d from the %d of yjs", len(got), firstDifference(got, trace.State), len(trace.State))
	}
}

func firstDifference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// disordered returns the updates so that each may come long before or after
// those it needs, and some come twice. Disorder reaches only so far: a server
// holds back no more than its limits allow.
func disordered(t *testing.T, updates [][]byte) [][]byte {
	t.Helper()
	const window = 600
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var out [][]byte
	for part := range slices.Chunk(updates, window) {
		part = slices.Clone(part)
		for range len(part) / 10 {
			part = append(part, part[random.IntN(len(part))])
		}
		random.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		out = append(out, part...)
	}
	return out
}

// merged makes one update of many without a document, part by part.
func merged(t *testing.T, updates [][]byte) []byte {
	t.Helper()
	var parts [][]byte
	for part := range slices.Chunk(updates, 1000) {
		update, err := crdt.MergeUpdates(part...)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, update)
	}
	update, err := crdt.MergeUpdates(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return update
}

// replayReported makes a document of updates and follows it by what it reports.
func replayReported(t *testing.T, updates [][]byte) *crdt.Doc {
	t.Helper()
	doc := crdt.NewDoc()
	text := doc.Text(workload.Root)
	var copied mirror
	stop := doc.OnUpdate(func(_ []byte, _ any, changes []crdt.TextChange) {
		for _, change := range changes {
			if change.Name != workload.Root {
				t.Errorf("a change of %q", change.Name)
			}
			copied.apply(t, change.Delta)
		}
	})
	defer stop()
	every := len(updates)/10 + 1
	for part := range slices.Chunk(updates, every) {
		apply(t, doc, part...)
		if copied.len() != text.Len() || copied.String() != text.String() {
			t.Fatalf("the copy of %d units is not the text of %d units", copied.len(), text.Len())
		}
	}
	return doc
}

// relay makes a document of what another emits.
func relay(t *testing.T, updates [][]byte) *crdt.Doc {
	t.Helper()
	server, peer := crdt.NewDoc(), crdt.NewDoc()
	defer server.OnUpdate(func(update []byte, origin any, _ []crdt.TextChange) {
		if origin != "net" {
			t.Errorf("the origin is %v", origin)
		}
		apply(t, peer, update)
	})()
	for _, update := range updates {
		if err := server.ApplyUpdate(update, "net"); err != nil {
			t.Fatal(err)
		}
	}
	return peer
}

// A mirror is a text that knows of another only what is reported. It has a gap
// where it was edited last: a session edits a place many times in a row.
type mirror struct {
	before, after []uint16 // after is backwards
}

func (m *mirror) len() int { return len(m.before) + len(m.after) }

func (m *mirror) String() string {
	units := slices.Clone(m.after)
	slices.Reverse(units)
	return string(utf16.Decode(append(slices.Clone(m.before), units...)))
}

// seek moves the gap.
func (m *mirror) seek(at int) {
	for len(m.before) > at {
		last := len(m.before) - 1
		m.after, m.before = append(m.after, m.before[last]), m.before[:last]
	}
	for len(m.before) < at {
		last := len(m.after) - 1
		m.before, m.after = append(m.before, m.after[last]), m.after[:last]
	}
}

func (m *mirror) apply(t *testing.T, delta crdt.Delta) {
	at := 0
	for _, op := range delta {
		if at+max(op.Retain, op.Delete) > m.len() {
			t.Fatalf("%+v reaches beyond %d units", delta, m.len())
		}
		switch {
		case op.Retain > 0:
			at += op.Retain
		case op.Delete > 0:
			m.seek(at)
			m.after = m.after[:len(m.after)-op.Delete]
		default:
			m.seek(at)
			for _, r := range op.Insert {
				m.before = utf16.AppendRune(m.before, r)
			}
			at = len(m.before)
		}
	}
}
