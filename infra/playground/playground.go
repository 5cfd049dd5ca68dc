// Package playground is the page on which people try Tutti: they make a room or
// join one, and type together. It loads nothing from other hosts.
package playground

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/tutti-live/tutti/shared/apierr"
)

//go:embed static
var embedded embed.FS

// contentSecurityPolicy lets the page load and connect to nothing but its own host.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Register adds the page to mux: at / and, for the link of a room, at
// /{room_id}; and what it loads, at /playground/.
func Register(mux *http.ServeMux) {
	static, err := fs.Sub(embedded, "static")
	if err != nil { // the folder is part of the program
		panic(err)
	}
	page := secured(func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, static, "index.html") })
	mux.Handle("/{$}", page)
	mux.Handle("/{room_id}", page) // for all methods, or it would conflict with other words of one part
	mux.Handle("/playground/", secured(http.StripPrefix("/playground", http.FileServerFS(static)).ServeHTTP))
}

func secured(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			err := apierr.New(apierr.MethodNotAllowed, "%s is not allowed here", r.Method)
			err.Allowed = []string{http.MethodGet, http.MethodHead}
			apierr.Write(w, err)
			return
		}
		header := w.Header()
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer") // the path is the secret of a room
		header.Set("Cache-Control", "no-cache")
		next(w, r)
	})
}
