// Package chain asks providers of suggestions one after the other, so that there
// is a good answer in little time whichever of them is slow, broken or not there.
package chain

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// Chain is providers in the order in which their suggestions are preferred.
type Chain struct {
	providers []suggest.Provider
	log       *slog.Logger
	metrics   *metrics
}

// New makes a chain. It counts in the registry how each provider does.
func New(providers []suggest.Provider, registry prometheus.Registerer, log *slog.Logger) *Chain {
	return &Chain{providers: providers, log: log, metrics: newMetrics(registry)}
}

// Found is a suggestion, and whose it is.
type Found struct {
	suggest.Suggestion

	Provider string
}

// Suggest returns up to Query.Most suggestions of the wanted kinds, the best first;
// no kinds are all. Those who need others to answer are asked at once with those beside
// them, and only when those before them had too little to say: asking may cost money.
// Whoever is late or fails is left out.
func (c *Chain) Suggest(ctx context.Context, q *suggest.Query, kinds []suggest.Kind) []Found {
	ctx, cancel := context.WithCancel(ctx) // ends the work of those who are not waited for
	defer cancel()
	var found []Found
	var asked map[suggest.Provider]question
	for i, p := range c.providers {
		var o outcome
		switch {
		case ctx.Err() != nil:
			return found
		case p.Budget() == 0:
			o = c.ask(ctx, p, q)
		default:
			if _, is := asked[p]; !is {
				asked = c.askAll(ctx, c.providers[i:], q)
			}
			o = asked[p].await()
		}
		if found = c.add(found, p, o, q, kinds); len(found) == q.Most {
			return found
		}
	}
	return found
}

// outcome is what became of asking a provider.
type outcome struct {
	suggestions []suggest.Suggestion
	err         error
	took        time.Duration
}

// grace is how long after its budget a provider may take to hand over what it has
// by then, which may be of use.
const grace = 20 * time.Millisecond

// question is what a provider is working on.
type question struct {
	answer chan outcome
	late   <-chan struct{} // closed when nothing is waited for any more
}

func (w question) await() outcome {
	select {
	case o := <-w.answer:
		return o
	case <-w.late: // it does not look at its context, and must hold up nobody
	}
	select {
	case o := <-w.answer: // it has waited for those before it
		return o
	default:
		return outcome{err: context.DeadlineExceeded}
	}
}

// askAll asks those of the providers that need others to answer.
func (c *Chain) askAll(ctx context.Context, providers []suggest.Provider, q *suggest.Query) map[suggest.Provider]question {
	asked := make(map[suggest.Provider]question)
	for _, p := range providers {
		if p.Budget() == 0 {
			break // those behind it are asked only if it has too little to say
		}
		waited, cancel := context.WithTimeout(ctx, p.Budget()+grace)
		within, stop := context.WithTimeout(waited, p.Budget())
		w := question{make(chan outcome, 1), waited.Done()}
		asked[p] = w
		go func() {
			defer cancel()
			defer stop()
			w.answer <- c.ask(within, p, q)
		}()
	}
	return asked
}

// ask asks a provider. A fault in it is its own: others have to answer.
func (c *Chain) ask(ctx context.Context, p suggest.Provider, q *suggest.Query) (o outcome) {
	start := time.Now()
	defer func() {
		if fault := recover(); fault != nil {
			o.err = &panicError{fault, debug.Stack()}
		}
		o.took = time.Since(start)
	}()
	o.suggestions, o.err = p.Suggest(ctx, q)
	return o
}

type panicError struct {
	fault any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.fault) }

// add takes in what a provider answered, as far as it fits, is wanted and new.
func (c *Chain) add(found []Found, p suggest.Provider, o outcome, q *suggest.Query, kinds []suggest.Kind) []Found {
	before, unfit := len(found), error(nil)
	for _, s := range o.suggestions {
		if err := s.Check(q); err != nil {
			unfit = err
			continue
		}
		insertion := s.Insertion(q)
		again := slices.ContainsFunc(found, func(f Found) bool { return f.Insertion(q) == insertion })
		if wanted := len(kinds) == 0 || slices.Contains(kinds, s.Kind); wanted && !again && len(found) < q.Most {
			found = append(found, Found{s, p.Name()})
		}
	}
	result := "nothing"
	switch {
	case len(found) > before:
		result = "suggested"
	case errors.Is(o.err, context.DeadlineExceeded):
		result = "late"
	case errors.Is(o.err, context.Canceled):
		result = "cancelled"
	case errors.Is(o.err, suggest.ErrUnavailable):
		result = "unavailable"
		c.log.Debug("a provider of suggestions cannot be asked now", slog.String("provider", p.Name()), slog.Any("error", o.err))
	case o.err != nil:
		result = "failed"
		c.complain(p, o.err)
	case unfit != nil:
		result = "unfit"
		c.complain(p, unfit)
	}
	c.metrics.observe(p.Name(), result, o.took)
	return found
}

func (c *Chain) complain(p suggest.Provider, err error) {
	attrs := []any{slog.String("provider", p.Name()), slog.Any("error", err)}
	if fault, ok := errors.AsType[*panicError](err); ok {
		c.log.Error("a provider of suggestions panicked", append(attrs, slog.String("stack", string(fault.stack)))...)
		return
	}
	c.log.Warn("a provider of suggestions failed", attrs...)
}
