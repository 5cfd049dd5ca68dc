package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
)

var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
}

// policy allows what the two pages need and no other host. ReDoc makes style
// elements, hence 'unsafe-inline', and both UIs have pictures in data URLs.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// A file is an embedded file as a handler. It is kept as it was embedded,
// compressed or not, and decompressed at most once, for the first client that
// does not take gzip.
type file struct {
	contentType string
	content     []byte
	hash        string
	plain       func() ([]byte, error) // nil if content is not compressed
}

func newFile(contentType string, content []byte, zipped bool) *file {
	sum := sha256.Sum256(content)
	f := &file{contentType: contentType, content: content, hash: hex.EncodeToString(sum[:8])}
	if zipped {
		f.plain = sync.OnceValues(func() ([]byte, error) { return gunzip(content) })
	}
	return f
}

// ServeHTTP answers with the file. Clients may keep it but have to ask with its
// ETag whether it is still the same, so that no deployment mixes versions.
func (f *file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, etag := f.content, f.hash
	h := w.Header()
	if f.plain != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header) {
			h.Set("Content-Encoding", "gzip")
			etag += "-gzip" // the same file, but not the same bytes
		} else {
			var err error
			if content, err = f.plain(); err != nil {
				apierr.Write(w, err) // which says only that it was our fault
				return
			}
		}
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(content))) // ServeContent sets none for encoded content
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", `"`+etag+`"`)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func gunzip(b []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
