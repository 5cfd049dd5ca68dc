package autocomplete

import (
	"strings"
	"testing"
)

const (
	defBody   = "function_name():\n    pass"
	nameBody  = "():\n    pass"
	tryBody   = ":\n    pass\nexcept Exception as e:\n    pass"
	condition = "condition:\n    pass"
)

func TestSuggest(t *testing.T) {
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
			cursor := unitCount(code)
			got, ok := Suggest("python", code+"\nprint", cursor)
			want := Suggestion{}
			if test.want != "" {
				want = Suggestion{Text: test.want, InsertPosition: cursor, TriggerWord: test.word}
			}
			if got != want || ok != (test.want != "") {
				t.Errorf("Suggest(%q) = %+v, %t; want %+v", test.line, got, ok, want)
			}
		})
	}
}

func TestSuggest_AnswersForExactlyPython(t *testing.T) {
	for _, language := range []string{"", "Python", "python ", "python3", "go", "javascript"} {
		if got, ok := Suggest(language, "def ", 4); ok {
			t.Errorf("Suggest(%q) = %+v, want none", language, got)
		}
	}
}

func TestSuggest_TakesACursorPastTheEndForTheEnd(t *testing.T) {
	for _, code := range []string{"def ", "é𐐀\ndef "} {
		for _, cursor := range []int{unitCount(code) + 1, len(code) + 1, 1 << 40} {
			got, ok := Suggest("python", code, cursor)
			want := Suggestion{Text: defBody, InsertPosition: cursor, TriggerWord: "def"}
			if !ok || got != want {
				t.Errorf("Suggest(%q, %d) = %+v, %t; want %+v", code, cursor, got, ok, want)
			}
		}
	}
}

func TestSuggest_OffersNothingInsideASurrogatePair(t *testing.T) {
	for _, before := range []string{"def ", "def x", "try", "import", "x ="} {
		if got, ok := Suggest("python", before+"😀", len(before)+1); ok {
			t.Errorf("Suggest(%q and half a character) = %+v, want none", before, got)
		}
	}
}

// In a test of its own: were it not linear, it would never end.
func TestSuggest_TimeIsProportionalToTheLine(t *testing.T) {
	const size = 1 << 20
	for _, filling := range []string{" ", "x", "def ", "=", "\u3000"} {
		line := "def\t" + strings.Repeat(filling, size/len(filling)) + "?"
		if got, ok := Suggest("python", line, len(line)); ok {
			t.Errorf("line of %q: %+v, want none", filling, got)
		}
		if got, ok := Suggest("python", line[:len(line)-1], len(line)); !ok && filling != "\u3000" {
			t.Errorf("line of %q without its end: %+v, %t", filling, got, ok)
		}
	}
}

func TestSuggest_AllocatesNothing(t *testing.T) {
	code := document("été 😀 = 1\n") + "def "
	cursor := unitCount(code)
	for _, language := range []string{"python", "go"} {
		if n := testing.AllocsPerRun(10, func() { Suggest(language, code, cursor) }); n != 0 {
			t.Errorf("%s: %v allocations per call, want 0", language, n)
		}
	}
}
