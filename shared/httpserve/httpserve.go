// Package httpserve is what every HTTP server of Tutti has in common: limits
// on slow and greedy clients, a graceful stop, structured logs that Cloud
// Logging understands, request ids, problem documents for every error, CORS,
// and health.
package httpserve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// Version of the build, set by the linker.
var Version = "dev"

// Limits of a server. Each is about one connection, and has the reason beside it.
const (
	readHeaderTimeout = 5 * time.Second  // a client that dribbles its headers holds a goroutine
	readTimeout       = 10 * time.Second // the same for the body; at most a few MiB
	writeTimeout      = 30 * time.Second // the slowest reader that is waited for
	idleTimeout       = 60 * time.Second // above the keep-alive of usual load balancers' probes
	maxHeaderBytes    = 16 << 10         // ours are below 4 KiB

	// StopTimeout bounds a graceful stop: platforms kill 10 s after SIGTERM.
	// DrainTimeout is the part of it in which connections are asked to leave.
	StopTimeout  = 8 * time.Second
	DrainTimeout = 6 * time.Second
)

// Main runs a process: run gets a context that ends with SIGINT or SIGTERM and
// returns when all is stopped. An error is printed in one line, with exit code
// 1. A second signal kills at once.
func Main(run func(ctx context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Listen opens a TCP port on all addresses. 0 chooses a free one.
func Listen(ctx context.Context, port int) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return nil, fmt.Errorf("PORT: %w", err)
	}
	return ln, nil
}

// Serve answers on ln until ctx ends, and then stops within StopTimeout: first
// drain is called, if there is one, with new requests still answered; then no
// connection is taken any more and the requests under way are finished. HTTP/2
// without TLS is spoken too, as load balancers like it. Serve closes ln.
func Serve(ctx context.Context, ln net.Listener, handler http.Handler, drain func(context.Context)) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{
		Handler:           handler,
		Protocols:         protocols,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()

	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), StopTimeout)
	defer cancel()
	if drain != nil {
		drainCtx, cancelDrain := context.WithTimeout(stopCtx, DrainTimeout)
		defer cancelDrain()
		drain(drainCtx)
	}
	err := server.Shutdown(stopCtx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(fmt.Errorf("requests were cut after %v", StopTimeout), server.Close())
	}
	<-failed //nolint:errcheck // it only says that it was stopped
	return err
}
