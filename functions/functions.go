// Package functions is the stateless HTTP side of Tutti: making rooms, asking
// whether one exists, suggestions for code, health and documentation.
//
// Each function has a name, and its own mux: so it keeps its method and path under
// FUNCTION_TARGET. RoomsAPI is all of them together. Package framework registers
// them with the Functions Framework; what we deploy is cmd/functions, which serves
// the same handlers without it.
package functions

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tutti-live/tutti/functions/autocomplete"
	"github.com/tutti-live/tutti/functions/docs"
	"github.com/tutti-live/tutti/functions/rooms"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
	"github.com/tutti-live/tutti/shared/room"
)

// Everything is the target that serves all functions, and the documentation.
const Everything = "RoomsAPI"

// targets names the functions, and what each adds to its API.
var targets = map[string]func(*API, *http.ServeMux, huma.API){
	"CreateRoom":   func(a *API, _ *http.ServeMux, api huma.API) { a.rooms.RegisterCreate(api) },
	"RoomExists":   func(a *API, _ *http.ServeMux, api huma.API) { a.rooms.RegisterExists(api) },
	"Autocomplete": func(a *API, _ *http.ServeMux, api huma.API) { a.autocomplete.Register(api) },
	"Health":       func(a *API, _ *http.ServeMux, api huma.API) { a.registerHealth(api) },
	Everything: func(a *API, mux *http.ServeMux, api huma.API) {
		a.rooms.RegisterCreate(api)
		a.rooms.RegisterExists(api)
		a.autocomplete.Register(api)
		a.registerHealth(api)
		docs.Register(mux)
	},
}

// Targets are the names of the functions, in order.
func Targets() []string { return slices.Sorted(maps.Keys(targets)) }

// API has the functions, ready to be served.
type API struct {
	store        *room.Store
	settings     Settings
	log          *slog.Logger
	metrics      *prometheus.Registry
	rooms        *rooms.Service
	autocomplete *autocomplete.Service
}

// New makes the functions for the rooms of a store, which must outlive them. Close
// them.
func New(store *room.Store, settings Settings, log *slog.Logger) (*API, error) {
	metrics := prometheus.NewRegistry()
	suggestions, err := autocomplete.New(settings.Settings, limiter(settings.AutocompleteRate, autocompleteBurstSeconds), metrics, log)
	if err != nil {
		return nil, err
	}
	return &API{
		store:    store,
		settings: settings,
		log:      log,
		rooms: &rooms.Service{
			Store:        store,
			Log:          log,
			Links:        settings.Links,
			MaxTextBytes: int(settings.MaxTextBytes),
			Creations:    limiter(settings.CreateRate, createBurstSeconds),
			Misses:       limiter(settings.MissRate, httpserve.MissBurstSeconds),
		},
		metrics:      metrics,
		autocomplete: suggestions,
	}, nil
}

// Close ends what the functions have running.
func (a *API) Close() { a.autocomplete.Close() }

// AdminHandler serves GET /metrics, for Prometheus. It is for a port that only
// the operator reaches. Call it once.
func (a *API) AdminHandler() http.Handler {
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{}))
	return mux
}

func limiter(rate config.Rate, burstSeconds float64) *httpserve.Limiter {
	return httpserve.NewLimiter(float64(rate), rate.Burst(burstSeconds))
}

// Handler serves one function by its name, or Everything.
func (a *API) Handler(target string) (http.Handler, error) {
	register, ok := targets[target]
	if !ok {
		names := strings.Join(Targets(), ", ")
		return nil, &config.Error{Variable: "FUNCTION_TARGET", Reason: fmt.Errorf("%q is none of %s", target, names)}
	}
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("Tutti", httpserve.Version)
	cfg.Info.Description = "Rooms in which people write code together, and suggestions while they do."
	cfg.DocsPath, cfg.SchemasPath = "", "" // docs.Register has them
	cfg.CreateHooks = nil                  // they would add links to schemas to every answer
	cfg.Formats = map[string]huma.Format{"application/json": strictJSON, "json": strictJSON}
	if target != Everything {
		cfg.OpenAPIPath = ""
	}
	register(a, mux, humago.New(mux, cfg))
	handler := httpserve.CORS(a.settings.CORSOrigins, httpserve.Routes(mux))
	return httpserve.Observe(a.log, int(a.settings.TrustedProxies), handler), nil
}
