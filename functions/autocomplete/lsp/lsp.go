// Package lsp suggests what language servers know: the names that fit at the cursor.
//
// Each server has a few processes that are kept warm. A process has one text open at
// any time, so that nobody's text is ever seen by others: it is closed before that of
// another room is opened, under a new name. While the same room asks, its text is
// changed in place, which is what makes servers quick.
//
// Servers were not made for texts of strangers. They list files, follow paths, fetch
// what a text names, and there are texts on which they never end. So each runs in a
// sandbox, a process that is silent is killed and started again, and a text on which
// two died is not shown to a third.
package lsp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/sandbox"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/shared/config"
)

// maxCode is the longest text that servers are shown, in bytes. Longer ones are seldom
// written by people, and cost servers seconds.
const maxCode = 256 << 10

// maxLine is the longest line of a cursor, in bytes: each item of an answer looks at
// it. Nobody types in the middle of a longer one.
const maxLine = 2000

// ErrUnavailable says that a server could not be asked, which the errors that Suggest
// wraps it with explain.
var ErrUnavailable = fmt.Errorf("language server: %w", suggest.ErrUnavailable)

var (
	errStarting    = fmt.Errorf("%w: it is starting", ErrUnavailable)
	errBusy        = fmt.Errorf("%w: too many wait for it", ErrUnavailable)
	errResting     = fmt.Errorf("%w: it failed too often and is let alone", ErrUnavailable)
	errQuarantined = fmt.Errorf("%w: it died on this text", ErrUnavailable)
	errSuperseded  = fmt.Errorf("%w: there is a newer question", ErrUnavailable)
)

// Provider asks language servers. It is safe for concurrent use.
type Provider struct {
	budget time.Duration
	rank   Rank
	pools  map[string]*pool // by language
	cancel context.CancelFunc
}

// New starts the servers that settings name. They become ready by and by; those that
// fail are started again. It fails if a server is not installed, or if the kernel
// cannot hold them back and Settings.Weak does not allow that. rank may be nil.
//
// The main function of the program has to call sandbox.Enter first.
func New(settings Settings, rank Rank, log *slog.Logger) (*Provider, error) {
	if len(settings.Servers) == 0 {
		return nil, &config.Error{Variable: "AUTOCOMPLETE_LSP", Reason: errors.New("names no server")}
	}
	if err := sandbox.Check(); err != nil && !settings.Weak {
		return nil, &config.Error{Variable: "AUTOCOMPLETE_LSP", Reason: fmt.Errorf("%w (AUTOCOMPLETE_LSP_UNCONFINED allows it)", err)}
	}
	commands, err := settings.commands()
	if err != nil {
		return nil, &config.Error{Variable: "AUTOCOMPLETE_LSP", Reason: err}
	}
	return start(settings, usual, commands, rank, log), nil
}

// start starts the processes of commands.
func start(settings Settings, l limits, commands []command, rank Rank, log *slog.Logger) *Provider {
	ctx, cancel := context.WithCancel(context.Background())
	p := &Provider{budget: time.Duration(settings.Budget), rank: rank, pools: make(map[string]*pool), cancel: cancel}
	l.memory = cmp.Or(l.memory, settings.Memory.bytes()/4*3)
	rules := sandbox.Rules{Memory: uint64(settings.Memory.bytes()), Weak: settings.Weak} //nolint:gosec // it is positive
	for _, c := range commands {
		servers := newPool(c, rules, l, log)
		servers.start(ctx, int(settings.Processes))
		for _, language := range c.languages {
			p.pools[language] = servers
		}
	}
	return p
}

// Close ends the servers. Suggest must not be called any more.
func (p *Provider) Close() {
	p.cancel()
	for servers := range maps.Values(p.pools) {
		servers.running.Wait()
	}
}

// Name is "lsp".
func (p *Provider) Name() string { return "lsp" }

// Budget is how long an answer may take.
func (p *Provider) Budget() time.Duration { return p.budget }

// Languages are those that have a server, sorted.
func (p *Provider) Languages() []string { return slices.Sorted(maps.Keys(p.pools)) }

// Suggest returns the names that a server knows, those that Rank finds likeliest
// first. It fails with ErrUnavailable if there is a server that cannot be asked now.
func (p *Provider) Suggest(ctx context.Context, q *suggest.Query) ([]suggest.Suggestion, error) {
	servers := p.pools[q.Language]
	if servers == nil || len(q.Code) > maxCode || len(q.LineBefore())+len(q.LineAfter()) > maxLine {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.budget)
	defer cancel()
	answer, err := servers.ask(ctx, q)
	if err != nil || answer.result == nil {
		return nil, err
	}
	return choose(q, &answer.at, answer.result, p.rank)
}
