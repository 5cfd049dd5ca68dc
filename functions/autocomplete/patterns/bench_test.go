package patterns

import (
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// document returns about 100 KiB of lines.
func document(lines string) string {
	return strings.Repeat(lines, 100<<10/len(lines))
}

// documents are of 100 KiB each, of lines that are as dear as usual code can be.
var documents = map[string]string{
	"python":     document("    total = total + item['x']  # it's more\n"),
	"javascript": document("  const x = items.map((i) => `${i} \"x\"`).filter(/a/); // it's\n"),
	"go":         document("\tif x := f(\"a\\n\", 'x'); x != nil { return `y` } // it's\n"),
	"java":       document("    String s = list.get(0) + \"x\"; /* it's */\n"),
	"cpp":        document("    for (auto& x : v) { s += \"x\"; n /= 1'000; } // it's\n"),
	"rust":       document("    let x: &'a str = \"y\"; v.push('c'); // it's\n"),
	"shell":      document("  echo \"$x\" 'y' | grep -v \"z\" >/dev/null # it's\n"),
	"sql":        document("SELECT a, 'b' FROM t WHERE c = \"d\"; -- it's\n"),
	"html":       document("<div class=\"a\"><p>it's <b>text</b></p></div>\n"),
	"css":        document(".a:hover { color: red; content: \"x\"; } /* it's */\n"),
}

// endings are lines for which there is a suggestion.
var endings = map[string]string{
	"python": "def ", "javascript": "for ", "go": "func ", "java": "for ", "cpp": "for ", "rust": "fn ",
	"shell": "for ", "sql": "select ", "html": "<a ", "css": "display:",
}

func BenchmarkSuggest(b *testing.B) {
	for language, text := range documents {
		for _, ending := range []string{endings[language], "nothing"} {
			code := text + ending
			q := &suggest.Query{Language: language, Code: code + "\n", Cursor: len(code), Most: 1}
			b.Run(language+"/"+strings.TrimSpace(ending), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if found, err := New().Suggest(b.Context(), q); err != nil || len(found) > 0 != (ending != "nothing") {
						b.Fatal(found, err)
					}
				}
			})
		}
	}
}

func BenchmarkLegacy(b *testing.B) {
	for _, benchmark := range []struct{ name, code string }{
		{"short", "for i in range(3):\n    print"},
		{"100KiB", documents["python"] + "def "},
		{"1MiB line of spaces", "def" + strings.Repeat(" ", 1<<20) + "?"},
	} {
		q := &suggest.Query{Language: "python", Code: benchmark.code, Cursor: len(benchmark.code), Most: 1, Legacy: true}
		b.Run(benchmark.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New().Suggest(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestSuggest_NothingTakesNoMemory(t *testing.T) {
	for language, text := range documents {
		for _, ending := range []string{"", "nothing", "x." + endings[language] + "?", openings[language] + endings[language]} {
			code := text + ending
			for _, legacy := range []bool{false, true} {
				q := &suggest.Query{Language: language, Code: code, Cursor: len(code), Most: 3, Legacy: legacy}
				if found, _ := New().Suggest(t.Context(), q); len(found) > 0 {
					if !legacy {
						t.Errorf("%s: %q: %+v", language, ending, found)
					}
					continue
				}
				if n := testing.AllocsPerRun(5, func() { _, _ = New().Suggest(t.Context(), q) }); n != 0 {
					t.Errorf("%s: %q: %v allocations, want 0", language, ending, n)
				}
			}
		}
	}
}

// openings begin a comment over several lines, or something like it.
var openings = map[string]string{
	"python": "\"\"\"\n", "javascript": "`\n", "go": "/*\n", "java": "/*\n", "cpp": "R\"(\n", "rust": "/*/**/\n",
	"shell": "cat <<E\n", "sql": "/*\n", "html": "<!--\n", "css": "/*\n",
}

// In a test of its own: were it not linear, it would never end.
func TestSuggest_TimeIsProportionalToTheText(t *testing.T) {
	const size = 128 << 10
	for language := range documents {
		for _, bit := range append([]string{" ", "\t", "\n", "for ", "if err ", "\"#", "<<1", "<<;", "<<a)"}, bits...) {
			for _, before := range []string{"", "<div>", "`", "{\n"} {
				code := before + strings.Repeat(bit, size/len(bit)) + endings[language]
				checkAll(t, &suggest.Query{Language: language, Code: code, Cursor: len(code), Most: 5})
			}
		}
	}
}
