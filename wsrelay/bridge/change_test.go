package bridge

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// apply does to a text what a change says. Runes of the tests have one unit.
func (c Change) apply(text string) string {
	units, at := []rune(text), 0
	var out strings.Builder
	for _, h := range c {
		out.WriteString(string(units[at:h.At]) + h.Text)
		at = h.At + h.Drop
	}
	out.WriteString(string(units[at:]))
	return out.String()
}

// textOf draws a short text of few letters, so that much is alike.
func textOf(letters string) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune(letters)), 0, 12, -1)
}

func TestDiff_LeadsFromOneTextToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := textOf("ab é\n").Draw(t, "before"), textOf("ab é\n").Draw(t, "after")
		if got := Diff(before, after).apply(before); got != after {
			t.Fatalf("%q", got)
		}
	})
}

// Two changes of one text lead to the same in either order: the others' first
// and then ours carried over, or the other way round.
func TestChange_Over_OrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := textOf("ab \n").Draw(t, "base")
		ours := Diff(base, textOf("abXY \n").Draw(t, "ours"))
		theirs := Diff(base, textOf("abUV \n").Draw(t, "theirs"))
		one := ours.Over(theirs, true).apply(theirs.apply(base))
		other := theirs.Over(ours, false).apply(ours.apply(base))
		if one != other {
			t.Fatalf("%q and %q", one, other)
		}
	})
}

func TestChange_Over_KeepsWhatBothInserted(t *testing.T) {
	for _, c := range []struct{ name, base, ours, theirs, want string }{
		{"same place", "ab", "aXb", "aUb", "aXUb"},
		{"within what we delete", "abcd", "ad", "abUcd", "aUd"},
		{"within what they delete", "abcd", "abXcd", "ad", "aXd"},
		{"both delete the same", "abcd", "ad", "ad", "ad"},
		{"overlapping deletions", "abcdef", "aef", "abcf", "af"},
		{"we replace all, they append", "ab", "X", "abU", "XU"},
		{"nothing of ours", "ab", "ab", "U", "U"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, theirs := Diff(c.base, c.ours), Diff(c.base, c.theirs)
			if got := ours.Over(theirs, true).apply(c.theirs); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
