package words

import (
	"strings"
	"testing"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// program is a text of at least n bytes that repeats itself as programs do.
func program(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		name := string(rune('a'+i%26)) + "Handler" + string(rune('a'+i/26%26))
		b.WriteString("func (s *Server) " + name + "(ctx context.Context, request *Request) (*Response, error) {\n" +
			"\tif err := s.check(ctx, request); err != nil {\n\t\treturn nil, fmt.Errorf(\"" + name + ": %w\", err)\n\t}\n" +
			"\treturn s.store.Load(ctx, request.Name) // from the store\n}\n\n")
	}
	return b.String()
}

// worst are texts and places that take long for their size.
func worst(bytes int) map[string]*suggest.Query {
	queries := make(map[string]*suggest.Query)
	for name, part := range map[string]string{
		"one word":        "abc ",
		"one line":        "abc.def(ghi), ",
		"lines":           "abc.def(ghi, jkl)\n",
		"one long word":   "a",
		"one long quote":  "\"",
		"spaces":          " ",
		"emoji":           "😀",
		"wide letters":    "ä",
		"comment openers": "/*",
	} {
		code := strings.Repeat(part, bytes/2/len(part)) + " ab"
		cursor := len(code)
		code += "\n" + strings.Repeat(part, bytes/2/len(part))
		queries[name] = &suggest.Query{Language: "typescript", Code: code, Cursor: cursor, Most: 5}
	}
	return queries
}

func BenchmarkSuggest(b *testing.B) {
	for name, bytes := range map[string]int{"4KiB": 4 << 10, "100KiB": 100 << 10, "1MiB": 1 << 20} {
		code := program(bytes)
		cursor := strings.LastIndex(code[:len(code)*3/4], "fmt.Err") + len("fmt.Er")
		code = code[:cursor] + code[cursor+strings.IndexByte(code[cursor:], '\n'):]
		q := &suggest.Query{Language: "go", Code: code, Cursor: cursor, Most: 1}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := ask(b, q); len(got) == 0 {
					b.Fatal("nothing")
				}
			}
		})
	}
	for name, q := range worst(1 << 20) {
		b.Run("worst/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ask(b, q)
			}
		})
	}
}

// longest is far more than an answer takes, the race detector and a loaded machine
// included, and far less than with time that grows faster than the text.
const longest = 2 * time.Second

func TestSuggest_WorstTextsTakeNotLong(t *testing.T) {
	for name, q := range worst(1 << 20) {
		start := time.Now()
		ask(t, q)
		if took := time.Since(start); took > longest {
			t.Errorf("%s: %v", name, took)
		}
	}
}
