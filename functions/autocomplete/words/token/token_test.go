package token

import (
	"slices"
	"strings"
	"testing"
)

// scan returns the tokens of a text: c: for one in a comment, s: for one in a string.
func scan(language, text string) []string {
	s := NewScanner(Of(language))
	var got []string
	for _, t := range s.Scan(nil, text, 0, len(text)) {
		got = append(got, map[Place]string{Comment: "c:", String: "s:"}[t.Place]+text[t.Start:t.End])
	}
	return got
}

func TestScan_FindsWordsCommentsAndStrings(t *testing.T) {
	for _, test := range []struct{ language, text, want string }{
		{"go", "a := b.c // d 'e\nf", "a := b . c c:// c:d c:' c:e f"},
		{"go", "a /* b\nc */ d", "a c:/* c:b c:c c:*/ d"},
		{"go", "`a\nb` c", "` s:a s:b s:` c"},
		{"go", `"a\"b" c`, `" s:a s:\" s:b s:" c`},
		{"go", "\"a\nb", "\" s:a b"},
		{"python", "'''a\n'b' \"c''' d", "''' s:a s:' s:b s:' s:\" s:c s:''' d"},
		{"python", "#a\nb", "c:# c:a b"},
		{"shell", "$#a #b\n${c#d}", "$ # a c:# c:b $ { c # d }"},
		{"sql", "a--b\nc - d 'e\nf'", "a c:-- c:b c - d ' s:e s:f s:'"},
		{"html", "<a-b c='d'><!-- e-->f", "< a-b c = ' d ' > c:<!-- c:e c:--> f"},
		{"css", "a-b: --c-d -1px", "a-b : - - c-d - 1px"},
		{"javascript", "$a$ => 1e3", "$a$ => 1e3"},
		{"rust", "'a b", "' a b"},
		{"klingon", "größe 😀 \"a # b\" ß1", "größe 😀 \" a # b \" ß1"},
	} {
		if got := strings.Join(scan(test.language, test.text), " "); got != test.want {
			t.Errorf("%s %q: got %q, want %q", test.language, test.text, got, test.want)
		}
	}
}

func TestScan_PiecesAreAsTheWhole(t *testing.T) {
	const text = "a /* b\nc */ \"d e\" f\n'g' `h\ni` j // k\nl"
	whole := NewScanner(Of("go"))
	want := whole.Scan(nil, text, 0, len(text))
	for cut := range len(text) {
		if slices.ContainsFunc(want, func(t Token) bool { return int(t.Start) < cut && cut < int(t.End) }) {
			continue // within a token
		}
		s := NewScanner(Of("go"))
		got := s.Scan(s.Scan(nil, text, 0, cut), text, cut, len(text))
		if !slices.Equal(got, want) {
			t.Errorf("cut at %d: got %v, want %v", cut, got, want)
		}
	}
}

func TestScan_KnowsWhatBeginsALine(t *testing.T) {
	s := NewScanner(Of("go"))
	var first []string
	const text = "a b\n  c d\n\n\r\n\"e\nf\" g"
	for _, t := range s.Scan(nil, text, 0, len(text)) {
		if t.First {
			first = append(first, text[t.Start:t.End])
		}
	}
	if want := []string{"a", "c", "\"", "f"}; !slices.Equal(first, want) {
		t.Errorf("got %q, want %q", first, want)
	}
}

func TestLanguage_WordAroundACursor(t *testing.T) {
	for _, test := range []struct {
		language, before, after string
		typed                   string
		inWord                  bool
	}{
		{"go", "a.bc", ".d", "bc", false},
		{"go", "a.bc", "d", "bc", true},
		{"go", "", "", "", false},
		{"css", "--a-", "", "a-", false},
		{"css", "a", "-b", "a", true},
		{"css", "a", "- b", "a", false},
		{"css", "--", "a", "", true},
		{"javascript", "x = $a", "$", "$a", true},
		{"python", "größ", "en", "größ", true},
		{"python", "😀ä", "😀", "ä", false},
	} {
		l := Of(test.language)
		typed, inWord := test.before[l.WordStart(test.before):], l.WordEnd(test.after) > 0
		if typed != test.typed || inWord != test.inWord {
			t.Errorf("%s %q|%q: typed %q, in a word: %t", test.language, test.before, test.after, typed, inWord)
		}
	}
}
