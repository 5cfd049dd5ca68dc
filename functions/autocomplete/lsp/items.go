package lsp

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/wire"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

const (
	// maxItems is how many items of an answer are read: names of the document may come
	// after all global ones.
	maxItems = 5000

	// maxText is the longest text of an item, in bytes. What is longer is no name.
	maxText = 200
)

// Rank makes a function that says how likely a word is at the cursor: more is likelier,
// and 0 is that nothing is known. It must not keep the query.
type Rank func(q *suggest.Query) (score func(word string) float64)

// A candidate is an item that may be inserted.
type candidate struct {
	suggest.Suggestion
	preselect, hidden bool
	score             float64
	sort, label       string
}

// choose makes suggestions from what a server answers.
func choose(q *suggest.Query, at *place, result json.RawMessage, rank Rank) ([]suggest.Suggestion, error) {
	items, err := wire.DecodeItems(result, maxItems)
	if err != nil {
		return nil, err
	}
	var found []candidate
	for i := range items {
		if c, ok := newCandidate(q, at, &items[i]); ok {
			found = append(found, c)
		}
	}
	if rank != nil && len(found) > 1 {
		score := rank(q)
		for i := range found {
			found[i].score = score(nameIn(found[i].Text))
		}
	}
	slices.SortStableFunc(found, compareCandidates)
	var suggestions []suggest.Suggestion
	for _, c := range found {
		same := func(s suggest.Suggestion) bool { return s.Insertion(q) == c.Insertion(q) }
		if len(suggestions) < q.Most && !slices.ContainsFunc(suggestions, same) {
			suggestions = append(suggestions, c.Suggestion)
		}
	}
	return suggestions, nil
}

// compareCandidates puts the best first.
func compareCandidates(a, b candidate) int {
	first := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	return cmp.Or(first(a.preselect, b.preselect), first(!a.hidden, !b.hidden),
		cmp.Compare(b.score, a.score), cmp.Compare(a.sort, b.sort), cmp.Compare(a.label, b.label))
}

// newCandidate makes a candidate of an item, unless it cannot be one: it is to be
// avoided, names a file, changes the text elsewhere, or does not go on with what
// is typed.
func newCandidate(q *suggest.Query, at *place, item *wire.Item) (candidate, bool) {
	switch {
	case item.IsDeprecated(), item.ChangesMore(),
		item.Kind == wire.KindFile, item.Kind == wire.KindFolder, item.Kind == wire.KindReference:
		return candidate{}, false
	}
	text := item.Text()
	if item.Format == wire.SnippetFormat {
		var ok bool
		if text, ok = plainSnippet(text); !ok {
			return candidate{}, false
		}
	}
	typed := typedWord(q)
	start, end := q.Cursor-len(typed), q.Cursor
	if r := item.Range(); r != nil {
		var okStart, okEnd bool
		start, okStart = at.offset(r.Start)
		end, okEnd = at.offset(r.End)
		if !okStart || !okEnd || start > q.Cursor || end < q.Cursor {
			return candidate{}, false
		}
	}
	c := candidate{
		Suggestion: suggest.Suggestion{Start: start, End: end, Text: withoutCall(text, q.Code[end:]), Trigger: typed},
		preselect:  item.Preselect,
		sort:       cmp.Or(item.SortText, item.Label),
		label:      item.Label,
	}
	if !isInsertable(c.Text) || c.Check(q) != nil {
		return candidate{}, false
	}
	c.hidden = strings.HasPrefix(nameIn(c.Text), "_") && !strings.HasPrefix(typed, "_")
	c.Kind = kindOf(q, &c.Suggestion, item.Kind)
	return c, true
}

// isInsertable reports whether a text is of one line, in characters that people see,
// and was not made from a stand-in.
func isInsertable(text string) bool {
	return len(text) <= maxText && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return r == letterStandIn || r == otherStandIn || r != '\t' && !unicode.IsGraphic(r)
	})
}

// withoutCall leaves out the brackets of a call where the text behind has them.
func withoutCall(text, behind string) string {
	if name, _, found := strings.Cut(text, "("); found && strings.HasSuffix(text, ")") && strings.HasPrefix(behind, "(") {
		return name
	}
	return text
}

func kindOf(q *suggest.Query, s *suggest.Suggestion, itemKind int) suggest.Kind {
	switch {
	case itemKind == wire.KindSnippet:
		return suggest.Snippet
	case strings.ContainsAny(strings.TrimSpace(s.Insertion(q)), " \t"):
		return suggest.Line
	}
	return suggest.Identifier
}

// typedWord is the beginning of a name before the cursor, or "".
func typedWord(q *suggest.Query) string {
	line := q.LineBefore()
	word := strings.TrimRightFunc(line, func(r rune) bool { return isWordRune(q.Language, r) })
	return line[len(word):]
}

// nameIn is the last name of a text that a suggestion puts in: of "path()" it is
// path, of "os.path" it is path too.
func nameIn(text string) string {
	text, _, _ = strings.Cut(text, "(")
	text = strings.TrimRightFunc(text, func(r rune) bool { return !isLetter(r) })
	return text[len(strings.TrimRightFunc(text, isLetter)):]
}

func isLetter(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// isWordRune reports whether names of a language have a character.
func isWordRune(language string, r rune) bool {
	switch language {
	case "javascript", "javascriptreact", "jsx", "typescript", "typescriptreact", "tsx", "php":
		return r == '$' || isLetter(r)
	}
	return isLetter(r)
}
