// Package words suggests what the text itself shows: names that stand in it, the
// usual ones of its language, and lines that went on elsewhere from where the cursor
// is now. It needs nobody else and keeps nothing.
package words

import (
	"context"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/functions/autocomplete/words/token"
)

// Provider is a suggest.Provider.
type Provider struct{}

// New returns a provider. It may be used concurrently.
func New() *Provider { return &Provider{} }

// Name is "words".
func (*Provider) Name() string { return "words" }

// Budget is 0: an answer takes about as long as reading the text.
func (*Provider) Budget() time.Duration { return 0 }

// Suggest returns the rest of the line if the text shows it, then names. It returns
// nothing in the middle of a word, and where neither a part of a word nor a dot
// stands before the cursor.
func (*Provider) Suggest(ctx context.Context, q *suggest.Query) ([]suggest.Suggestion, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, ok := placeOf(q)
	if !ok {
		return nil, nil
	}
	defer p.release()

	var found []suggest.Suggestion
	line := p.restOfLine()
	if line != "" {
		found = append(found, p.suggestion(line))
	}
	for _, name := range p.names(q.Most) {
		if name != line {
			found = append(found, p.suggestion(name))
		}
	}
	return found[:min(len(found), q.Most)], nil
}

// suggestion replaces the typed word.
func (p *place) suggestion(text string) suggest.Suggestion {
	kind := suggest.Line
	if p.language.WordEnd(text) == len(text) {
		kind = suggest.Identifier
	}
	return suggest.Suggestion{
		Start:   p.q.Cursor - len(p.typed),
		End:     p.q.Cursor,
		Text:    text,
		Kind:    kind,
		Trigger: p.typed,
	}
}

// proseTyped is how many bytes must be typed before names are suggested in comments
// and strings, where most words are no names.
const proseTyped = 3

// names returns up to n names, the likeliest first.
func (p *place) names(n int) []string {
	switch {
	case p.here != token.Code && len(p.typed) < proseTyped:
		return nil
	case p.typed == "" && p.member:
		return p.rank().certain()
	case p.typed == "" || p.typed[0] >= '0' && p.typed[0] <= '9':
		return nil
	}
	return p.rank().best(n)
}
