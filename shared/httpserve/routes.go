package httpserve

import (
	"net/http"

	"github.com/rs/cors"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
)

// methods that a path may be tried with, to say which it allows.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
}

// Routes makes mux answer what it has no route for with problem documents: 405
// with the methods that the path allows, else 404. Call it last.
func Routes(mux *http.ServeMux) http.Handler {
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if allowed := allowedMethods(mux, r); len(allowed) > 0 {
			err := apierr.New(apierr.MethodNotAllowed, "%s is not allowed here", r.Method)
			err.Allowed = allowed
			apierr.Write(w, err)
			return
		}
		apierr.Write(w, apierr.New(apierr.NotFound, "there is nothing at this path"))
	})
	return mux
}

func allowedMethods(mux *http.ServeMux, r *http.Request) []string {
	var allowed []string
	probe := *r // Handler reads only the method, host and path
	for _, method := range methods {
		probe.Method = method
		if _, pattern := mux.Handler(&probe); pattern != "" && pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// preflightSeconds is how long a browser may remember an answer to a preflight.
const preflightSeconds = 600

// CORS lets pages of these origins, and no other, call next and read its
// answers, with credentials as the first frontends send them.
func CORS(origins config.Origins, next http.Handler) http.Handler {
	return cors.New(cors.Options{
		// Not AllowedOrigins: an empty list of them would mean all. And all values
		// of the header are repeated to the caller, so there may be only one.
		AllowOriginVaryRequestFunc: func(r *http.Request, origin string) (bool, []string) {
			return len(r.Header.Values("Origin")) == 1 && origins.Allows(origin), nil
		},
		AllowedMethods:   []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders:   []string{"*"},
		ExposedHeaders:   []string{RequestIDHeader, "Retry-After"},
		AllowCredentials: true,
		MaxAge:           preflightSeconds,
	}).Handler(next)
}
