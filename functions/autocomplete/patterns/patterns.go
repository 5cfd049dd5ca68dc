// Package patterns is a provider of suggestions that knows by heart how lines
// usually go on: the rest of an import, the check of an error, the brackets of a
// loop. It needs nobody else and has no state.
//
// Every language has a table of rows (table_*.go): the end of a line, what comes
// next, and what must hold elsewhere in the text for that. What is suggested has the
// indentation and the line breaks of the text. Inside comments and strings there is
// nothing, nor where the thing stands already. All of it takes time proportional to
// the length of the text, and when there is nothing to suggest, no memory.
//
// The first service had a table for Python only, which knows none of this. Queries
// that are marked as such are answered from it (legacy.go).
package patterns

import (
	"context"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// Provider suggests by tables. It may be used by any number of goroutines.
type Provider struct{}

// New returns a provider. There is nothing to set.
func New() *Provider { return &Provider{} }

// Name is "patterns".
func (*Provider) Name() string { return "patterns" }

// Budget is 0: nobody else is asked.
func (*Provider) Budget() time.Duration { return 0 }

// Suggest returns at most q.Most ways to go on at the cursor, and one for a legacy
// query. Languages are compared exactly; one without a table has none. It fails only
// with what ended ctx.
func (*Provider) Suggest(ctx context.Context, q *suggest.Query) ([]suggest.Suggestion, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if q.Legacy {
		return suggestLegacy(q), nil
	}
	l := languages[q.Language]
	if l == nil {
		return nil, nil
	}
	return l.suggest(q), nil
}
