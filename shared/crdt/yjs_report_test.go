package crdt_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	yjsMinimizeFor = 20 * time.Second
	yjsStranger    = 1<<53 - 2 // client id of documents that only listen
)

// reportYjs says all that helps to find why a session differs.
func reportYjs(peer *yjsPeer, seed uint64, s *yjsSession, difference error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "session %d, step %d, %s: %v\n", seed, s.step, s.action, difference)
	explainDifference(&b, peer, difference)
	fmt.Fprintf(&b, "settings: %s\n", s.settings)
	fmt.Fprintf(&b, "again: TUTTI_FUZZ_SEED=%d TUTTI_FUZZ_SESSIONS=1 go test -count 1 -run '^TestYjs_RandomSessions_SameBytes$' ./shared/crdt\n", seed)
	updates, smaller := minimizeYjs(peer, s.roots, s.updates)
	if smaller != nil {
		fmt.Fprintf(&b, "\n%d of its %d updates, in this order, are enough for: %v\n", len(updates), len(s.updates), smaller)
		explainDifference(&b, peer, smaller)
	} else {
		b.WriteString("\nits updates by themselves do not differ; they are:\n")
	}
	for i, update := range updates {
		fmt.Fprintf(&b, "\n%d. %x\n", i+1, update)
		if smaller != nil {
			fmt.Fprintln(&b, peer.explain(update))
		}
	}
	return b.String()
}

// explainDifference spells out what is different in bytes that differ.
func explainDifference(b *strings.Builder, peer *yjsPeer, err error) {
	d, ok := errors.AsType[*yjsDifferError](err)
	if !ok || strings.HasPrefix(d.what, "the state vector") || strings.HasPrefix(d.what, "the position") {
		return
	}
	ours, isBytes := d.ours.([]byte)
	theirs, _ := d.yjs.([]byte)
	if !isBytes {
		return
	}
	ourLines, theirLines := strings.Split(peer.explain(ours), "\n"), strings.Split(peer.explain(theirs), "\n")
	for _, side := range []struct {
		name         string
		lines, other []string
	}{{"ours", ourLines, theirLines}, {"yjs ", theirLines, ourLines}} {
		for _, line := range side.lines {
			if !slices.Contains(side.other, line) {
				fmt.Fprintf(b, "only %s: %s\n", side.name, line)
			}
		}
	}
}

// A yjsMinimizer looks for the fewest and smallest updates that show a difference.
type yjsMinimizer struct {
	peer       *yjsPeer
	roots      []string
	updates    [][]byte
	difference error
	end        time.Time
}

// minimizeYjs returns those, and that difference: nil if there is none with
// all of the updates.
func minimizeYjs(peer *yjsPeer, roots []string, updates [][]byte) ([][]byte, error) {
	m := &yjsMinimizer{peer: peer, roots: roots, updates: updates, end: time.Now().Add(yjsMinimizeFor)}
	if m.difference = m.differ(updates); m.difference == nil {
		return updates, nil
	}
	m.fewer()
	m.smaller()
	m.fewer()
	return m.updates, m.difference
}

// fewer leaves out whole updates.
func (m *yjsMinimizer) fewer() {
	for size := max(1, len(m.updates)/2); size > 0; size /= 2 {
		for at := 0; at+size <= len(m.updates); {
			if !m.try(slices.Concat(m.updates[:at], m.updates[at+size:])) {
				at += size
			}
		}
	}
}

// smaller leaves out parts of updates.
func (m *yjsMinimizer) smaller() {
	for i := len(m.updates) - 1; i >= 0; i-- {
		for again := true; again; {
			again = false
			for _, update := range m.peer.smaller(m.updates[i]) {
				updates := slices.Clone(m.updates)
				updates[i] = update
				if again = len(update) < len(m.updates[i]) && m.try(updates); again {
					break
				}
			}
		}
	}
}

// try goes on with other updates if they show the same kind of difference.
func (m *yjsMinimizer) try(updates [][]byte) bool {
	if time.Now().After(m.end) {
		return false
	}
	difference := m.differ(updates)
	if difference == nil || kindOf(difference) != kindOf(m.difference) {
		return false
	}
	m.updates, m.difference = updates, difference
	return true
}

func kindOf(difference error) string {
	if d, ok := errors.AsType[*yjsDifferError](difference); ok {
		return d.what
	}
	return "error"
}

// differ gives the same updates to both and returns the first difference.
func (m *yjsMinimizer) differ(updates [][]byte) error {
	var difference error
	if record, err := m.peer.replay(yjsStranger, m.roots, updates); err == nil {
		_, difference = replayYjs(record, false)
	}
	return difference
}

// compareYjs wants that a document is what yjs is after each of the updates,
// and returns our end of the session.
func compareYjs(peer *yjsPeer, roots []string, updates [][]byte) (*yjsSession, error) {
	record, err := peer.replay(yjsStranger, roots, updates)
	if err != nil {
		return nil, err
	}
	s, err := replayYjs(record, true)
	if err == nil && s.broken != "" {
		err = errors.New(s.broken)
	}
	if err != nil {
		return s, fmt.Errorf("%w\nafter %s", err, bytes.Join(hexes(s.updates), []byte(" ")))
	}
	return s, nil
}

func hexes(list [][]byte) [][]byte {
	out := make([][]byte, len(list))
	for i, data := range list {
		out[i] = fmt.Appendf(nil, "%x", data)
	}
	return out
}
