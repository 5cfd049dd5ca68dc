package lsp

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/sony/gobreaker/v2"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/sandbox"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

const (
	// failuresToOpen is how many questions in a row a server fails, by not answering
	// in time or at all, before it is let alone.
	failuresToOpen = 10

	// openTime is how long it then is.
	openTime = 30 * time.Second

	// maxDetour is how many more others a question waits for, to be with the process
	// that has its text open, than elsewhere.
	maxDetour = 2
)

// A pool has the processes of one server.
type pool struct {
	command    command
	rules      sandbox.Rules
	limits     limits
	log        *slog.Logger
	quarantine quarantine
	breaker    *gobreaker.TwoStepCircuitBreaker[struct{}]
	workers    []*worker
	running    sync.WaitGroup
}

func newPool(c command, rules sandbox.Rules, l limits, log *slog.Logger) *pool {
	return &pool{
		command: c, rules: rules, limits: l, log: log.With(slog.String("server", c.name)),
		breaker: gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
			Timeout:     openTime,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
		}),
	}
}

// start starts processes, which end with ctx.
func (p *pool) start(ctx context.Context, processes int) {
	for range processes {
		w := &worker{pool: p, queue: newQueue()}
		p.workers = append(p.workers, w)
		p.running.Go(func() { w.run(ctx) })
	}
}

// ask gets the answer of a server, or none if it is not worth asking: nothing is typed
// that could be completed.
func (p *pool) ask(ctx context.Context, q *suggest.Query) (outcome, error) {
	s := subjectOf(q)
	if p.quarantine.holds(s) {
		return outcome{}, errQuarantined
	}
	if p.breaker.State() == gobreaker.StateOpen {
		return outcome{}, errResting
	}
	w, ready := p.pick(s)
	if w == nil {
		return outcome{}, errStarting
	}
	j := newJob(ctx, q, s)
	if word := typedWord(q); word == "" {
		j.trigger = triggerBefore(q, ready.triggers)
		if j.trigger == "" {
			return outcome{}, nil
		}
	} else if word[0] >= '0' && word[0] <= '9' {
		return outcome{}, nil
	}
	if err := w.queue.add(j); err != nil {
		return outcome{}, err
	}
	select {
	case o := <-j.done:
		return o, o.err
	case <-ctx.Done():
		return outcome{}, fmt.Errorf("the language server: %w", context.Cause(ctx))
	}
}

// triggerBefore is the character before the cursor if a server knows what may follow
// it. A space is no such: it follows everything.
func triggerBefore(q *suggest.Query, triggers []string) string {
	r, size := utf8.DecodeLastRuneInString(q.LineBefore())
	if size == 0 || strings.ContainsRune(" \t\r", r) || !slices.Contains(triggers, string(r)) {
		return ""
	}
	return string(r)
}

// pick finds the process that has the text of the same people open, or the one with
// the shortest queue; nil if none is ready.
func (p *pool) pick(s subject) (best *worker, ready *readiness) {
	least := 0
	for _, w := range p.workers {
		r, load, affine := w.queue.state(s)
		if affine {
			load -= maxDetour
		}
		if r != nil && (best == nil || load < least) {
			best, ready, least = w, r, load
		}
	}
	return best, ready
}
