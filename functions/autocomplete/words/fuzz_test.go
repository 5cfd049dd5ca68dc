package words

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

var fuzzLanguages = []string{"python", "typescript", "go", "cpp", "rust", "css", "html", "sql", "shell", "yaml", "klingon"}

func FuzzSuggest_FitsEverywhere(f *testing.F) {
	f.Add("def größe(x):\r\n\treturn größe.x\r\n😀 größ", 20, 0)
	f.Add("a.b(c, d.e); f.g\na.b(c, d.e); f.g", 30, 1)
	f.Add("select from\nSEL \u212Aey \u0130 \u017Fel", 15, 7)
	f.Add(".a-b-c { --x-y: 1 } /* a- */ a-", 31, 5)
	f.Add("'''\"\"\"`\\", 4, 0)
	f.Fuzz(func(t *testing.T, code string, cursor, language int) {
		fits(t, code, cursor, language)
	})
}

// fits asks at a place, and before, within and behind a repetition of the text.
func fits(t *testing.T, code string, cursor, language int) {
	t.Helper()
	code = strings.ToValidUTF8(code, "")
	cursor = max(0, min(cursor, len(code)))
	for cursor > 0 && cursor < len(code) && !utf8.RuneStart(code[cursor]) {
		cursor--
	}
	id := fuzzLanguages[uint(language)%uint(len(fuzzLanguages))]
	for _, q := range []*suggest.Query{
		{Language: id, Code: code, Cursor: cursor, Most: 5},
		{Language: id, Code: code + "\n" + code, Cursor: len(code) + 1 + cursor, Most: 1},
		{Language: id, Code: code + "\n" + code[:cursor] + "\n" + code, Cursor: len(code) + 1 + cursor, Most: 5},
	} {
		seen := make(map[string]bool)
		for _, s := range ask(t, q) {
			if seen[s.Text] {
				t.Errorf("%q twice at %d in %q", s.Text, q.Cursor, q.Code)
			}
			seen[s.Text] = true
		}
	}
}

func TestSuggest_FitsInRandomTexts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	parts := strings.Split("a ab abc Abc ABC aB_c a-b a- $a . -> :: .. ( ) { } , ; = \" ' ` \\ // /* */ # -- <!-- --> ä äb 😀 K İ ſel sel SEL é 1 1a \n \r\n \t  \u200b", " ")
	parts = append(parts, " ", "\n")
	for range 20_000 {
		var text strings.Builder
		for range random.IntN(60) {
			text.WriteString(parts[random.IntN(len(parts))])
		}
		fits(t, text.String(), random.IntN(text.Len()+1), random.IntN(len(fuzzLanguages)))
	}
}
