// Package gateway is the one door to Tutti where no load balancer is: it sends
// sockets to the relays, serves the playground, and sends the rest to the
// functions. `docker compose up` runs it (cmd/gateway), and `make dev` has the
// same paths (Routes).
package gateway

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/tutti-live/tutti/infra/playground"
	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
)

const (
	// dialLimit is how long a server behind the gateway may take to be reached, before
	// the next is tried.
	dialLimit = 2 * time.Second

	// idleConns connections to each of them are kept for the next call, for idleLimit:
	// enough for one machine, and less than the services keep them for.
	idleConns = 32
	idleLimit = 30 * time.Second
)

// functionPaths are those of the functions. Others of one word are rooms.
var functionPaths = []string{
	"/rooms", "/rooms/", "/health", "/readyz", "/openapi.json", "/openapi.yaml", "/docs", "/docs/", "/redoc",
}

// socketPaths are those of the relays.
var socketPaths = []string{"/ws/", "/yjs/", "/hocuspocus"}

// Routes says who answers what, beside the playground.
func Routes(functions, relays http.Handler) http.Handler {
	mux := http.NewServeMux()
	playground.Register(mux)
	for _, path := range functionPaths {
		mux.Handle(path, functions)
	}
	mux.Handle("/", functions)
	for _, path := range socketPaths {
		mux.Handle(path, relays)
	}
	return mux
}

// Settings of a gateway, from the environment.
type Settings struct {
	config.HTTP

	FunctionsURL config.BaseURL   `envconfig:"FUNCTIONS_URL" default:"http://localhost:8001"`
	RelayURLs    []config.BaseURL `envconfig:"RELAY_URLS" default:"http://localhost:8002,http://localhost:8003"`
}

// New makes a gateway. What is behind it trusts one proxy, which this is.
func New(settings Settings, log *slog.Logger) (http.Handler, error) {
	functions, err := servers([]config.BaseURL{settings.FunctionsURL})
	if err != nil {
		return nil, err
	}
	relays, err := servers(settings.RelayURLs)
	if err != nil {
		return nil, err
	}
	return Routes(proxy(functions, log), proxy(relays, log)), nil
}

func servers(bases []config.BaseURL) (*upstream, error) {
	up := &upstream{transport: &http.Transport{ // without the machine's proxy: what is behind us is near
		DialContext:         (&net.Dialer{Timeout: dialLimit}).DialContext,
		MaxIdleConnsPerHost: idleConns,
		IdleConnTimeout:     idleLimit,
	}}
	for _, base := range bases {
		parsed, err := url.Parse(string(base))
		if err != nil {
			return nil, err
		}
		up.servers = append(up.servers, parsed)
	}
	return up, nil
}

func proxy(to *upstream, log *slog.Logger) http.Handler {
	return &httputil.ReverseProxy{
		Transport: to,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			log.WarnContext(r.Context(), "nobody answers", slog.String("path", r.URL.Path), slog.Any("error", err))
			apierr.Write(w, apierr.New(apierr.Unavailable, "nobody answers here now"))
		},
	}
}

// upstream is a service of which there are several servers, as a load balancer
// sees it.
type upstream struct {
	servers   []*url.URL
	transport http.RoundTripper
	next      atomic.Uint64
}

// RoundTrip sends requests to the servers in turn. One without a body goes on to
// the next server where the first is away or takes nobody in, as a relay does that
// is about to end.
func (u *upstream) RoundTrip(r *http.Request) (response *http.Response, err error) {
	first := u.next.Add(1)
	for i := range uint64(len(u.servers)) {
		server := u.servers[(first+i)%uint64(len(u.servers))]
		attempt := r.Clone(r.Context())
		attempt.URL.Scheme, attempt.URL.Host = server.Scheme, server.Host
		response, err = u.transport.RoundTrip(attempt)
		taken := err == nil && response.StatusCode != http.StatusServiceUnavailable
		if taken || i+1 == uint64(len(u.servers)) || r.Body != nil && r.Body != http.NoBody {
			break
		}
		if err == nil {
			_ = response.Body.Close() // nobody reads it
		}
	}
	return response, err
}
