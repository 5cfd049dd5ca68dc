package suggest

import (
	"errors"
	"testing"
)

func TestSuggestion_FitsOnlyAroundTheCursor(t *testing.T) {
	q := &Query{Code: "a\nfoo.ba)\nz", Cursor: len("a\nfoo.ba")}
	for _, test := range []struct {
		name string
		s    Suggestion
		want string // the insertion; "": it does not fit
	}{
		{"an insertion", Suggestion{Start: 8, End: 8, Text: "r"}, "r"},
		{"the rest of a word", Suggestion{Start: 6, End: 8, Text: "bar"}, "r"},
		{"with what is behind", Suggestion{Start: 6, End: 9, Text: "bar()"}, "r("},
		{"several lines", Suggestion{Start: 8, End: 8, Text: "r:\n\tx"}, "r:\n\tx"},
		{"nothing", Suggestion{Start: 6, End: 8, Text: "ba"}, ""},
		{"less than nothing", Suggestion{Start: 6, End: 9, Text: "b"}, ""},
		{"another word", Suggestion{Start: 6, End: 8, Text: "BAR"}, ""},
		{"another end", Suggestion{Start: 6, End: 9, Text: "bar]"}, ""},
		{"the line before", Suggestion{Start: 1, End: 8, Text: "\nfoo.bar"}, ""},
		{"the line after", Suggestion{Start: 8, End: 10, Text: "r)\n"}, ""},
		{"behind the cursor", Suggestion{Start: 9, End: 9, Text: "r"}, ""},
		{"before the cursor", Suggestion{Start: 6, End: 7, Text: "bar"}, ""},
	} {
		err := test.s.Check(q)
		if (err == nil) != (test.want != "") || err != nil && !errors.Is(err, ErrUnfit) {
			t.Errorf("%s: %v", test.name, err)
		}
		if err == nil && test.s.Insertion(q) != test.want {
			t.Errorf("%s: inserts %q", test.name, test.s.Insertion(q))
		}
	}
}
