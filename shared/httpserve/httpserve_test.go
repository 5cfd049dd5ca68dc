package httpserve

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a network in memory, so that a server runs on the clock of synctest.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// running is a server in a test, and a client of it.
type running struct {
	stop   context.CancelFunc
	result chan error // of Serve
	client *http.Client
}

func run(t *testing.T, handler http.HandlerFunc, drain func(context.Context), protocols *http.Protocols) *running {
	t.Helper()
	network := newPipes()
	ctx, stop := context.WithCancel(t.Context())
	transport := &http.Transport{DialContext: network.dial, Protocols: protocols}
	s := &running{stop: stop, result: make(chan error, 1), client: &http.Client{Transport: transport}}
	go func() { s.result <- Serve(ctx, network, handler, drain) }()
	t.Cleanup(transport.CloseIdleConnections)
	t.Cleanup(stop)
	return s
}

// get asks for something. It returns the error of asking or of reading.
func (s *running) get() (status int, body string, err error) {
	response, err := s.client.Get("http://server/")
	if err != nil {
		return 0, "", err
	}
	b, err := io.ReadAll(response.Body)
	return response.StatusCode, string(b), errors.Join(err, response.Body.Close())
}

// protocols are those that a server is asked for, by name.
func eachProtocol(t *testing.T, test func(t *testing.T, protocols *http.Protocols)) {
	t.Helper()
	http1, h2c := new(http.Protocols), new(http.Protocols)
	http1.SetHTTP1(true)
	h2c.SetUnencryptedHTTP2(true)
	for name, protocols := range map[string]*http.Protocols{"HTTP/1.1": http1, "h2c": h2c} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, protocols) })
		})
	}
}

func TestServe_SpeaksBothProtocols(t *testing.T) {
	eachProtocol(t, func(t *testing.T, protocols *http.Protocols) {
		s := run(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }, nil, protocols)
		want := "HTTP/1.1"
		if protocols.UnencryptedHTTP2() {
			want = "HTTP/2.0"
		}
		if _, proto, err := s.get(); proto != want || err != nil {
			t.Errorf("the handler saw %q (%v), want %s", proto, err, want)
		}
		s.stop()
		if err := <-s.result; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

func TestServe_FinishesTheRequestUnderWayAndTakesNoOther(t *testing.T) {
	eachProtocol(t, func(t *testing.T, protocols *http.Protocols) {
		begun := make(chan struct{})
		s := run(t, func(w http.ResponseWriter, r *http.Request) {
			close(begun)
			select {
			case <-time.After(time.Second):
				_, _ = io.WriteString(w, "finished")
			case <-r.Context().Done():
				t.Error("the request was cancelled")
			}
		}, nil, protocols)
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			if status, body, err := s.get(); status != http.StatusOK || body != "finished" || err != nil {
				t.Errorf("the request under way: status %d, %q, %v", status, body, err)
			}
		}()
		<-begun
		start := time.Now()
		s.stop()
		synctest.Wait()
		late := &http.Client{Transport: s.client.Transport.(*http.Transport).Clone()} //nolint:errcheck // run made it
		if response, err := late.Get("http://server/"); err == nil {
			_ = response.Body.Close()
			t.Errorf("a new connection was served: status %d", response.StatusCode)
		}
		if err := <-s.result; err != nil {
			t.Errorf("Serve: %v", err)
		}
		<-answered
		if took := time.Since(start); took < time.Second || took > 2*time.Second {
			t.Errorf("stopping took %v, the request 1s", took)
		}
	})
}

func TestServe_CutsARequestThatNeverEnds(t *testing.T) {
	eachProtocol(t, func(t *testing.T, protocols *http.Protocols) {
		begun := make(chan struct{})
		s := run(t, func(_ http.ResponseWriter, r *http.Request) {
			close(begun)
			<-r.Context().Done()
		}, nil, protocols)
		failed := make(chan error, 1)
		go func() {
			_, _, err := s.get()
			failed <- err
		}()
		<-begun
		start := time.Now()
		s.stop()
		if err := <-s.result; err == nil || !strings.Contains(err.Error(), "cut after 8s") {
			t.Errorf("Serve: %v", err)
		}
		if took := time.Since(start); took != StopTimeout {
			t.Errorf("stopping took %v, want %v", took, StopTimeout)
		}
		if err := <-failed; err == nil {
			t.Error("the request was answered")
		}
	})
}

func TestServe_DrainsFirstAndAnswersMeanwhile(t *testing.T) {
	eachProtocol(t, func(t *testing.T, protocols *http.Protocols) {
		var s *running
		var budget time.Duration
		drain := func(ctx context.Context) {
			deadline, _ := ctx.Deadline()
			budget = time.Until(deadline)
			if status, _, err := s.get(); status != http.StatusOK || err != nil {
				t.Errorf("while draining: status %d, %v", status, err)
			}
			<-ctx.Done() // one that never gets done
		}
		s = run(t, func(http.ResponseWriter, *http.Request) {}, drain, protocols)
		start := time.Now()
		s.stop()
		if err := <-s.result; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if took := time.Since(start); budget != DrainTimeout || took < DrainTimeout || took > StopTimeout {
			t.Errorf("draining had %v, stopping took %v", budget, took)
		}
	})
}

func TestServe_CutsAClientThatDribblesItsHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newPipes()
		ctx, stop := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() { result <- Serve(ctx, network, http.NotFoundHandler(), nil) }()
		conn, err := network.dial(ctx, "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		start := time.Now()
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n"); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, conn)
		if took := time.Since(start); took > readHeaderTimeout+time.Second {
			t.Errorf("it was cut after %v", took)
		}
		stop()
		if err := <-result; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

func TestServe_SaysWhenItCannotServe(t *testing.T) {
	network := newPipes()
	_ = network.Close()
	if err := Serve(t.Context(), network, http.NotFoundHandler(), nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve: %v", err)
	}
}

func TestListen_APortInUseIsAnErrorThatNamesPORT(t *testing.T) {
	ln, err := Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	taken := ln.Addr().(*net.TCPAddr).Port //nolint:errcheck // it listens on TCP
	second, err := Listen(t.Context(), taken)
	if err == nil {
		_ = second.Close()
	}
	if err == nil || !strings.HasPrefix(err.Error(), "PORT: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the second one got %v", err)
	}
}

func TestServe_RefusesConnectionsAfterItEnded(t *testing.T) {
	ln, err := Listen(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- Serve(ctx, ln, http.NotFoundHandler(), nil) }()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	stop()
	if err := <-result; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if conn, err := dialer.DialContext(t.Context(), "tcp", ln.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("a connection was taken")
	}
}
