package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
)

// each does something n times at once, and returns when all are done.
func each(n int, do func(i int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// someAtOnce is how many are under way at once where that is not measured: enough
// to be quick about it, and few enough for connections not to be refused.
const someAtOnce = 16

// eachBounded is each, of which not more than someAtOnce are under way at once.
func eachBounded(n int, do func(i int) error) error {
	places := make(chan struct{}, someAtOnce)
	return each(n, func(i int) error {
		places <- struct{}{}
		defer func() { <-places }()
		return do(i)
	})
}

// together does different things at once, and returns when all are done.
func together(things ...func() error) error {
	return each(len(things), func(i int) error { return things[i]() })
}

// keepDoing does something until ctx ends: at a rate, but not like a clock.
func keepDoing(ctx context.Context, rate float64, do func() error) error {
	interval := time.Duration(float64(time.Second) / rate)
	wait := rand.N(interval) //nolint:gosec // spreads load, keeps no secret
	for pause.For(ctx, wait) == nil {
		if err := do(); err != nil {
			return err
		}
		wait = interval*3/4 + rand.N(interval/2) //nolint:gosec // as above
	}
	return nil
}
