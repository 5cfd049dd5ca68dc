// Package window cuts out of a text what a model is shown of it, and says what may
// be asked there: the rest of a line, several lines, or nothing at all.
package window

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// How much of a text a model is shown, in characters: about 1,300 tokens. More makes
// small models slower, and not better.
const (
	maxContext = 3_000 // whole lines before the cursor's line
	maxHead    = 1_000 // that line up to the cursor
	maxSuffix  = 1_200 // what follows the cursor
)

// maxTail is how many characters other than closers may follow on the line. With
// more of them the line is being changed, and not written.
const maxTail = 8

// minVisible is how many visible characters must be shown: less says nothing.
const minVisible = 2

// A Window is the text around a cursor, with LF at the ends of lines.
//
// Context does not depend on what is written on the cursor's line: as long as
// somebody types there, nothing but Head and Tail changes.
type Window struct {
	Language string
	Context  string // lines before that of the cursor; empty, or ends with LF
	Head     string // that line up to the cursor
	Tail     string // that line from the cursor on
	Below    string // lines after it; empty, or begins with LF

	Whole bool   // Context and Head begin where the text does
	CRLF  bool   // its lines end with CR LF
	Unit  string // one level of indentation: a tab, or spaces
	Multi bool   // several lines may be asked for
}

// Prefix is what stands before the cursor.
func (w *Window) Prefix() string { return w.Context + w.Head }

// Suffix is what stands behind it.
func (w *Window) Suffix() string { return w.Tail + w.Below }

// Of returns the window around a query's cursor, and whether it makes sense to ask there.
func Of(q *suggest.Query) (*Window, bool) {
	head, tail := q.LineBefore(), q.LineAfter()
	if !isName(q.Language) || !mayFollow(tail) || strings.HasSuffix(head, "\r") { // there the cursor is within a line break
		return nil, false
	}
	w := &Window{Language: q.Language, Whole: true}
	before, after := q.Before(), q.After()
	w.Context = w.lastLines(before[:len(before)-len(head)], maxContext)
	w.Head = last(head, maxHead)
	w.Whole = w.Whole && len(w.Head) == len(head)
	w.Tail = first(tail, maxSuffix)
	if len(w.Tail) == len(tail) {
		w.Below = firstLines(after[len(tail):], maxSuffix-utf8.RuneCountInString(tail))
	}
	w.CRLF = strings.Contains(w.Context, "\r\n") || strings.Contains(w.Below, "\r\n")
	w.Context, w.Below = lineFeeds(w.Context), lineFeeds(w.Below)
	w.Unit = unit(w.Language, w.Prefix(), w.Below)
	w.Multi = w.multi()
	return w, visible(w.Context, minVisible) || visible(w.Head, minVisible)
}

// maxName is the longest name of a language, in bytes.
const maxName = 32

// isName reports whether a language has a name that may be shown to a model: anybody
// can write there what they like.
func isName(language string) bool {
	return len(language) <= maxName && !strings.ContainsFunc(language, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("+#-._", r)
	})
}

// mayFollow reports whether the rest of a line lets something be put before it.
func mayFollow(tail string) bool {
	others := 0
	for _, r := range tail {
		if !unicode.IsSpace(r) && !strings.ContainsRune(")]}>\"'`;,:", r) {
			others++
		}
		if others > maxTail {
			return false
		}
	}
	return true
}

// lastLines returns the end of a text from the start of a line on.
func (w *Window) lastLines(text string, most int) string {
	end := last(text, most)
	if len(end) == len(text) {
		return text
	}
	w.Whole = false
	if text[len(text)-len(end)-1] == '\n' {
		return end
	}
	_, end, _ = strings.Cut(end, "\n")
	return end
}

// firstLines returns the start of a text up to the end of a line, or all that may be
// shown of its first one, which is empty: text begins with a line break.
func firstLines(text string, most int) string {
	start := first(text, most)
	if len(start) == len(text) || text[len(start)] == '\n' {
		return start
	}
	return start[:max(strings.LastIndexByte(start, '\n'), 0)]
}

// last returns at most so many characters from the end of a text.
func last(text string, most int) string {
	i := len(text)
	for ; most > 0 && i > 0; most-- {
		_, size := utf8.DecodeLastRuneInString(text[:i])
		i -= size
	}
	return text[i:]
}

// first returns at most so many characters from the start of a text.
func first(text string, most int) string {
	i := 0
	for ; most > 0 && i < len(text); most-- {
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return text[:i]
}

func lineFeeds(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

// visible reports whether at least so many characters of a text can be seen.
func visible(text string, least int) bool {
	for _, r := range text {
		if !unicode.IsSpace(r) {
			if least--; least == 0 {
				return true
			}
		}
	}
	return false
}
