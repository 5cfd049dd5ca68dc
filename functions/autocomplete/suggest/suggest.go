// Package suggest says what a provider of suggestions is asked and what it
// answers. Offsets are bytes here: only the HTTP side counts UTF-16 units.
package suggest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// A Kind says what a suggestion is, for editors that show it and for requests
// that want some kinds only.
type Kind string

// The kinds.
const (
	Snippet    Kind = "snippet"    // a usual way to go on, with names to be replaced
	Identifier Kind = "identifier" // the rest of a name, or a name with its brackets
	Line       Kind = "line"       // the rest of the line
	Block      Kind = "block"      // several lines
)

// Kinds are all of them.
var Kinds = []Kind{Snippet, Identifier, Line, Block}

// A Query is a place in a text. It is not changed while it is being answered, and
// nothing of it is kept longer than an answer may be cached.
type Query struct {
	Language string     // as editors name it, in lower case: "python", "typescript"
	Code     string     // the whole text, valid UTF-8
	Cursor   int        // where in Code; never within a character
	Room     string     // whose text it is, or ""; a secret
	Client   netip.Addr // who asks
	Most     int        // how many suggestions are of use, at least 1

	// Legacy asks for the answer that the first service gave, mistakes included:
	// the request has none of the fields that were added since.
	Legacy bool
}

// Before is the text up to the cursor.
func (q *Query) Before() string { return q.Code[:q.Cursor] }

// After is the text from the cursor on.
func (q *Query) After() string { return q.Code[q.Cursor:] }

// LineBefore is the line of the cursor up to it.
func (q *Query) LineBefore() string {
	before := q.Before()
	return before[strings.LastIndexByte(before, '\n')+1:]
}

// LineAfter is the line of the cursor from it on, without the line break.
func (q *Query) LineAfter() string {
	line, _, _ := strings.Cut(q.After(), "\n")
	return strings.TrimSuffix(line, "\r")
}

// A Suggestion is text that may stand in place of Code[Start:End], which holds the
// cursor and is on its line. It says the same as inserting at the cursor: Text
// begins with Code[Start:Cursor] and ends with Code[Cursor:End].
type Suggestion struct {
	Start, End int
	Text       string
	Kind       Kind
	Trigger    string // the word that led to it; may be empty
}

// Insertion is what the suggestion inserts at the cursor.
func (s *Suggestion) Insertion(q *Query) string {
	return s.Text[q.Cursor-s.Start : len(s.Text)-(s.End-q.Cursor)]
}

// ErrUnfit is what Check fails with, wrapped with what is wrong.
var ErrUnfit = errors.New("suggestion does not fit")

// ErrUnavailable is what providers fail with, wrapped, that cannot be asked now for a
// reason that is no fault: they are starting, busy, or spare what they ask.
var ErrUnavailable = errors.New("not available now")

// Check reports whether a suggestion keeps what Suggestion says, and inserts
// something. All providers are held to it, for what they answer comes from outside.
func (s *Suggestion) Check(q *Query) error {
	line := q.Cursor - len(q.LineBefore())
	switch {
	case s.Start < line || s.Start > q.Cursor || s.End < q.Cursor || s.End > q.Cursor+len(q.LineAfter()):
		return fmt.Errorf("%w: it replaces %d to %d, the cursor is at %d", ErrUnfit, s.Start, s.End, q.Cursor)
	case len(s.Text) <= s.End-s.Start:
		return fmt.Errorf("%w: it inserts nothing", ErrUnfit)
	case !strings.HasPrefix(s.Text, q.Code[s.Start:q.Cursor]) || !strings.HasSuffix(s.Text, q.Code[q.Cursor:s.End]):
		return fmt.Errorf("%w: it changes what is typed", ErrUnfit)
	}
	return nil
}

// A Provider knows how texts go on.
type Provider interface {
	// Name is the word by which settings, answers and metrics know it.
	Name() string

	// Budget is how long an answer may take before others are taken instead. That
	// of one which needs nobody else is 0: it is asked in place, and does not wait.
	Budget() time.Duration

	// Suggest returns suggestions, the best first; it need not return more than
	// Query.Most. That there is none is no error. ctx ends with the budget or when
	// nobody wants the answer any more.
	Suggest(ctx context.Context, q *Query) ([]Suggestion, error)
}
