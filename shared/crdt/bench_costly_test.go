package crdt_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/crdt/comparison/workload"
)

// applyCostly applies the updates of a costly case and sees that the last is
// refused if it is to be, and none else.
func applyCostly(tb testing.TB, doc *crdt.Doc, c workload.Costly) {
	tb.Helper()
	for i, update := range c.Updates {
		err := doc.ApplyUpdate(update, nil)
		refused := errors.Is(err, crdt.ErrLimit) || errors.Is(err, crdt.ErrMalformed)
		if want := c.Refused && i == len(c.Updates)-1; refused != want || err != nil && !refused {
			tb.Fatalf("update %d of %d: %v", i, len(c.Updates), err)
		}
	}
}

// BenchmarkCostly applies what an attacker could send.
func BenchmarkCostly(b *testing.B) {
	for _, c := range workload.CostlyCases() {
		b.Run(c.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				doc := replay(b, c.Setup...)
				b.StartTimer()
				applyCostly(b, doc, c)
			}
			perUpdate(b, len(c.Updates))
		})
	}
}

// TestCostly looks at what the costly cases leave behind.
func TestCostly(t *testing.T) {
	letters := map[string]int{
		"pending, first comes last":   workload.PendingUpdates,
		"conflict storm, ascending":   workload.StormClients + len("ab"),
		"conflict storm, descending":  workload.StormClients + len("ab"),
		"typing after 10,000 clients": workload.HistoricClients + workload.Keystrokes,
		"delete-set bomb":             workload.BombRun - workload.BombRanges,
		"nested values":               0,
		"nested types, deleted":       0,
	}
	states := make(map[string][]byte)
	for _, c := range workload.CostlyCases() {
		t.Run(c.Name, func(t *testing.T) {
			doc := replay(t, c.Setup...)
			applyCostly(t, doc, c)
			if err := crdt.Check(doc); err != nil {
				t.Error(err)
			}
			if doc.HasPending() {
				t.Error("something is pending")
			}
			if got, want := doc.Text(workload.CostlyRoot).Len(), letters[c.Name]; got != want {
				t.Errorf("the text has %d units, want %d", got, want)
			}
			kind, _, _ := strings.Cut(c.Name, ",")
			state := doc.EncodeStateAsUpdate(nil)
			if before, ok := states[kind]; ok && !bytes.Equal(before, state) {
				t.Error("the order of the updates shows in the state")
			}
			states[kind] = state
			if again := replay(t, state).EncodeStateAsUpdate(nil); !bytes.Equal(again, state) {
				t.Error("a copy has another state")
			}
		})
	}
}
