package chaos

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/infra/process"
)

// written makes a journal in which a client that is there wrote some lines, of
// which the first acked are acknowledged.
func written(t *testing.T, lines, acked int) (*journal, *client, []marker) {
	t.Helper()
	j, c := newJournal(), testClient()
	var all []marker
	for i := range lines {
		m := marker{1, i}
		all = append(all, m)
		j.sent(c, i+1, change{added: []marker{m}})
	}
	j.acked(c, acked)
	return j, c, all
}

// testClient is a connection that is open.
func testClient() *client {
	return &client{person: "writer 1", relay: &process.Process{Name: "relay A1"}, ended: make(chan struct{})}
}

func textOf(markers ...marker) string {
	var b strings.Builder
	for _, m := range markers {
		b.WriteString(m.line())
	}
	return b.String()
}

func TestJournal_FindsWhatIsWrong(t *testing.T) {
	j, c, all := written(t, 6, 4)
	j.sent(c, 7, change{removed: all[:1]})
	j.sent(c, 8, change{removed: all[1:2]})
	j.acked(c, 7)
	good := textOf(all[2:]...) // the second deletion may have been made or not
	line := all[3].line()
	for _, tt := range []struct {
		name, text                            string
		lost, doubled, resurrected, tornLines int
	}{
		{"nothing", good, 0, 0, 0, 0},
		{"a line that is not there", strings.Replace(good, line, "", 1), 1, 0, 0, 0},
		{"a line that is there twice", good + line, 0, 1, 0, 0},
		{"a line that is there once more, torn", good + "x" + line, 0, 1, 0, 1},
		{"a line that was deleted", good + all[0].line(), 0, 0, 1, 0},
		{"a line that nobody wrote", good + marker{9, 9}.line(), 0, 0, 0, 1},
		{"a line without its end", strings.Replace(good, line, strings.TrimSuffix(line, "\n"), 1), 0, 0, 0, 0},
		{"half a line", strings.Replace(good, line, line[:len(line)/2]+"\n", 1), 1, 0, 0, 1},
		{"no text", "", 4, 0, 0, 0},
		{"a letter that was replaced", good + "\uFFFD\n", 0, 0, 0, 1},
		{"a torn tag", good[1:], 0, 0, 0, 1},
	} {
		got := j.compare(tt.text)
		if len(got.lost) != tt.lost || len(got.doubled) != tt.doubled || len(got.resurrected) != tt.resurrected || len(got.torn) != tt.tornLines {
			t.Errorf("%s: got %+v", tt.name, got)
		}
	}
}

func TestJournal_UnackedIsOwedWhileTheConnectionIsThere(t *testing.T) {
	j, c, all := written(t, 3, 1)
	text := textOf(all[0])
	if got := j.compare(text); len(got.lost) != 2 || j.unacked(c) != 2 {
		t.Errorf("with the connection: lost %v, unacked %d", got.lost, j.unacked(c))
	}
	close(c.ended)
	if got := j.compare(text); len(got.lost) != 0 || got.acked != 1 {
		t.Errorf("without: %+v", got)
	}
	if got := j.compare(textOf(all[0], all[1], all[1])); !slices.Equal(got.doubled, all[1:2]) {
		t.Errorf("not acknowledged, but there twice: %+v", got)
	}
}

func TestJournal_OnlyWhatWasAcknowledgedLongAgoIsRipe(t *testing.T) {
	j, c, all := written(t, 3, 2)
	if j.ripe(all[0], shortForm.ripeness) || !j.ripe(all[0], 0) || j.ripe(all[2], 0) {
		t.Error("it is not")
	}
	j.sent(c, 4, change{removed: all[:1]})
	if j.ripe(all[0], 0) {
		t.Error("what is deleted already is")
	}
}

func TestMarker_InsertedAnywhereAndRemoved(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text, seen := textOf(marker{0, 0}, marker{0, 1}), map[int]bool{}
	m := marker{3, 17}
	for range 100 {
		longer := m.insert(text, random)
		if r := readMarkers(longer); len(r.torn) > 0 || r.glued > 0 {
			t.Fatalf("read as %+v", r)
		}
		seen[strings.Index(longer, m.line())] = true
		if back, ok := m.remove(longer); !ok || back != text {
			t.Fatalf("removed: %q, %v", back, ok)
		}
	}
	if len(seen) != 3 {
		t.Errorf("inserted at %v", seen)
	}
	if m.insert("", random) != m.line() {
		t.Error("not into an empty text")
	}
}
