package lsp

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// chosen are the insertions that are made of an answer.
func chosen(t *testing.T, q *suggest.Query, result string, rank Rank) []string {
	t.Helper()
	place := coder{}.placeOf(q)
	found, err := choose(q, &place, json.RawMessage(result), rank)
	if err != nil {
		t.Fatalf("%s: %v", result, err)
	}
	var texts []string
	for _, s := range found {
		if err := s.Check(q); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
		texts = append(texts, s.Insertion(q))
	}
	return texts
}

func TestChoose_FitsWhatIsTyped(t *testing.T) {
	for _, tt := range []struct {
		name, text, result string
		want               []string
	}{
		{"null", "ab|", `null`, nil},
		{"an array", "ab|", `[{"label":"abc"}]`, []string{"c"}},
		{"a list", "ab|", `{"items":[{"label":"abc"}]}`, []string{"c"}},
		{"the text to insert", "ab|", `[{"label":"abc (function)","insertText":"abc"}]`, []string{"c"}},
		{"another word", "ab|", `[{"label":"xab"},{"label":"Abc"}]`, nil},
		{"the same word", "ab|", `[{"label":"ab"}]`, nil},
		{"an edit", "x.ab|", `[{"label":"?","textEdit":{"newText":"abc","range":{"start":{"line":0,"character":2},"end":{"line":0,"character":4}}}}]`, []string{"c"}},
		{"an edit of more", "x.ab|", `[{"label":"?","textEdit":{"newText":"x.abc","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":4}}}}]`, []string{"c"}},
		{"an edit of what is behind", "ab|cd", `[{"label":"?","textEdit":{"newText":"abxcd","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":4}}}}]`, []string{"x"}},
		{"an edit that deletes", "ab|cd", `[{"label":"?","textEdit":{"newText":"abx","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":4}}}}]`, nil},
		{"insert or replace", "ab|cd", `[{"label":"?","textEdit":{"newText":"abx","insert":{"start":{"line":0,"character":0},"end":{"line":0,"character":2}},"replace":{"start":{"line":0,"character":0},"end":{"line":0,"character":4}}}}]`, []string{"x"}},
		{"an edit of another line", "y\nab|", `[{"label":"?","textEdit":{"newText":"abc","range":{"start":{"line":0,"character":0},"end":{"line":1,"character":2}}}}]`, nil},
		{"an edit behind", "ab|cd", `[{"label":"?","textEdit":{"newText":"abc","range":{"start":{"line":0,"character":3},"end":{"line":0,"character":4}}}}]`, nil},
		{"an edit out of the line", "ab|", `[{"label":"?","textEdit":{"newText":"abc","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":99}}}}]`, nil},
		{"a negative edit", "ab|", `[{"label":"?","textEdit":{"newText":"abc","range":{"start":{"line":0,"character":-1},"end":{"line":0,"character":2}}}}]`, nil},
		{"defaults", "x.ab|", `{"itemDefaults":{"editRange":{"start":{"line":0,"character":2},"end":{"line":0,"character":4}},"insertTextFormat":2},"items":[{"label":"?","textEditText":"abc($1)"},{"label":"abd"}]}`, []string{"c()", "d"}},
		{"defaults to insert or replace", "ab|cd", `{"itemDefaults":{"editRange":{"insert":{"start":{"line":0,"character":0},"end":{"line":0,"character":2}},"replace":{"start":{"line":0,"character":0},"end":{"line":0,"character":4}}}},"items":[{"label":"abx"}]}`, []string{"x"}},
		{"what is to be avoided", "a|", `[{"label":"ab","deprecated":true},{"label":"ac","tags":[1]},{"label":"ad","kind":17},{"label":"ae","kind":19},{"label":"af","kind":18}]`, nil},
		{"changes elsewhere", "a|", `[{"label":"ab","additionalTextEdits":[{}]},{"label":"ac","additionalTextEdits":[]}]`, []string{"c"}},
		{"several lines", "a|", `[{"label":"ab\nc"},{"label":"ab\r"},{"label":"ab\u0007"}]`, nil},
		{"a long text", "a|", `[{"label":"a` + strings.Repeat("b", maxText) + `"}]`, nil},
		{"a snippet", "a|", `[{"label":"?","insertTextFormat":2,"insertText":"ab(${1:x}, ${2:y})$0"}]`, []string{"b()"}},
		{"a broken snippet", "a|", `[{"label":"?","insertTextFormat":2,"insertText":"ab${1:x"}]`, nil},
		{"brackets that are there", "a|(1)", `[{"label":"ab()"},{"label":"a()"}]`, []string{"b"}},
		{"a dollar", "$a|", `[{"label":"$abc"}]`, nil},
		{"order", "a|", `[{"label":"az","preselect":true},{"label":"a_x","sortText":"1"},{"label":"ac","sortText":"2"},{"label":"ab","sortText":"2"},{"label":"ab","sortText":"3"}]`, []string{"z", "_x", "b", "c"}},
		{"hidden names", "|", `[{"label":"_a"},{"label":"b"}]`, []string{"b", "_a"}},
		{"hidden names that are typed", "_|", `[{"label":"_b","sortText":"2"},{"label":"__a","sortText":"1"}]`, []string{"_a", "b"}},
	} {
		if got := chosen(t, at("python", tt.text), tt.result, nil); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := chosen(t, at("javascript", "$a|"), `[{"label":"$abc"}]`, nil); !slices.Equal(got, []string{"bc"}) {
		t.Errorf("a dollar in JavaScript: %q", got)
	}
}

func TestChoose_LikeliestFirst(t *testing.T) {
	scores := map[string]float64{"ac": 1, "ad": 2}
	rank := func(*suggest.Query) func(string) float64 {
		return func(word string) float64 { return scores[word] }
	}
	got := chosen(t, at("python", "a|"), `[{"label":"ab"},{"label":"ac"},{"label":"ad()"},{"label":"ae","preselect":true}]`, rank)
	if want := []string{"e", "d()", "c", "b"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestChoose_NoMoreThanAsked(t *testing.T) {
	q := at("python", "a|")
	q.Most = 2
	if got := chosen(t, q, `[{"label":"ab"},{"label":"ac"},{"label":"ad"}]`, nil); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("%q", got)
	}
}

func TestChoose_RefusesWhatIsNoAnswer(t *testing.T) {
	for _, result := range []string{`7`, `{"items":7}`, `[7]`, `{"items":[{"label":7}]}`, `{"itemDefaults":{"editRange":7},"items":[]}`, `[{"textEdit":7}]`, ``} {
		q := at("python", "a|")
		place := coder{}.placeOf(q)
		if found, err := choose(q, &place, json.RawMessage(result), nil); err == nil {
			t.Errorf("%q gives %v", result, found)
		}
	}
}

func TestSnippet_ToText(t *testing.T) {
	for _, tt := range []struct {
		snippet, want string
		ok            bool
	}{
		{"plain", "plain", true},
		{"a$1b$0", "ab", true},
		{"${1:x}", "x", true},
		{"display: ${1|block,none|};", "display: block;", true},
		{"f($1)", "f()", true},
		{"f(${1:a}, ${2:b})$0", "f()", true},
		{"f(${1:g(${2:h})}) + 1", "f() + 1", true},
		{"rgb(1, 2)", "rgb(1, 2)", true},
		{"f(1)(${2:x})", "f(1)()", true},
		{`\$1 \} \\ \x`, `$1 } \ \x`, true},
		{"$", "$", true},
		{"$ ", "$ ", true},
		{"$TM_FILENAME.", ".", true},
		{"${1:a${2:b}c}d", "abcd", true},
		{"${1:a", "", false},
		{"${1", "", false},
		{"${", "", false},
		{"${}", "", false},
		{"${1|a", "", false},
		{"${TM_FILENAME/(.*)/x/}", "", false},
		{strings.Repeat("${1:", 1000), "", false},
	} {
		got, ok := plainSnippet(tt.snippet)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: %q %t, want %q %t", tt.snippet, got, ok, tt.want, tt.ok)
		}
	}
}

func TestText_PositionsComeBack(t *testing.T) {
	for _, text := range []string{
		"|", "a|b", "a\nb|c", "a\r\nb|c\r\n", "a\rb|c\rd", "\r\r\n\n|", "😀\n'😀é' + b|", "𝒳 = 1; 𝒳|", "a\u2028b|c", "\f\v\x1c\u0085x|", "é|\u2029",
	} {
		for _, c := range []coder{{}, {utf8: true}} {
			q := at("python", text)
			place := c.placeOf(q)
			if got, ok := place.offset(place.position()); !ok || got != q.Cursor {
				t.Errorf("%q %+v: the cursor %d is at %d", text, c, q.Cursor, got)
			}
			plain := c.plain(q.Code)
			lines := strings.Split(strings.ReplaceAll(plain, "\r\n", "\n"), "\n")
			line := []rune(lines[place.line])
			column, units := len(lines[place.line]), len(lines[place.line])
			if !c.utf8 {
				column, units = len(line), utf16Length(lines[place.line])
			}
			if place.column > column || column != units {
				t.Errorf("%q %+v: column %d of %d characters and %d units of UTF-16", text, c, place.column, column, units)
			}
			if c.utf8 && len(plain) != len(q.Code) {
				t.Errorf("%q: is %d bytes and was %d", text, len(plain), len(q.Code))
			}
			if strings.ContainsFunc(plain, isBreak) || hasLoneReturn(plain) {
				t.Errorf("%q: %q", text, plain)
			}
		}
	}
}

// utf16Length counts units of UTF-16.
func utf16Length(text string) (n int) {
	for _, r := range text {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

func TestSection_OfSettings(t *testing.T) {
	settings := tree{"a": tree{"b": 1, "c": tree{"d": 2}}, "x.y": 3}
	for name, want := range map[string]any{
		"": settings, "a.b": 1, "a.c.d": 2, "x.y": 3, "a": settings["a"], "a.b.c": nil, "z": nil, "a.": nil, ".": nil,
	} {
		if got := section(settings, name); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

// FuzzChoose tries answers of all kinds at places of all kinds.
func FuzzChoose(f *testing.F) {
	f.Add("os.pa", "th()", `[{"label":"path","insertTextFormat":2,"insertText":"path(${1:x})"}]`, false)
	f.Add("😀 a", "", `{"itemDefaults":{"editRange":{"start":{"line":0,"character":2},"end":{"line":0,"character":3}}},"items":[{"label":"abc"}]}`, true)
	f.Fuzz(func(t *testing.T, before, after, result string, utf8s bool) {
		if !utf8.ValidString(before) || !utf8.ValidString(after) {
			return
		}
		q := &suggest.Query{Language: "python", Code: before + after, Cursor: len(before), Most: 5}
		c := coder{utf8: utf8s}
		place := c.placeOf(q)
		c.plain(q.Code)
		if got, ok := place.offset(place.position()); !ok || got != q.Cursor {
			t.Fatalf("the cursor %d is at %d", q.Cursor, got)
		}
		found, err := choose(q, &place, json.RawMessage(result), nil)
		if err != nil {
			return
		}
		for _, s := range found {
			if err := s.Check(q); err != nil || strings.ContainsAny(s.Insertion(q), "\r\n") {
				t.Errorf("%+v: %v", s, err)
			}
		}
	})
}
