package patterns

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

var update = flag.Bool("update", false, "write what is suggested now into testdata/golden")

// caret stands for the cursor in golden files.
const caret = "‸"

// A golden file has documents with a caret. Behind each stand the suggestions for it,
// every one quoted on a line that begins with an arrow.
type golden struct {
	document string
	want     []string
}

func (g *golden) query(language string) *suggest.Query {
	before, after, _ := strings.Cut(g.document, caret)
	return &suggest.Query{Language: language, Code: before + after, Cursor: len(before), Most: 9}
}

func readGolden(t *testing.T, path string) (cases []golden) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.SplitSeq(string(file), "\n\n=====\n\n") {
		g := golden{}
		g.document, text, _ = strings.Cut(strings.TrimSuffix(text, "\n"), "\n→ ")
		if strings.Count(g.document, caret) != 1 {
			t.Fatalf("%s: %q has no place", path, g.document)
		}
		for quoted := range strings.SplitSeq(text, "\n→ ") {
			want, err := strconv.Unquote(quoted)
			if err != nil && !*update {
				t.Fatalf("%s: %s: %v", path, quoted, err)
			}
			g.want = append(g.want, want)
		}
		cases = append(cases, g)
	}
	return cases
}

func writeGolden(t *testing.T, path string, cases []golden) {
	t.Helper()
	texts := make([]string, len(cases))
	for i, g := range cases {
		texts[i] = g.document
		for _, want := range g.want {
			texts[i] += fmt.Sprintf("\n→ %q", want)
		}
	}
	if err := os.WriteFile(path, []byte(strings.Join(texts, "\n\n=====\n\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Each row must lead to something in the file of its language.
func TestSuggest_AnswersAsInTheGoldenFiles(t *testing.T) {
	for _, name := range []string{
		"python", "javascript", "typescript", "typescriptreact", "go", "java", "c", "cpp", "rust", "shell", "sql", "html", "css",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", "golden", name+".txt")
			cases := readGolden(t, path)
			used := map[*row]bool{}
			for i := range cases {
				g := &cases[i]
				q := g.query(name)
				checkAll(t, q)
				found, _ := New().Suggest(t.Context(), q)
				got := make([]string, len(found))
				for i, s := range found {
					got[i] = s.Insertion(q)
				}
				noteUsed(languages[name], q, got, used)
				if *update {
					g.want = got
				} else if !slices.Equal(got, g.want) {
					t.Errorf("%s\n got %q\nwant %q", g.document, got, g.want)
				}
			}
			if *update {
				writeGolden(t, path, cases)
			}
			wantAllUsed(t, languages[name], used)
		})
	}
}

// noteUsed notes the rows from which the suggestions are.
func noteUsed(l *language, q *suggest.Query, suggestions []string, used map[*row]bool) {
	for _, table := range l.tables {
		for i := range table {
			r := &table[i]
			typed, ok := l.matches(r, q.LineBefore())
			if ok && r.needsMet(q) && slices.Contains(suggestions, l.render(q, r.insert[typed:])) {
				used[r] = true
			}
		}
	}
}

// Rows of a table that several languages have are used in one of them at least; that
// is its first.
func wantAllUsed(t *testing.T, l *language, used map[*row]bool) {
	t.Helper()
	for k, table := range l.tables {
		if k > 0 && (l != javascript && l != c) {
			continue
		}
		for i := range table {
			if !used[&table[i]] {
				t.Errorf("no suggestion from %q, %q", table[i].text, table[i].insert)
			}
			if length := len(table[i].text) + len(strings.Split(table[i].insert, "\n")[0]); length > lookBack {
				t.Errorf("%q is longer than what is looked at", table[i].text)
			}
		}
	}
}
