package openai

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/endpoint"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/trim"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// Why a question is not answered. What comes from the endpoint itself are the errors
// of package endpoint.
var (
	ErrSlow       = fmt.Errorf("openai: no answer within the budget: %w", context.DeadlineExceeded)
	ErrResting    = fmt.Errorf("openai: the endpoint has failed, and is let alone: %w", suggest.ErrUnavailable)
	ErrTokens     = fmt.Errorf("openai: the tokens of this minute are used up: %w", suggest.ErrUnavailable)
	ErrBusy       = fmt.Errorf("openai: too many questions at once: %w", suggest.ErrUnavailable)
	ErrSuperseded = fmt.Errorf("openai: the client has asked for something newer: %w", suggest.ErrUnavailable)
	ErrClosed     = errors.New("openai: closed")

	// errAbandoned says that nobody waits for an answer any more.
	errAbandoned = errors.New("openai: abandoned")
)

// Provider asks an endpoint. It is safe for concurrent use.
type Provider struct {
	settings  Settings
	log       *slog.Logger
	endpoint  *endpoint.Client
	cache     *cache
	allowance *allowance
	clients   clients
	breaker   breaker

	ctx     context.Context // of all flights
	stop    context.CancelCauseFunc
	running sync.WaitGroup // the flights

	mu      sync.Mutex
	closed  bool
	flying  int
	flights map[lineKey]*flight // those that somebody waits for
}

// New makes a provider. Its error names the setting that is wrong. Close ends it.
func New(settings Settings, log *slog.Logger) (*Provider, error) {
	if err := settings.Check(); err != nil {
		return nil, err
	}
	base := settings.OpenAIURL.parsed()
	return open(settings, log, endpoint.NewTransport(base, settings.OpenAIProxy.parsed(), int(settings.OpenAIConcurrency)))
}

// open makes a provider that uses a transport.
func open(settings Settings, log *slog.Logger, transport http.RoundTripper) (*Provider, error) {
	if err := settings.Check(); err != nil {
		return nil, err
	}
	key, err := settings.key()
	if err != nil {
		return nil, err
	}
	p := &Provider{
		settings:  settings,
		log:       log,
		cache:     newCache(),
		allowance: newAllowance(int(settings.OpenAITokensPerMinute), int(settings.OpenAIClientTokensPerMinute)),
		flights:   make(map[lineKey]*flight),
	}
	p.endpoint = endpoint.New(endpoint.Options{
		Base:            settings.OpenAIURL.parsed(),
		Key:             key,
		Model:           settings.OpenAIModel,
		Dialect:         endpoint.Dialect(settings.OpenAIDialect),
		Family:          settings.family(),
		ReasoningEffort: settings.OpenAIReasoningEffort,
	}, transport)
	p.clients.waiting = make(map[netip.Addr][]*context.CancelCauseFunc)
	p.ctx, p.stop = context.WithCancelCause(context.Background())
	return p, nil
}

// Name implements suggest.Provider.
func (p *Provider) Name() string { return "openai" }

// Budget implements suggest.Provider.
func (p *Provider) Budget() time.Duration { return p.settings.OpenAIBudget.Duration() }

// Close ends all questions, and waits for them. Later ones fail with ErrClosed.
func (p *Provider) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.stop(ErrClosed)
	p.running.Wait()
	p.endpoint.Close()
}

// Suggest implements suggest.Provider: one suggestion, of kind Line or Block. What
// has come of it is returned shortly before ctx or the budget ends.
func (p *Provider) Suggest(ctx context.Context, q *suggest.Query) ([]suggest.Suggestion, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w, ok := window.Of(q)
	if !ok {
		return nil, nil
	}
	text, known := p.cache.find(w)
	if !known {
		if rule := window.Secret(q); rule != "" {
			p.log.Debug("nothing is sent to the autocomplete endpoint", slog.String("rule", rule))
			return nil, nil
		}
		var err error
		if text, err = p.ask(ctx, q, w); err != nil {
			return nil, err
		}
	}
	return suggestions(q, w, text), nil
}

// suggestions makes a suggestion of a text, unless there is none.
func suggestions(q *suggest.Query, w *window.Window, text string) []suggest.Suggestion {
	if text == "" {
		return nil
	}
	s := suggest.Suggestion{Start: q.Cursor, End: q.Cursor, Text: text, Kind: suggest.Line}
	if strings.Contains(text, "\n") {
		s.Kind = suggest.Block
	}
	if w.CRLF {
		s.Text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return []suggest.Suggestion{s}
}

// reserve is which part of its time a question leaves to those who take its answer.
const reserve = 40

// patience is how long a question may take.
func (p *Provider) patience(ctx context.Context) time.Duration {
	limit := p.Budget()
	if end, has := ctx.Deadline(); has {
		limit = min(limit, time.Until(end))
	}
	return limit - limit/reserve
}

// ask returns what may be inserted at a window's cursor, or "".
func (p *Provider) ask(ctx context.Context, q *suggest.Query, w *window.Window) (string, error) {
	timer := time.NewTimer(p.patience(ctx))
	defer timer.Stop()
	waiting, done := p.clients.enter(ctx, q.Client)
	defer done()
	f, err := p.join(w, q.Client)
	if err != nil {
		return "", err
	}
	select {
	case <-f.done:
		p.leave(f, nil)
		if f.result != "" {
			return f.result, nil
		}
		return "", f.err
	case <-timer.C:
		p.leave(f, ErrSlow)
		return p.soFar(f)
	case <-waiting.Done():
		p.leave(f, errAbandoned)
		return "", context.Cause(waiting)
	}
}

// soFar returns what may be taken of an answer that is not complete.
func (p *Provider) soFar(f *flight) (string, error) {
	text := trim.Text(f.window, f.answer(true))
	if text == "" {
		return "", ErrSlow
	}
	p.cache.add(f.window, text, cacheShort)
	return text, nil
}
