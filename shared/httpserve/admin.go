package httpserve

import (
	"context"
	"fmt"
	"net/http"
)

// ServeAdmin serves what only the operator may see on a port of its own, ADMIN_PORT,
// until stop is called; on port 0 nowhere, and then it is not even made.
func ServeAdmin(ctx context.Context, port int, handler func() http.Handler) (stop func() error, err error) {
	if port == 0 {
		return func() error { return nil }, nil
	}
	ln, err := Listen(ctx, port)
	if err != nil {
		return nil, fmt.Errorf("ADMIN_%w", err)
	}
	serving, cancel := context.WithCancel(ctx) // it ends while what the process is for does, not after it
	done := make(chan error, 1)
	go func() { done <- Serve(serving, ln, handler(), nil) }()
	return func() error {
		cancel()
		return <-done
	}, nil
}
