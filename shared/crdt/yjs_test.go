package crdt_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
)

// How many random sessions a run has, if TUTTI_FUZZ_SESSIONS does not say it.
const (
	yjsSessions      = 2_000
	yjsSessionsShort = 200
	yjsReports       = 3 // of sessions that differ, then it is enough
)

// yjsRun is what random sessions have in common.
type yjsRun struct {
	first    uint64 // seed; the others follow it
	sessions uint64

	next, steps, pending, broken atomic.Uint64
	differing                    atomic.Uint64
}

// TestYjs_RandomSessions_SameBytes lets yjs play sessions of several people,
// with everything that an update can go through on its way, and wants that a
// document of ours is the same as one of yjs after every step, to the byte.
func TestYjs_RandomSessions_SameBytes(t *testing.T) {
	needYjs(t)
	run := &yjsRun{first: fromEnv(t, "TUTTI_FUZZ_SEED", rand.Uint64N(1<<31)), sessions: yjsSessions}
	if testing.Short() {
		run.sessions = yjsSessionsShort
	}
	run.sessions = fromEnv(t, "TUTTI_FUZZ_SESSIONS", run.sessions)
	t.Logf("TUTTI_FUZZ_SEED=%d TUTTI_FUZZ_SESSIONS=%d", run.first, run.sessions)
	t.Run("peers", func(t *testing.T) {
		for i := range min(2, runtime.GOMAXPROCS(0)) { // while one is asked, the other's answer is compared
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				run.compare(t)
			})
		}
	})
	t.Logf("%d steps, %d with something pending; yjs itself failed in %d sessions", run.steps.Load(), run.pending.Load(), run.broken.Load())
	if run.broken.Load() > 1+run.sessions/100 {
		t.Error("yjs fails too often for this to say much")
	}
}

func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// compare takes sessions until there are none left.
func (run *yjsRun) compare(t *testing.T) {
	peer := startYjs(t)
	for n := run.next.Add(1); n <= run.sessions && run.differing.Load() < yjsReports; n = run.next.Add(1) {
		seed := run.first + n - 1
		record, err := peer.session(seed)
		if err != nil {
			t.Fatalf("session %d: %v", seed, err)
		}
		s, err := replayYjs(record, seed%4 == 0)
		if err != nil {
			run.differing.Add(1)
			t.Error(reportYjs(peer, seed, s, err))
		}
		if s.broken != "" {
			run.broken.Add(1)
		}
		run.steps.Add(uint64(s.step))
		run.pending.Add(uint64(s.pending))
	}
}

// TestYjs_ReadsWhatWeWrite lets two documents of ours edit at once, and gives
// yjs what they made, in any order and more than once.
func TestYjs_ReadsWhatWeWrite(t *testing.T) {
	peer := startYjs(t)
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	for range 50 {
		updates, text := writeTogether(t, rng)
		// In the end comes the state, as in every sync: in rare orders yjs leaves
		// waiting what it could use.
		shuffled := updates[:len(updates)-1]
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		updates = append(updates, updates[rng.IntN(len(updates))])
		s, err := compareYjs(peer, []string{"text"}, updates)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.wanted[0].text; got != text {
			t.Fatalf("yjs reads %q, we wrote %q in %x", got, text, updates)
		}
	}
}

// writeTogether returns the updates of two authors, in the end the state of both,
// and the text they agree on.
func writeTogether(t *testing.T, rng *rand.Rand) (updates [][]byte, text string) {
	t.Helper()
	authors := []*crdt.Doc{crdt.NewDoc(crdt.WithClientID(1 + rng.Uint64N(1<<32))), crdt.NewDoc(crdt.WithClientID(1 + rng.Uint64N(1<<53-1)))}
	var waiting [2][][]byte // for each author, what the other made
	for i, author := range authors {
		author.OnUpdate(func(update []byte, origin any, _ []crdt.TextChange) {
			if origin == nil {
				update = bytes.Clone(update)
				updates = append(updates, update)
				waiting[1-i] = append(waiting[1-i], update)
			}
		})
	}
	hear := func(i int) {
		for _, update := range waiting[i] {
			if err := authors[i].ApplyUpdate(update, "other"); err != nil {
				t.Fatal(err)
			}
		}
		waiting[i] = nil
	}
	for range 30 {
		i := rng.IntN(2)
		editAnywhere(t, rng, authors[i].Text("text"))
		if rng.IntN(4) == 0 {
			hear(rng.IntN(2))
		}
	}
	hear(0)
	hear(1)
	text = authors[0].Text("text").String()
	if other := authors[1].Text("text").String(); other != text {
		t.Fatalf("one author has %q, the other %q", text, other)
	}
	return append(updates, authors[0].EncodeStateAsUpdate(nil)), text
}

func editAnywhere(t *testing.T, rng *rand.Rand, text *crdt.Text) {
	t.Helper()
	var err error
	if n := text.Len(); n > 3 && rng.IntN(3) == 0 {
		at := rng.IntN(n)
		err = text.Delete(at, 1+rng.IntN(min(4, n-at)))
	} else {
		pieces := []string{"a", "bc", "é", "👾", "x👾y", "\n", "\ufffd"}
		err = text.Insert(rng.IntN(min(n, 6)+1), pieces[rng.IntN(len(pieces))])
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestYjs_SplitCharacter_IsLostOnBothSides: an emoji that is edited in its
// middle becomes two replacement characters everywhere.
func TestYjs_SplitCharacter_IsLostOnBothSides(t *testing.T) {
	peer := startYjs(t)
	for _, test := range []struct {
		edit func(*crdt.Text) error
		want string
	}{
		{func(text *crdt.Text) error { return text.Insert(2, "Z") }, "a\ufffdZ\ufffdb"},
		{func(text *crdt.Text) error { return text.Delete(2, 1) }, "a\ufffdb"},
		{func(text *crdt.Text) error { return text.Delete(0, 2) }, "\ufffdb"},
		{func(text *crdt.Text) error { return text.Delete(1, 2) }, "ab"},
		{func(text *crdt.Text) error { return text.Insert(1, "\xff") }, "a\ufffd👾b"},
	} {
		doc := crdt.NewDoc(crdt.WithClientID(7))
		var updates [][]byte
		doc.OnUpdate(func(update []byte, _ any, _ []crdt.TextChange) {
			updates = append(updates, bytes.Clone(update))
		})
		text := doc.Text("text")
		if err := text.Insert(0, "a👾b"); err != nil {
			t.Fatal(err)
		}
		if err := test.edit(text); err != nil {
			t.Fatal(err)
		}
		s, err := compareYjs(peer, []string{"text"}, updates)
		if err != nil {
			t.Fatal(err)
		}
		if text.String() != test.want || s.wanted[0].text != test.want {
			t.Errorf("we have %q, yjs %q, want %q", text.String(), s.wanted[0].text, test.want)
		}
	}
}

// TestYjs_Gap_WaitsForWhatIsMissing: what depends on updates that have not
// arrived shows when they have, and is part of the state before.
func TestYjs_Gap_WaitsForWhatIsMissing(t *testing.T) {
	peer := startYjs(t)
	doc := crdt.NewDoc(crdt.WithClientID(7))
	var updates [][]byte
	doc.OnUpdate(func(update []byte, _ any, _ []crdt.TextChange) {
		updates = append(updates, bytes.Clone(update))
	})
	text := doc.Text("text")
	for i := range 5 {
		if err := text.Insert(i, strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := text.Delete(1, 2); err != nil {
		t.Fatal(err)
	}
	for missing := range updates {
		t.Run(strconv.Itoa(missing), func(t *testing.T) {
			var late [][]byte
			late = append(late, updates[:missing]...)
			late = append(late, updates[missing+1:]...)
			late = append(late, updates[missing])
			s, err := compareYjs(peer, []string{"text"}, late)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.wanted[0].text; got != "034" || s.doc.HasPending() {
				t.Errorf("the text is %q, pending %t", got, s.doc.HasPending())
			}
		})
	}
}
