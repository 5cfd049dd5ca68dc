package crdt_test

import (
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/crdt/comparison/workload"
)

// perTrace runs a benchmark on every recorded session.
func perTrace(b *testing.B, run func(b *testing.B, trace *workload.Trace)) {
	for _, want := range traces {
		b.Run(want.name, func(b *testing.B) { run(b, loadTrace(b, want.name)) })
	}
}

// perUpdate reports the time that one update took, if each iteration applied n.
func perUpdate(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/update")
}

func ignore([]byte, any, []crdt.TextChange) {}

// BenchmarkApplyStream is the work of a server: every keystroke is an update.
func BenchmarkApplyStream(b *testing.B) {
	perTrace(b, func(b *testing.B, trace *workload.Trace) {
		b.ReportAllocs()
		for b.Loop() {
			replay(b, trace.Updates...)
		}
		perUpdate(b, len(trace.Updates))
	})
}

// BenchmarkApplyStreamEvent also emits every update to relay it.
func BenchmarkApplyStreamEvent(b *testing.B) {
	applyHeard(b, func(*crdt.Doc) {})
}

// BenchmarkApplyStreamDelta also reports where the text changed.
func BenchmarkApplyStreamDelta(b *testing.B) {
	applyHeard(b, func(doc *crdt.Doc) { doc.Text(workload.Root) })
}

// applyHeard applies streams to documents that somebody listens to.
func applyHeard(b *testing.B, prepare func(doc *crdt.Doc)) {
	perTrace(b, func(b *testing.B, trace *workload.Trace) {
		b.ReportAllocs()
		for b.Loop() {
			doc := crdt.NewDoc()
			prepare(doc)
			doc.OnUpdate(ignore)
			apply(b, doc, trace.Updates...)
		}
		perUpdate(b, len(trace.Updates))
	})
}

// BenchmarkLoadState wakes a room.
func BenchmarkLoadState(b *testing.B) {
	perTrace(b, func(b *testing.B, trace *workload.Trace) {
		b.ReportAllocs()
		for b.Loop() {
			replay(b, trace.State)
		}
	})
}

// perDoc runs a benchmark on every recorded session as a document that was
// built update by update.
func perDoc(b *testing.B, run func(doc *crdt.Doc, trace *workload.Trace)) {
	perTrace(b, func(b *testing.B, trace *workload.Trace) {
		doc := replay(b, trace.Updates...)
		b.ReportAllocs()
		for b.Loop() {
			run(doc, trace)
		}
	})
}

func BenchmarkEncodeState(b *testing.B) {
	perDoc(b, func(doc *crdt.Doc, _ *workload.Trace) { doc.EncodeStateAsUpdate(nil) })
}

func BenchmarkString(b *testing.B) {
	perDoc(b, func(doc *crdt.Doc, _ *workload.Trace) { _ = doc.Text(workload.Root).String() })
}

func BenchmarkStateVector(b *testing.B) {
	perDoc(b, func(doc *crdt.Doc, _ *workload.Trace) { doc.EncodeStateVector() })
}

// BenchmarkDiffLast1pct answers a client that was away for a while.
func BenchmarkDiffLast1pct(b *testing.B) {
	perTrace(b, func(b *testing.B, trace *workload.Trace) { benchmarkDiff(b, trace, len(trace.Updates)/100) })
}

// BenchmarkDiffLast10 answers a client that reconnects at once.
func BenchmarkDiffLast10(b *testing.B) {
	perTrace(b, func(b *testing.B, trace *workload.Trace) { benchmarkDiff(b, trace, 10) })
}

func benchmarkDiff(b *testing.B, trace *workload.Trace, behind int) {
	then := len(trace.Updates) - behind
	doc := replay(b, trace.Updates[:then]...)
	vector := doc.EncodeStateVector()
	apply(b, doc, trace.Updates[then:]...)
	b.ReportAllocs()
	for b.Loop() {
		doc.EncodeStateAsUpdate(vector)
	}
}

// BenchmarkMergeUpdates joins the last 1,000 updates without a document.
func BenchmarkMergeUpdates(b *testing.B) {
	perTrace(b, func(b *testing.B, trace *workload.Trace) {
		last := trace.Updates[len(trace.Updates)-1000:]
		b.ReportAllocs()
		for b.Loop() {
			if _, err := crdt.MergeUpdates(last...); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDiffUpdate cuts the last 1 % out of a state without a document.
func BenchmarkDiffUpdate(b *testing.B) {
	perTrace(b, func(b *testing.B, trace *workload.Trace) {
		vector := replay(b, trace.Updates[:len(trace.Updates)*99/100]...).EncodeStateVector()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := crdt.DiffUpdate(trace.State, vector); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkStateVectorFromUpdate(b *testing.B) {
	perTrace(b, func(b *testing.B, trace *workload.Trace) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := crdt.StateVectorFromUpdate(trace.State); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLocalEdits makes the edits of the sessions of one author here.
func BenchmarkLocalEdits(b *testing.B) {
	for _, name := range workload.Sequential {
		b.Run(name, func(b *testing.B) {
			trace := loadTrace(b, name)
			edits := deriveEdits(b, trace)
			b.ReportAllocs()
			var text *crdt.Text
			for b.Loop() {
				doc := crdt.NewDoc()
				text = doc.Text(workload.Root)
				for _, edit := range edits {
					if err := text.ApplyDelta(edit); err != nil {
						b.Fatal(err)
					}
				}
			}
			if text.String() != replay(b, trace.State).Text(workload.Root).String() {
				b.Fatal("the edits give another text")
			}
			perUpdate(b, len(edits))
		})
	}
}

// deriveEdits replays a session and notes how the text changes.
func deriveEdits(b *testing.B, trace *workload.Trace) []crdt.Delta {
	b.Helper()
	var edits []crdt.Delta
	doc := crdt.NewDoc()
	doc.Text(workload.Root)
	doc.OnUpdate(func(_ []byte, _ any, changes []crdt.TextChange) {
		for _, change := range changes {
			edits = append(edits, append(crdt.Delta(nil), change.Delta...))
		}
	})
	apply(b, doc, trace.Updates...)
	return edits
}

// typing returns the keystrokes of one author who writes a long line.
func typing(n int) [][]byte {
	const author = 2_863_311_531
	updates := make([][]byte, n)
	updates[0] = workload.First(workload.Root, author, "x")
	for clock := uint64(1); clock < uint64(n); clock++ {
		updates[clock] = workload.Append(nil, author, clock, author, clock-1, "x")
	}
	return updates
}

// keystrokeListeners are the ways in which a server can listen to a document.
var keystrokeListeners = []struct {
	name   string
	listen func(doc *crdt.Doc)
}{
	{"unheard", func(*crdt.Doc) {}},
	{"event", func(doc *crdt.Doc) { doc.OnUpdate(ignore) }},
	{"delta", func(doc *crdt.Doc) { doc.Text(workload.Root); doc.OnUpdate(ignore) }},
}

// BenchmarkKeystroke applies single letters at the end of a text.
func BenchmarkKeystroke(b *testing.B) {
	updates := typing(100_000)
	for _, listener := range keystrokeListeners {
		b.Run(listener.name, func(b *testing.B) {
			var doc *crdt.Doc
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(updates) == 0 {
					doc = crdt.NewDoc()
					listener.listen(doc)
				}
				if err := doc.ApplyUpdate(updates[i%len(updates)], nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestKeystroke_AllocatesNothing allows only for the growth of the text.
func TestKeystroke_AllocatesNothing(t *testing.T) {
	if underRace {
		t.Skip("under the race detector, pools drop some of what they get")
	}
	const before, keystrokes = 1000, 5000
	updates := typing(before + keystrokes + 1)
	for _, listener := range keystrokeListeners {
		doc := crdt.NewDoc()
		listener.listen(doc)
		apply(t, doc, updates[:before]...)
		next := before
		allocations := testing.AllocsPerRun(keystrokes, func() {
			if err := doc.ApplyUpdate(updates[next], nil); err != nil {
				t.Fatal(err)
			}
			next++
		})
		if allocations != 0 {
			t.Errorf("%s: a keystroke allocates %v times", listener.name, allocations)
		}
	}
}
