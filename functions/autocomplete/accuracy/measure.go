package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/functions/autocomplete/words/token"
)

// result counts how often first suggestions were right.
type result struct {
	positions   int
	shown       int // anything was suggested
	names       int // the name, with all the text around but the rest of its line
	namesBefore int // the name, with the text before it only
	lines       int // lines that were suggested
	linesRight  int // the whole rest of the line
	linesNames  int // the name that they begin with
	missed      []string
}

// measure asks for each position.
func measure(chain []suggest.Provider, held []position) (*result, error) {
	r := &result{positions: len(held)}
	for i := range held {
		p := &held[i]
		cursor := p.start + p.typed
		lineEnd := len(p.text)
		if n := strings.IndexByte(p.text[cursor:], '\n'); n >= 0 {
			lineEnd = cursor + n
		}
		first, err := ask(chain, p.query(p.text[:cursor]+p.text[lineEnd:], cursor))
		if err != nil {
			return nil, err
		}
		r.shown += count(first.Text != "")
		right := p.isName(first)
		if r.names += count(right); !right {
			r.missed = append(r.missed, fmt.Sprintf("%s: %s… is %s, not %s", p.language, p.text[p.start:cursor], p.text[p.start:p.end], first.Text))
		}
		if first.Kind == suggest.Line {
			r.lines++
			r.linesNames += count(right)
			r.linesRight += count(strings.TrimSpace(first.Text) == strings.TrimSpace(p.text[first.Start:lineEnd]))
		}
		if first, err = ask(chain, p.query(p.text[:cursor], cursor)); err != nil {
			return nil, err
		}
		r.namesBefore += count(p.isName(first))
	}
	return r, nil
}

func (p *position) query(code string, cursor int) *suggest.Query {
	return &suggest.Query{Language: p.language, Code: code, Cursor: cursor, Most: 1, Room: "bench"}
}

// isName reports whether a suggestion completes the name, and no longer one.
func (p *position) isName(s suggest.Suggestion) bool {
	name := p.text[s.Start:p.end]
	return strings.HasPrefix(s.Text, name) && token.Of(p.language).WordEnd(s.Text[len(name):]) == 0
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ask returns the first suggestion of the first provider that has one.
func ask(chain []suggest.Provider, q *suggest.Query) (suggest.Suggestion, error) {
	for _, provider := range chain {
		found, err := askOne(provider, q)
		if err != nil {
			return suggest.Suggestion{}, fmt.Errorf("%s: %w", provider.Name(), err)
		}
		for _, s := range found {
			if s.Check(q) == nil {
				return s, nil
			}
		}
	}
	return suggest.Suggestion{}, nil
}

// warmUp is how long a server may take before it answers, and again after it was
// replaced.
const warmUp = time.Minute

// askOne asks a provider, and again while it is not ready.
func askOne(provider suggest.Provider, q *suggest.Query) (found []suggest.Suggestion, err error) {
	for end := time.Now().Add(warmUp); ; <-time.After(50 * time.Millisecond) {
		found, err = askOnce(provider, q)
		if !errors.Is(err, lsp.ErrUnavailable) || time.Now().After(end) {
			return found, err
		}
	}
}

func askOnce(provider suggest.Provider, q *suggest.Query) ([]suggest.Suggestion, error) {
	ctx := context.Background()
	if budget := provider.Budget(); budget > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, budget)
		defer cancel()
		found, err := provider.Suggest(ctx, q)
		if ctx.Err() != nil {
			return nil, nil // too late: the next is asked
		}
		return found, err
	}
	return provider.Suggest(ctx, q)
}

// The documents on which time is measured.
const (
	documentBytes = 100 << 10
	measurements  = 500
)

// latency returns how long answers take in a document of documentBytes, in order.
func latency(chain []suggest.Provider, l language, random *rand.Rand, typed typedChars) ([]time.Duration, error) {
	var document strings.Builder
	for i := 0; document.Len() < documentBytes; i++ {
		document.WriteString(l.texts[i%len(l.texts)])
		document.WriteByte('\n')
	}
	text := strings.ToValidUTF8(document.String()[:documentBytes], "")
	held := language{l.name, []string{text}}.positions(random, measurements, typed)
	times := make([]time.Duration, 0, len(held))
	for i := range held {
		q := held[i].query(text[:held[i].start+held[i].typed]+text[held[i].end:], held[i].start+held[i].typed)
		start := time.Now()
		if _, err := ask(chain, q); err != nil {
			return nil, err
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return times, nil
}

func (r *result) printMisses(out io.Writer) error {
	for _, miss := range r.missed {
		if _, err := fmt.Fprintln(out, miss); err != nil {
			return err
		}
	}
	return nil
}
