package docs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestAssets_AreThoseThatWereFetched(t *testing.T) {
	sums, err := os.ReadFile("assets/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for sum := range strings.Lines(string(sums)) {
		want, name, _ := strings.Cut(strings.TrimSpace(sum), "  ")
		content := exchange(t, http.MethodGet, "/docs/assets/"+name).Body.Bytes()
		got := sha256.Sum256(content)
		if hex.EncodeToString(got[:]) != want {
			t.Errorf("%s has changed since", name)
		}
		checked++
	}
	if checked != 5 {
		t.Errorf("%d files checked, want 5", checked)
	}
}

func TestFile_ServesPartsOfTheBytesItWouldSend(t *testing.T) {
	const path = "/docs/assets/swagger-ui.css"
	for _, encoding := range []string{"gzip", "identity"} {
		whole := exchange(t, http.MethodGet, path, "Accept-Encoding", encoding).Body.Bytes()
		part := exchange(t, http.MethodGet, path, "Accept-Encoding", encoding, "Range", "bytes=100-199")
		if part.Code != http.StatusPartialContent || !bytes.Equal(part.Body.Bytes(), whole[100:200]) {
			t.Errorf("%s: status %d, %d bytes", encoding, part.Code, part.Body.Len())
		}
		if got := part.Header().Get("Content-Length"); got != "100" {
			t.Errorf("%s: Content-Length %s, want 100", encoding, got)
		}
	}
}

func TestFile_FailsIfItCannotBeDecompressed(t *testing.T) {
	for _, broken := range []string{"not gzip at all", "\x1f\x8b\x08"} {
		recorder := httptest.NewRecorder()
		f := newFile("text/plain", []byte(broken), true)
		f.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		if recorder.Code != http.StatusInternalServerError {
			t.Errorf("%q: status %d, want 500", broken, recorder.Code)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	tests := []struct {
		headers []string
		want    bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"gzip"}, true},
		{[]string{"deflate, GZIP;q=0.5, br"}, true},
		{[]string{"br", "gzip"}, true},
		{[]string{"x-gzip"}, true},
		{[]string{"*"}, true},
		{[]string{"*;q=0.1"}, true},
		{[]string{"gzip;q=0"}, false},
		{[]string{"gzip ; Q = 0.000"}, false},
		{[]string{"gzip;q=0, *"}, false},
		{[]string{"*, gzip;q=0"}, false},
		{[]string{"*;q=0"}, false},
		{[]string{"*;q=0, gzip"}, true},
		{[]string{"gzip;q=often"}, false},
		{[]string{"gzip;level=9"}, true},
		{[]string{"identity, br"}, false},
		{[]string{"gzipped"}, false},
	}
	for _, test := range tests {
		if got := acceptsGzip(http.Header{"Accept-Encoding": test.headers}); got != test.want {
			t.Errorf("acceptsGzip(%q) = %t, want %t", test.headers, got, test.want)
		}
	}
}
