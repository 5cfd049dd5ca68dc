// Package playground is the page on which people try Tutti: they make a room or
// join one, and type together. It loads nothing from other hosts.
//
// dist is built of the TypeScript beside it, by `npm run build`, and committed, so
// that Go alone builds all of Tutti.
package playground

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
)

//go:embed dist
var embedded embed.FS

func dist() fs.FS {
	files, err := fs.Sub(embedded, "dist")
	if err != nil { // the folder is part of the program
		panic(err)
	}
	return files
}

// packed has the assets that are smaller when they are compressed, by their paths.
var packed = sync.OnceValue(func() map[string][]byte { return pack(dist()) })

// contentSecurityPolicy lets the page load and connect to nothing but its own host.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const (
	// alwaysAsk has browsers ask each time whether the page is still the same: it names
	// the files of its version.
	alwaysAsk = "no-cache"

	// forever is for files whose names have a hash of what is in them.
	forever = "public, max-age=31536000, immutable"
)

// Register adds the page to mux: at / and, for the link of a room, at
// /{room_id}; and what it loads, at /playground/.
func Register(mux *http.ServeMux) {
	page := secured(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", alwaysAsk)
		http.ServeFileFS(w, r, dist(), "index.html")
	})
	mux.Handle("/{$}", page)
	mux.Handle("/{room_id}", page) // for all methods, or it would conflict with other words of one part
	mux.Handle("/playground/", secured(assets(dist(), packed)))
}

// assets serves the files that the page loads, compressed for browsers, which all can
// read that: a third of the bytes. Folders are not listed.
func assets(dist fs.FS, packed func() map[string][]byte) http.HandlerFunc {
	files := http.FileServerFS(dist)
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path[1:]
		if info, err := fs.Stat(dist, name); err != nil || info.IsDir() {
			apierr.Write(w, apierr.New(apierr.NotFound, "there is no %s here", r.URL.Path))
			return
		}
		header := w.Header()
		header.Set("Cache-Control", forever)
		header.Set("Vary", "Accept-Encoding")
		content, smaller := packed()[name]
		if !smaller || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			files.ServeHTTP(w, r)
			return
		}
		header.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		header.Set("Content-Encoding", "gzip")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

// pack compresses what becomes smaller by it.
func pack(dist fs.FS) map[string][]byte {
	packed := make(map[string][]byte)
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(content); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		if b.Len() < len(content) {
			packed[name] = b.Bytes()
		}
		return nil
	})
	if err != nil { // the files are part of the program, and a buffer takes all
		panic(err)
	}
	return packed
}

func secured(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer") // the path is the secret of a room
		header.Set("Cache-Control", alwaysAsk)
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			err := apierr.New(apierr.MethodNotAllowed, "%s is not allowed here", r.Method)
			err.Allowed = []string{http.MethodGet, http.MethodHead}
			apierr.Write(w, err)
			return
		}
		next(w, r)
	})
}
