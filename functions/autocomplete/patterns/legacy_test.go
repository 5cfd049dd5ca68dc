package patterns

import (
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

const (
	defBody   = "function_name():\n    pass"
	nameBody  = "():\n    pass"
	tryBody   = ":\n    pass\nexcept Exception as e:\n    pass"
	condition = "condition:\n    pass"
)

// askLegacy returns the answer to a legacy query, or nothing.
func askLegacy(tb testing.TB, language, code string, cursor int) suggest.Suggestion {
	tb.Helper()
	return only(tb, &suggest.Query{Language: language, Code: code, Cursor: cursor, Most: 1, Legacy: true})
}

// only returns the answer of which there is one at most, and checks it.
func only(tb testing.TB, q *suggest.Query) suggest.Suggestion {
	tb.Helper()
	found, err := New().Suggest(tb.Context(), q)
	switch {
	case err != nil || len(found) > 1:
		tb.Fatalf("%d suggestions, %v", len(found), err)
	case len(found) == 0:
		return suggest.Suggestion{}
	}
	s := found[0]
	if err := s.Check(q); err != nil || s.Kind != suggest.Snippet || s.Trigger == "" {
		tb.Fatalf("%+v: %v", s, err)
	}
	return s
}

func TestLegacy(t *testing.T) {
	tests := []struct {
		name string
		line string // the cursor is at its end
		want string // empty: no suggestion
		word string
	}{
		{"def with a space offers a whole function", "def ", defBody, "def"},
		{"class with a space offers a constructor", "class ", "ClassName:\n    def __init__(self):\n        pass", "class"},
		{"for with a space offers a loop", "for ", "item in items:\n    pass", "for"},
		{"if with a space offers a condition", "if ", condition, "if"},
		{"while with a space offers a condition", "while ", condition, "while"},
		{"try offers an except", "try", tryBody, "try"},
		{"import with a space offers numpy", "import ", "numpy as np", "import"},
		{"from with a space offers a module", "from ", "module import function", "from"},
		{"with and a space offers a file", "with ", "open('file.txt', 'r') as f:\n    pass", "with"},
		{"import alone offers os", "import", " os", "import"},
		{"import alone may be indented and followed by white space", "  import\t", " os", "import"},
		{"import behind something else offers nothing", "# import", "", ""},
		{"a named def offers its body", "def run", nameBody, "def"},
		{"a def needs a word border", "undef run", "", ""},
		{"a word border follows a combining mark", "\u0301def run", nameBody, "def"},
		{"a def may be followed by any white space", "def\u00a0\f\u001c\u3000", nameBody, "def"},
		{"a name may have letters and digits of any script", "def été٣²𐐀_", nameBody, "def"},
		{"a name has no combining marks", "def e\u0301", "", ""},
		{"def alone offers nothing", "def", "", ""},
		{"print offers parentheses", "print", "()", "print"},
		{"an equals sign offers None", "x =", " None", "="},
		{"white space may follow the equals sign", "x = \r", " None", "="},
		{"the end of a longer word counts", "entry", tryBody, "try"},
		{"the end of a longer word with a space counts", "notif ", condition, "if"},
		{"the end of a longer print counts", "blueprint", "()", "print"},
		{"a comment counts", "# for ", "item in items:\n    pass", "for"},
		{"two spaces after def are a def without a name", "def  ", nameBody, "def"},
		{"an import inside from offers numpy", "from os import ", "numpy as np", "import"},
		{"an empty line offers nothing", "", "", ""},
		{"a carriage return is not a line break", "import\rx", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code := "é𐐀\n" + test.line
			got := askLegacy(t, "python", code+"\nprint", len(code))
			if got.Text != test.want || got.Trigger != test.word {
				t.Errorf("%q: %+v; want %q", test.line, got, test.want)
			}
		})
	}
}

func TestLegacy_AnswersForExactlyPython(t *testing.T) {
	for _, language := range []string{"", "Python", "python ", "python3", "go", "javascript"} {
		if got := askLegacy(t, language, "def ", 4); got.Text != "" {
			t.Errorf("%q: %+v, want none", language, got)
		}
	}
}

// In a test of its own: were it not linear, it would never end.
func TestLegacy_TimeIsProportionalToTheLine(t *testing.T) {
	const size = 1 << 20
	for _, filling := range []string{" ", "x", "def ", "=", "\u3000"} {
		line := "def\t" + strings.Repeat(filling, size/len(filling)) + "?"
		if got := askLegacy(t, "python", line, len(line)); got.Text != "" {
			t.Errorf("line of %q: %+v, want none", filling, got)
		}
		if got := askLegacy(t, "python", line, len(line)-1); got.Text == "" {
			t.Errorf("line of %q without its end: no suggestion", filling)
		}
	}
}
