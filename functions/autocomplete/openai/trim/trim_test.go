package trim_test

import (
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/fim"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/trim"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// at returns the window of a text with ‸ where the cursor is.
func at(t testing.TB, language, text string) *window.Window {
	t.Helper()
	before, after, found := strings.Cut(text, "‸")
	if !found {
		t.Fatalf("no cursor in %q", text)
	}
	w, ok := window.Of(&suggest.Query{Language: language, Code: before + after, Cursor: len(before), Most: 1})
	if !ok {
		t.Fatalf("nothing is asked in %q", text)
	}
	return w
}

const block = "def f(a):\n    if a:\n        b = 1\n        ‸\n    return a\n"

// golden has what becomes of answers, rule by rule in the order they are applied.
var golden = []struct {
	name, language, text string
	answer               trim.Answer
	want                 string
}{
	{"nothing to trim", "python", "x = fo‸", trim.Answer{Text: "o(1)"}, "o(1)"},
	{"a block", "go", "func f() int {‸", trim.Answer{Text: "\n\tx := 1\n\treturn x\n}\n"}, "\n\tx := 1\n\treturn x\n}"},

	{"thoughts", "python", "x = fo‸", trim.Answer{Text: "<think>\nwhat now?\n</think>\n\no(1)"}, "o(1)"},
	{"thoughts without a beginning", "python", "x = fo‸", trim.Answer{Text: "what now?</think>o(1)"}, "o(1)"},
	{"thoughts without an end", "python", "x = fo‸", trim.Answer{Text: "<think>what now? o(1)"}, ""},
	{"a role", "python", "x = fo‸", trim.Answer{Text: "assistant: o(1)", Chat: true}, "o(1)"},
	{"the mark of the cursor", "python", "x = fo‸", trim.Answer{Text: "x = fo<CURSOR>o(1)", Chat: true}, "o(1)"},
	{"a fence", "python", "x = fo‸", trim.Answer{Text: "```python\no(1)\n```\nThat calls foo.", Chat: true}, "o(1)"},
	{"a fence that is still open", "python", "x = fo‸", trim.Answer{Text: "```python\no(1)", Chat: true}, "o(1)"},
	{"talk before a fence", "python", "x = fo‸", trim.Answer{Text: "Sure:\n\n```python\no(1)\n```", Chat: true}, "o(1)"},
	{"a fence behind code", "python", "x = fo‸", trim.Answer{Text: "o(1)\n```\nmore"}, "o(1)"},
	{"a fence in Markdown", "markdown", "Run this:‸", trim.Answer{Text: "\n```sh\nmake\n```"}, "\n```sh\nmake\n```"},

	{"a token", "python", "x = fo‸", trim.Answer{Text: "o(1)<|fim_suffix|>junk"}, "o(1)"},
	{"a token of the family", "python", "x = fo‸", trim.Answer{Text: "o(1)</s>junk", Family: fim.Codestral}, "o(1)"},
	{"not a token of this family", "html", "<p>fo‸", trim.Answer{Text: "o<s>1</s>"}, "o<s>1</s>"},

	{"more lines than one", "python", "x = fo‸", trim.Answer{Text: "o(1)\ny = 2\n"}, "o(1)"},
	{"the line is complete", "python", "x = foo(1)‸", trim.Answer{Text: "\ny = 2\n"}, ""},
	{"CR LF", "python", "x = fo‸", trim.Answer{Text: "o(1)\r\ny = 2"}, "o(1)"},

	{"the head again", "python", "    x = fo‸", trim.Answer{Text: "    x = foo(1)"}, "o(1)"},
	{"the lines before again", "python", "import os\n\nx = os.pa‸", trim.Answer{Text: "import os\n\nx = os.path.sep"}, "th.sep"},
	{"one space too many", "python", "x = ‸", trim.Answer{Text: " foo(1)"}, "foo(1)"},
	{"indentation twice", "python", block, trim.Answer{Text: "        c = b\n"}, "c = b"},
	{"indentation in part", "python", "def f(a):\n  ‸", trim.Answer{Text: "  return a"}, "return a"},
	{"a line break first", "python", block, trim.Answer{Text: "\n        c = b\n"}, "c = b"},

	{"the line above again", "python", "total = compute(values, 1)\n‸", trim.Answer{Text: "total = compute(values, 2)"}, ""},
	{"the line above in another way", "python", "a = compute(values)\n‸", trim.Answer{Text: "b = combine(others)"}, "b = combine(others)"},

	{"the next line", "python", block, trim.Answer{Text: "c = 2\n        d = 3\n    return a\n    more = 1"}, "c = 2\n        d = 3"},
	{"nearly the next line", "python", "def f():\n    ‸\n    return compute_total(values)\n", trim.Answer{Text: "x = 1\n    return compute_total(value)"}, "x = 1"},
	{"only the next line", "python", "def f():\n    ‸\n    return compute_total(values)\n", trim.Answer{Text: "return compute_total(values)"}, ""},

	{"the end of the block", "python", block, trim.Answer{Text: "c = 2\n    if b:\n        d = 1"}, "c = 2"},
	{"the next function", "python", "def f():‸", trim.Answer{Text: "\n    return 1\n\ndef g():\n    return 2"}, "\n    return 1"},
	{"else goes on", "python", "if a:‸", trim.Answer{Text: "\n    b()\nelse:\n    c()\nd()"}, "\n    b()\nelse:\n    c()"},
	{"a block in brackets ends", "javascript", "if (a) {‸", trim.Answer{Text: "\n  b();\n}\nc();\n"}, "\n  b();\n}"},
	{"a block in brackets goes on", "javascript", "if (a) {‸", trim.Answer{Text: "\n  b();\n} else {\n  c();\n}\nd();"}, "\n  b();\n} else {\n  c();\n}"},

	{"what follows on the line", "python", "f(‸, limit=3)", trim.Answer{Text: "url, limit=3)"}, "url"},
	{"a bracket that follows", "python", "f(‸)", trim.Answer{Text: "a, b)"}, "a, b"},
	{"a bracket that does not", "python", "f(‸)", trim.Answer{Text: "g(a)"}, "g(a)"},
	{"brackets of which one follows", "python", "f(‸)", trim.Answer{Text: "g(a))"}, "g(a)"},
	{"a line that follows", "go", "func f() {‸\n}\n", trim.Answer{Text: "\n\tg()\n}"}, "\n\tg()"},

	{"a bracket that closes nothing", "python", "x = fo‸", trim.Answer{Text: "o)(1)"}, ""},
	{"a bracket too many", "python", "x = f(‸", trim.Answer{Text: "a))"}, "a)"},
	{"a bracket of another kind", "python", "x = f(‸", trim.Answer{Text: "a, b]"}, "a, b"},
	{"a bracket in a string", "python", "x = f(‸", trim.Answer{Text: "\")\")"}, "\")\")"},
	{"a bracket in a comment", "go", "func f() {‸", trim.Answer{Text: "\n\tg() // }\n}"}, "\n\tg() // }\n}"},

	{"lines for ever", "python", "def f():‸", trim.Answer{Text: "\n" + strings.Repeat("    print(1)\n", 50)}, "\n" + strings.TrimSuffix(strings.Repeat("    print(1)\n", 2), "\n")},
	{"pairs of lines for ever", "python", "def f():‸", trim.Answer{Text: "\n" + strings.Repeat("    a()\n    b()\n", 50)}, "\n    a()\n    b()\n    a()\n    b()"},
	{"one line for ever", "python", "x = ‸", trim.Answer{Text: strings.Repeat("very ", 500)}, strings.TrimSuffix(strings.Repeat("very ", 3), " ")},
	{"a rule", "python", "## ‸", trim.Answer{Text: strings.Repeat("-", 60)}, strings.Repeat("-", 60)},

	{"spaces for tabs", "go", "func f() {\n\tg()\n\t‸\n}", trim.Answer{Text: "if a {\n        b()\n    }"}, "if a {\n\t\tb()\n\t}"},
	{"tabs for spaces", "python", "if a:\n  b\ndef f():\n  ‸", trim.Answer{Text: "if a:\n\t\tb()"}, "if a:\n    b()"},
	{"white space at the ends", "python", "def f():‸", trim.Answer{Text: "\n    a()   \n    \n    b()\t\n\n"}, "\n    a()\n\n    b()"},

	{"one character", "python", "x = fo‸", trim.Answer{Text: "o"}, ""},
	{"only brackets", "python", "x = f((‸", trim.Answer{Text: "))"}, ""},
	{"only white space", "python", "x = ‸", trim.Answer{Text: " \n\t\n"}, ""},
	{"nothing", "python", "x = ‸", trim.Answer{}, ""},
	{"half a character", "python", "x = '‸", trim.Answer{Text: "é\xc3"}, ""},
	{"what cannot be seen", "python", "x = '‸", trim.Answer{Text: "a\x00b\u202ec\u2066\x1b[0m"}, "abc[0m"},

	{"half a last line", "python", "def f():‸", trim.Answer{Text: "\n    a()\n    retu", Cut: true}, "\n    a()"},
	{"half an only line", "python", "x = ‸", trim.Answer{Text: "compute(va", Cut: true}, "compute(va"},
}

func TestText_IsAsInTheGoldenTable(t *testing.T) {
	for _, test := range golden {
		if got := trim.Text(at(t, test.language, test.text), test.answer); got != test.want {
			t.Errorf("%s: %q becomes %q, want %q", test.name, test.answer.Text, got, test.want)
		}
	}
}

// What comes after Done said so must not change anything, wherever that was.
func TestDone_NothingAfterItChangesTheText(t *testing.T) {
	stopped := 0
	for _, test := range golden {
		w := at(t, test.language, test.text)
		answer := test.answer
		for i := range test.answer.Text {
			answer.Text = test.answer.Text[:i]
			if !trim.Done(w, answer) {
				continue
			}
			stopped++
			if got := trim.Text(w, answer); got != test.want {
				t.Errorf("%s: done with %q, which becomes %q, want %q", test.name, answer.Text, got, test.want)
			}
			break
		}
	}
	if stopped < 15 {
		t.Errorf("only %d answers were stopped early", stopped)
	}
}

func TestDone_StopsWhatWouldNeverEnd(t *testing.T) {
	for text, answer := range map[string]string{
		"x = ‸":        "1\n",
		"def f():‸":    "\n" + strings.Repeat("    print(1)\n", 3),
		"if x:\n    ‸": "a()\nb()\n",
		"y = ‸":        strings.Repeat("again and ", 6) + "\n",
	} {
		if !trim.Done(at(t, "python", text), trim.Answer{Text: answer}) {
			t.Errorf("%q goes on after %q", text, answer)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, test := range golden {
		before, after, _ := strings.Cut(test.text, "‸")
		f.Add(test.language, before, after, test.answer.Text, test.answer.Chat, test.answer.Cut, 1)
	}
	families := append(fim.Families(), fim.Unknown)
	f.Fuzz(func(t *testing.T, language, before, after, answer string, chat, cut bool, family int) {
		before, after = strings.ToValidUTF8(before, ""), strings.ToValidUTF8(after, "")
		q := &suggest.Query{Language: language, Code: before + after, Cursor: len(before), Most: 1}
		w, ok := window.Of(q)
		if !ok {
			t.Skip()
		}
		a := trim.Answer{Text: answer, Chat: chat, Cut: cut, Family: families[uint(family)%uint(len(families))]}
		trim.Done(w, a)
		text := trim.Text(w, a)
		if text == "" {
			return
		}
		s := suggest.Suggestion{Start: q.Cursor, End: q.Cursor, Text: text, Kind: suggest.Line}
		if err := s.Check(q); err != nil {
			t.Errorf("%q becomes %q: %v", answer, text, err)
		}
		if strings.TrimSpace(text) == "" || strings.ContainsAny(text, "\r\x00") || strings.ToValidUTF8(text, "?") != text {
			t.Errorf("%q becomes %q", answer, text)
		}
		if !w.Multi && strings.Contains(text, "\n") {
			t.Errorf("%q becomes several lines: %q", answer, text)
		}
	})
}

func BenchmarkText(b *testing.B) {
	w := at(b, "python", strings.Repeat("def g(a):\n    return compute(a)\n\n", 100)+"def f(a):‸\n\n"+strings.Repeat("x = f(1)\n", 200))
	answer := trim.Answer{Text: "\n    total = 0\n" + strings.Repeat("    for value in a:\n        total += compute(value) * 2\n", 2) + "    return total\n"}
	b.ReportAllocs()
	for b.Loop() {
		if trim.Text(w, answer) == "" {
			b.Fatal("nothing is left")
		}
	}
}

func BenchmarkDone(b *testing.B) {
	w := at(b, "python", strings.Repeat("def g(a):\n    return compute(a)\n\n", 100)+"def f(a):‸\n\n"+strings.Repeat("x = f(1)\n", 200))
	answer := trim.Answer{Text: "\n    total = 0\n    for value in a:\n        total += compute(value) * 2\n"}
	b.ReportAllocs()
	for b.Loop() {
		if trim.Done(w, answer) {
			b.Fatal("it was to go on")
		}
	}
}
