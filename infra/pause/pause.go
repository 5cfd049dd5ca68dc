// Package pause waits, for as long as there is sense in it.
package pause

import (
	"context"
	"time"
)

// For waits, or returns the reason why it does not.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
