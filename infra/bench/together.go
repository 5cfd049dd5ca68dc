package main

import (
	"context"
	"errors"
	"sync"
	"time"
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

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
