package words

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// at returns a query for a text in which ‸ is the cursor.
func at(t testing.TB, language, text string) *suggest.Query {
	t.Helper()
	before, after, ok := strings.Cut(text, "‸")
	if !ok {
		t.Fatalf("no cursor in %q", text)
	}
	return &suggest.Query{Language: language, Code: before + after, Cursor: len(before), Most: 1}
}

// ask returns what is suggested; all of it fits.
func ask(t testing.TB, q *suggest.Query) []suggest.Suggestion {
	t.Helper()
	found, err := New().Suggest(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found {
		if err := s.Check(q); err != nil {
			t.Errorf("%+v at %d in %q: %v", s, q.Cursor, q.Code, err)
		}
	}
	if len(found) > q.Most {
		t.Errorf("%d suggestions, wanted %d", len(found), q.Most)
	}
	return found
}

func TestSuggest_Names(t *testing.T) {
	for _, test := range []struct{ name, language, text, want string }{
		{"of the text", "python", "customer = 1\nprint(cus‸)", "customer"},
		{"with what is typed elsewhere", "python", "customer = 1\ncus‸", "customer"},
		{"the nearer of two", "go", "countFar := 1" + strings.Repeat("\n", 2000) + "countNear := 1\ncou‸", "countNear"},
		{"the more frequent of two", "go", "total1 := 1\ntotal2 := total2 + total2\n\nx = tot‸", "total2"},
		{"that is behind the cursor", "go", "cus‸\ncustomer := 1", "customer"},
		{"usual ones", "python", "isins‸", "isinstance"},
		{"usual members", "python", "x.appe‸", "append"},
		{"none of another language", "rust", "isins‸", ""},
		{"none for an unknown language", "brainfuck", "isins‸", ""},
		{"of the text in an unknown language", "brainfuck", "customer cus‸", "customer"},
		{"keywords as they are typed", "sql", "SEL‸", "SELECT"},
		{"keywords in small letters", "sql", "sel‸", "select"},
		{"not the word itself", "python", "customer‸", ""},
		{"not what is typed elsewhere too", "rust", "customer customer‸", ""},
		{"a longer one", "rust", "customer customers customer‸", "customers"},
		{"not in the middle of a word", "python", "customer = 1\ncus‸t", ""},
		{"nothing when nothing is typed", "python", "customer = 1\n‸", ""},
		{"nothing after a space", "python", "customer = 1\nx = ‸", ""},
		{"nothing after a number", "python", "12345 = 1\nx = 12‸", ""},
		{"members after a dot", "go", "handler := 1; handler = handler + handler\nx.handle()\ny.han‸", "handle"},
		{"no members without a dot", "go", "x.handle()\nhandler := 1\nhan‸", "handler"},
		{"the same receiver", "go", "a.closeOne()\nb.closeTwo()\nb.closeThree()\n\na.clo‸", "closeOne"},
		{"members after an arrow", "cpp", "length = 1; lengthen = 2; p->len1 = 0; q->len‸", "len1"},
		{"of the one who has no other", "python", "log.append_row(1)\nlog.append_row(2)\n\nlog.‸", "append_row"},
		{"of nobody known", "python", "log.append_row(1)\nlog.append_row(2)\n\nother.‸", ""},
		{"a range has no members", "rust", "x.lengthen();\nlength = 1;\n0..len‸", "length"},
		{"with $", "javascript", "const $element = 1\n$ele‸", "$element"},
		{"without $ in other languages", "shell", "ELEMENT=1\necho $ELE‸", "ELEMENT"},
		{"with -", "css", ".x { --main-colour: red; color: var(--main‸", "main-colour"},
		{"with - typed", "css", ".x { --main-colour: red; color: var(--main-‸", "main-colour"},
		{"not within one with -", "css", ".x { --main-colour: red; color: var(--main‸-c", ""},
		{"without - in other languages", "go", "main-colour\nmai‸", "main"},
		{"beyond ASCII", "python", "größenwert = 1\nprint(größ‸)", "größenwert"},
		{"in another case", "go", "type configuration struct{}\nfunc NewConfigur() Conf‸", "Configuration"},
		{"code before comments", "go", "// customer (customer) customer/customer\ncustody := 1\n\n\ncus‸", "custody"},
		{"in a comment", "python", "customer = 1\n# the cus‸", "customer"},
		{"little typed in a comment", "python", "customer = 1\n# the cu‸", ""},
		{"no keywords in a comment", "python", "# isins‸", ""},
	} {
		q := at(t, test.language, test.text)
		got := ""
		for _, s := range ask(t, q) {
			got = s.Text
			if s.Kind != suggest.Identifier || s.Trigger != q.Code[s.Start:q.Cursor] || s.End != q.Cursor {
				t.Errorf("%s: %+v", test.name, s)
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestSuggest_RestOfLine(t *testing.T) {
	const seen = "result, err := store.Load(ctx, first)\nif err != nil {\n\treturn nil, fmt.Errorf(\"load: %w\", err)\n}\n"
	again, _, _ := strings.Cut(strings.ReplaceAll(seen, "return", "\treturn"), "fmt")
	for _, test := range []struct{ name, text, want string }{
		{"after the same tokens", seen + again + "fm‸", `fmt.Errorf("load: %w", err)`},
		{"after a dot", seen + again + "fmt.‸", `Errorf("load: %w", err)`},
		{"with CRLF", strings.ReplaceAll(seen+again, "\n", "\r\n") + "fm‸\r\n", `fmt.Errorf("load: %w", err)`},
		{"not when nothing is typed", seen + again + "‸", ""},
		{"not before other code", seen + again + "fm‸ + 1", "fmt"},
		{"not in a comment", seen + again + "// fmt‸", ""},
		{"not when others go on otherwise", seen + strings.Replace(seen, "load:", "read:", 1) + seen + again + "fm‸", "fmt"},
		{"not after few tokens", "\treturn nil, fmt.Errorf(\"load\")\n\treturn nil, fm‸", "fmt"},
		{"not after signs only", "{}[](){}; fmt.Load()\n{}[](){}; fm‸", "fmt"},
		{"not a very long one", strings.Replace(seen, "load", strings.Repeat("long", 60), 1) + again + "fm‸", "fmt"},
	} {
		q, got, kind := at(t, "go", test.text), "", suggest.Identifier
		for _, s := range ask(t, q) {
			got, kind = s.Text, s.Kind
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		if want := strings.Contains(got, "("); (kind == suggest.Line) != want {
			t.Errorf("%s: %q is a %s", test.name, got, kind)
		}
	}
}

func TestSuggest_SeveralAreRanked(t *testing.T) {
	q := at(t, "go", "store1\nstore2+store2+store2\nstore3+store3\n\nx = sto‸")
	q.Most = 3
	var got []string
	for _, s := range ask(t, q) {
		got = append(got, s.Text)
	}
	if want := []string{"store2", "store3", "store1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSuggest_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New().Suggest(ctx, at(t, "go", "store sto‸")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestSuggest_ConcurrentlyTheSame(t *testing.T) {
	var queries []*suggest.Query
	var want [][]suggest.Suggestion
	for i := range 20 {
		q := at(t, fuzzLanguages[i%len(fuzzLanguages)], program(i*1000)+"\nhandler return retry request re‸")
		q.Most = 5
		queries, want = append(queries, q), append(want, ask(t, q))
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i, q := range queries {
				if got := ask(t, q); !slices.Equal(got, want[i]) {
					t.Errorf("got %v, want %v", got, want[i])
				}
			}
		})
	}
	all.Wait()
}

func TestRank_ScoresWhatGoesOn(t *testing.T) {
	r := Rank(at(t, "python", "customer = customer\ncustody = 1\ncus‸"))
	if customer, custody := r.Score("customer"), r.Score("custody"); customer <= custody || custody <= 0 {
		t.Errorf("customer has %v, custody %v", customer, custody)
	}
	for _, word := range []string{"cus", "print", "nobody", ""} {
		if got := r.Score(word); got != 0 {
			t.Errorf("%q has %v", word, got)
		}
	}
	if r := Rank(at(t, "python", "customer cus‸t")); r.Score("customer") != 0 {
		t.Error("words were ranked in the middle of one")
	}
}

func TestUsual_EveryTableIsSorted(t *testing.T) {
	for id, read := range usualIn {
		u := read()
		if len(u.names) == 0 {
			t.Errorf("nothing is usual in %s", id)
		}
		for _, list := range [][]usualName{u.names, u.members} {
			if !slices.IsSortedFunc(list, func(a, b usualName) int { return strings.Compare(a.text, b.text) }) {
				t.Errorf("%s is not sorted", id)
			}
		}
	}
}
