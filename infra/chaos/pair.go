package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
)

// pairNumber is the writer's number of whoever types in a pair.
const pairNumber = 1000

// pair is two people on one relay, of whom one types and the other watches.
type pair struct {
	a, b *client
	hand *person // who types
}

func (w *world) newPair(ctx context.Context, place *place) (*pair, error) {
	a, err := w.dial(ctx, "typist", place.relay())
	if err != nil {
		return nil, err
	}
	b, err := w.dial(ctx, "onlooker", place.relay())
	if err != nil {
		a.leave()
		return nil, err
	}
	w.pairs++
	return &pair{a, b, &person{world: w, number: pairNumber + w.pairs, random: w.random}}, nil
}

func (p *pair) part() {
	p.a.leave()
	p.b.leave()
}

// write types some lines, with time between them for each to be saved alone.
func (p *pair) write(ctx context.Context, lines int) error {
	for range lines {
		if err := p.a.edit(p.hand.write); err != nil {
			return err
		}
		if err := pause.For(ctx, slowest); err != nil {
			return err
		}
	}
	return nil
}

// latency types for a while, a line when the last one was seen, and returns the
// longest time from one to the other.
func (p *pair) latency(ctx context.Context, length time.Duration) (longest time.Duration, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, length, errPairDone)
	defer cancel()
	for seen := 0; ; seen++ {
		start := time.Now()
		if err := p.a.edit(p.hand.write); err != nil {
			return 0, err
		}
		last := p.hand.own[len(p.hand.own)-1]
		err := p.b.awaitText(ctx, func(text string) bool { return strings.Contains(text, last.String()) })
		switch {
		case errors.Is(err, errPairDone) && seen == 0:
			return 0, fmt.Errorf("%s was not seen within %v", last, length)
		case errors.Is(err, errPairDone):
			return max(longest, time.Since(start)), nil
		case err != nil:
			return 0, err
		}
		longest = max(longest, time.Since(start))
		if err := pause.For(ctx, fastest); err != nil && !errors.Is(err, errPairDone) {
			return 0, err
		} else if err != nil {
			return longest, nil
		}
	}
}

var errPairDone = errors.New("it was long enough")

// awaitText waits until the client shows what is wanted.
func (c *client) awaitText(ctx context.Context, wanted func(text string) bool) error {
	for !wanted(c.text()) {
		select {
		case <-c.changed:
		case <-c.ended:
			return fmt.Errorf("%s has ended", c.name())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
