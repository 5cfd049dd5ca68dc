package openai

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/endpoint"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/trim"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
)

// Limits of one question to the endpoint.
const (
	maxFlight      = 10 * time.Second // however many people come to wait for it
	bytesPerToken  = 8                // of an answer, at most; what is longer is not in tokens
	lineTokens     = 64               // of the answer where one line is asked for
	estimatedBytes = 3                // of a token, where nobody counts
)

// A flight is a question on its way. All who ask the same wait for it; when the last
// one leaves, it ends.
type flight struct {
	key     lineKey // with the line up to the cursor
	window  *window.Window
	client  netip.Addr // of who asked first, and pays
	request *endpoint.Request
	tokens  int // that were taken for it
	longest int // of the answer, in bytes
	trial   bool
	cancel  context.CancelCauseFunc

	waiting int // guarded by the mutex of the provider

	mu   sync.Mutex
	said []byte // the answer so far

	done   chan struct{} // closed when what follows is set
	result string
	err    error
}

// answer is what was said so far. cut says that there would be more.
func (f *flight) answer(cut bool) trim.Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	return trim.Answer{Text: string(f.said), Family: f.request.Family, Chat: f.request.Chat(), Cut: cut}
}

// hear takes a piece of the answer, and reports whether more is wanted.
func (f *flight) hear(text string) bool {
	f.mu.Lock()
	f.said = append(f.said, text...)
	size := len(f.said)
	f.mu.Unlock()
	if size >= f.longest {
		return false
	}
	// Only these can end it: line breaks, and the ends of tokens and fences.
	return !strings.ContainsAny(text, "\r\n>]`") || !trim.Done(f.window, f.answer(false))
}

// join returns the flight that answers a window: one that is on its way, or a new one.
// Who gets it must leave it.
func (p *Provider) join(w *window.Window, client netip.Addr) (*flight, error) {
	id := keyAt(w, w.Context+w.Head)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if f := p.flights[id]; f != nil {
		f.waiting++
		return f, nil
	}
	if p.flying >= int(p.settings.OpenAIConcurrency) {
		return nil, ErrBusy
	}
	trial, ok := p.breaker.enter()
	if !ok {
		return nil, ErrResting
	}
	most := int(p.settings.OpenAIMaxTokens)
	if !w.Multi {
		most = min(most, lineTokens)
	}
	request := p.endpoint.Prepare(w, most)
	tokens := request.Tokens + most
	if !p.allowance.take(client, tokens) {
		p.breaker.leave(trial, unknown)
		return nil, ErrTokens
	}
	f := &flight{
		key: id, window: w, client: client, request: request, tokens: tokens, longest: most * bytesPerToken, trial: trial,
		waiting: 1, done: make(chan struct{}),
	}
	ctx, cancel := context.WithCancelCause(p.ctx)
	f.cancel = cancel
	p.flights[id] = f
	p.flying++
	p.running.Go(func() { p.fly(ctx, f) })
	return f, nil
}

// leave ends a flight that nobody waits for any more.
func (p *Provider) leave(f *flight, cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.waiting--; f.waiting > 0 {
		return
	}
	f.cancel(cause)
	if p.flights[f.key] == f {
		delete(p.flights, f.key)
	}
}

// fly asks the endpoint.
func (p *Provider) fly(ctx context.Context, f *flight) {
	defer f.cancel(nil)
	ctx, cancel := context.WithTimeoutCause(ctx, maxFlight, ErrSlow)
	defer cancel()
	enough := false
	outcome, err := p.endpoint.Ask(ctx, f.request, func(text string) bool {
		enough = !f.hear(text)
		return !enough
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	answer := f.answer((outcome.Cut || err != nil) && !enough)
	f.result, f.err = trim.Text(f.window, answer), err
	p.remember(f)
	p.settle(f, outcome, answer.Text)
	p.judge(f, answer.Text)
	p.mu.Lock()
	p.flying--
	if p.flights[f.key] == f {
		delete(p.flights, f.key)
	}
	p.mu.Unlock()
	close(f.done)
}

// remember keeps the result. Half of an answer, or none, may be better next time.
func (p *Provider) remember(f *flight) {
	switch {
	case f.result == "" && f.err != nil:
	case f.result == "" || f.err != nil:
		p.cache.add(f.window, f.result, cacheShort)
	default:
		p.cache.add(f.window, f.result, cacheTTL)
	}
}

// settle takes what a flight cost for what was taken before it.
func (p *Provider) settle(f *flight, outcome endpoint.Outcome, said string) {
	used := outcome.Tokens
	if used == 0 {
		used = f.request.Tokens + len(said)/estimatedBytes
	}
	if _, refused := errors.AsType[*endpoint.StatusError](f.err); refused {
		used = 0
	}
	p.allowance.correct(f.client, used-f.tokens)
}

// judge tells the breaker how the endpoint did.
func (p *Provider) judge(f *flight, said string) {
	v := bad
	status, refused := errors.AsType[*endpoint.StatusError](f.err)
	switch {
	case f.err == nil, errors.Is(f.err, ErrSlow) && said != "":
		v = good
	case errors.Is(f.err, errAbandoned), errors.Is(f.err, ErrClosed):
		v = unknown
	case refused && status.Refused != "":
		v = unknown
	case refused && (status.Status == http.StatusTooManyRequests || status.RetryAfter > 0):
		v = unknown
		if status.RetryAfter == 0 {
			status.RetryAfter = limitedTime
		}
		p.breaker.rest(status.RetryAfter)
	}
	if p.breaker.leave(f.trial, v) {
		p.log.Warn("the autocomplete endpoint is let alone for a while", slog.Any("error", f.err))
	}
}
