package main

import (
	"embed"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/words/token"
)

//go:embed testdata/corpus
var embedded embed.FS

// language is a language with the texts to measure with.
type language struct {
	name  string
	texts []string
}

// readCorpus reads folders, of which each has a folder for each language.
func readCorpus(folders, only string) ([]language, error) {
	var trees []fs.FS
	for folder := range strings.SplitSeq(folders, ",") {
		if folder != "" {
			trees = append(trees, os.DirFS(folder))
		}
	}
	if trees == nil {
		tree, err := fs.Sub(embedded, "testdata/corpus")
		if err != nil {
			return nil, err
		}
		trees = append(trees, tree)
	}
	texts := make(map[string][]string)
	for _, tree := range trees {
		err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
			name, file, inside := strings.Cut(path, "/")
			if err != nil || entry.IsDir() || !inside || only != "" && !slices.Contains(strings.Split(only, ","), name) {
				return err
			}
			if strings.Contains(file, "LICENSE") {
				return nil
			}
			text, err := fs.ReadFile(tree, path)
			if err == nil && utf8.Valid(text) {
				texts[name] = append(texts[name], string(text))
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read the corpus: %w", err)
		}
	}
	var corpus []language
	for name, all := range texts {
		corpus = append(corpus, language{name, all})
	}
	slices.SortFunc(corpus, func(a, b language) int { return strings.Compare(a.name, b.name) })
	if corpus == nil {
		return nil, fmt.Errorf("no files in %q", folders)
	}
	return corpus, nil
}

// leastName is how many characters a name has that is asked for, at least.
const leastName = 5

// typedChars says how many characters are typed of a name, and of one after a dot.
type typedChars struct{ name, member int }

// position is a name in a text.
type position struct {
	language   string
	text       string
	start, end int // of the name
	typed      int // characters of it, which are ASCII
}

// positions returns n random names in code, or fewer where there are not so many,
// the same number in each text as far as it goes.
func (l language) positions(random *rand.Rand, n int, typed typedChars) []position {
	byText := make([][]position, len(l.texts))
	for i, text := range l.texts {
		byText[i] = namesIn(l.name, text, leastName, typed)
		random.Shuffle(len(byText[i]), func(a, b int) { byText[i][a], byText[i][b] = byText[i][b], byText[i][a] })
	}
	var all []position
	for left := true; left && len(all) < n; {
		left = false
		for i, held := range byText {
			if len(held) > 0 && len(all) < n {
				all, byText[i], left = append(all, held[0]), held[1:], true
			}
		}
	}
	return all
}

func namesIn(name, text string, least int, typed typedChars) []position {
	scanner := token.NewScanner(token.Of(name))
	var held []position
	for _, t := range scanner.Scan(nil, text, 0, len(text)) {
		p := position{language: name, text: text, start: int(t.Start), end: int(t.End), typed: typed.name}
		if t.Kind != token.Word || t.Place != token.Code || p.end-p.start < least {
			continue
		}
		if p.isMember() {
			p.typed = typed.member
		}
		if isASCII(text[p.start : p.start+p.typed]) {
			held = append(held, p)
		}
	}
	return held
}

func (p *position) isMember() bool {
	before := p.text[:p.start]
	return strings.HasSuffix(before, ".") && !strings.HasSuffix(before, "..") ||
		strings.HasSuffix(before, "->") || strings.HasSuffix(before, "::")
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
