package patterns

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

func FuzzLegacy(f *testing.F) {
	for _, code := range []string{"", "def ", "a\r\nimport", "def été", "x = 😀", "def x"} {
		f.Add(code, len(code))
		f.Add(code, len(code)/2)
	}
	f.Fuzz(func(t *testing.T, code string, cursor int) {
		if !stands(code, cursor) {
			t.Skip()
		}
		got := askLegacy(t, "python", code, cursor)
		if before := askLegacy(t, "python", code[:cursor], cursor); before != got {
			t.Errorf("without what follows the cursor %+v, with it %+v", before, got)
		}
	})
}

func FuzzSuggest(f *testing.F) {
	names := slices.Sorted(maps.Keys(languages))
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range names {
		code := randomCode(rng, languages[names[i]])
		f.Add(uint8(i), code, len(code))
	}
	f.Fuzz(func(t *testing.T, language uint8, code string, cursor int) {
		if !stands(code, cursor) {
			t.Skip()
		}
		checkAll(t, &suggest.Query{
			Language: names[int(language)%len(names)], Code: code, Cursor: cursor, Most: 1 + int(language)%5,
		})
	})
}

func stands(code string, cursor int) bool {
	return utf8.ValidString(code) && cursor >= 0 && cursor <= len(code) && (cursor == len(code) || utf8.RuneStart(code[cursor]))
}

// checkAll checks what is suggested, and returns how much that is.
func checkAll(t *testing.T, q *suggest.Query) int {
	t.Helper()
	found, err := New().Suggest(t.Context(), q)
	if err != nil || len(found) > q.Most {
		t.Fatalf("%+v: %d suggestions, %v", q, len(found), err)
	}
	seen := map[string]bool{}
	for _, s := range found {
		if err := s.Check(q); err != nil || s.Kind != suggest.Snippet || s.Trigger == "" || seen[s.Text] {
			t.Errorf("%+v: %+v: %v", q, s, err)
		}
		seen[s.Text] = true
		if !q.Legacy {
			checkOnce(t, q, &s)
		}
	}
	return len(found)
}

// checkOnce checks that what was taken over is not suggested again before itself.
func checkOnce(t *testing.T, q *suggest.Query, s *suggest.Suggestion) {
	t.Helper()
	taken := *q
	taken.Code = q.Before() + s.Text + q.After()
	again, err := New().Suggest(t.Context(), &taken)
	if err != nil || slices.ContainsFunc(again, func(other suggest.Suggestion) bool { return other.Text == s.Text }) {
		t.Errorf("%+v: %q is suggested again: %v", taken, s.Text, err)
	}
}

// bits are what random code is made of beside the texts of the rows.
var bits = []string{
	"\n", "\n", "\n\t", "\n  ", "\r\n", " ", "  ", "x", "é", "😀", "0", "_", ".", ",", ";", "=", "!", "-", "$", "@",
	"(", ")", "[", "]", "{", "}", "<", ">", "</", "/>", "<div>", "</div>", "<b a='", "<script>", "</script>",
	"\"", "'", "`", "\"\"\"", "'''", "\\", "//", "/*", "*/", "#", "--", "<!--", "-->", "/", "${", "R\"x(", "r#\"", "'a", "<<E", "E",
}

func randomCode(rng *rand.Rand, l *language) string {
	var code strings.Builder
	for range rng.IntN(12) {
		if rng.IntN(3) > 0 {
			code.WriteString(bits[rng.IntN(len(bits))])
			continue
		}
		r := randomRow(rng, l)
		code.WriteString(r.text)
		if rng.IntN(3) == 0 {
			firstLine, _, _ := strings.Cut(r.insert, "\n")
			code.WriteString(firstLine[:rng.IntN(len(firstLine)+1)])
		}
	}
	return code.String()
}

func randomRow(rng *rand.Rand, l *language) *row {
	table := l.tables[rng.IntN(len(l.tables))]
	return &table[rng.IntN(len(table))]
}

func TestSuggest_EverythingFitsIntoRandomCode(t *testing.T) {
	number := *randomness
	if number == 0 {
		number = rand.Uint64()
	}
	t.Logf("-randomness=%d", number)
	rng := rand.New(rand.NewPCG(number, 0))
	for _, name := range slices.Sorted(maps.Keys(languages)) {
		t.Run(name, func(t *testing.T) {
			suggestions := 0
			for range 6000 {
				code := randomCode(rng, languages[name])
				q := &suggest.Query{Language: name, Code: code, Cursor: rng.IntN(len(code) + 1), Most: 1 + rng.IntN(5)}
				if rng.IntN(2) == 0 {
					q.Code = code + "\n" + randomRow(rng, languages[name]).text
					q.Cursor = len(q.Code)
					q.Code += randomCode(rng, languages[name])
				}
				if stands(q.Code, q.Cursor) {
					suggestions += checkAll(t, q)
				}
			}
			if suggestions < 100 {
				t.Errorf("only %d suggestions", suggestions)
			}
		})
	}
}
