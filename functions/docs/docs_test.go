package docs

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// exchange sends a request to the registered handlers. The headers are pairs
// of name and value.
func exchange(t *testing.T, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	Register(mux)
	request := httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	mux.ServeHTTP(recorder, request)
	return recorder
}

var served = []struct{ path, contentType string }{
	{"/docs", "text/html; charset=utf-8"},
	{"/redoc", "text/html; charset=utf-8"},
	{"/docs/assets/swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
	{"/docs/assets/swagger-ui-bundle.js.LICENSE.txt", "text/plain; charset=utf-8"},
	{"/docs/assets/swagger-ui-init.js", "text/javascript; charset=utf-8"},
	{"/docs/assets/swagger-ui.css", "text/css; charset=utf-8"},
	{"/docs/assets/redoc.standalone.js", "text/javascript; charset=utf-8"},
	{"/docs/assets/redoc.standalone.js.LICENSE.txt", "text/plain; charset=utf-8"},
	{"/docs/assets/redoc-init.js", "text/javascript; charset=utf-8"},
}

func TestRegister_ServesPagesAndAssets(t *testing.T) {
	for _, test := range served {
		t.Run(test.path, func(t *testing.T) {
			got := exchange(t, http.MethodGet, test.path)
			if got.Code != http.StatusOK || got.Body.Len() == 0 {
				t.Fatalf("status %d, %d bytes", got.Code, got.Body.Len())
			}
			want := map[string]string{
				"Content-Type":            test.contentType,
				"Content-Encoding":        "",
				"Content-Length":          strconv.Itoa(got.Body.Len()),
				"Content-Security-Policy": policy,
				"X-Content-Type-Options":  "nosniff",
				"Referrer-Policy":         "no-referrer",
				"Cache-Control":           "no-cache",
			}
			for name, value := range want {
				if got.Header().Get(name) != value {
					t.Errorf("%s: %q, want %q", name, got.Header().Get(name), value)
				}
			}
		})
	}
}

func TestRegister_CompressesForWhoTakesIt(t *testing.T) {
	for _, test := range served {
		plain := exchange(t, http.MethodGet, test.path)
		zipped := exchange(t, http.MethodGet, test.path, "Accept-Encoding", "gzip")
		if zipped.Header().Get("Content-Encoding") == "" {
			if !bytes.Equal(zipped.Body.Bytes(), plain.Body.Bytes()) {
				t.Errorf("%s: not compressed and not the same", test.path)
			}
			continue
		}
		if length := zipped.Header().Get("Content-Length"); length != strconv.Itoa(zipped.Body.Len()) {
			t.Errorf("%s: Content-Length %s, want %d", test.path, length, zipped.Body.Len())
		}
		unzipped, err := gunzip(zipped.Body.Bytes())
		if err != nil || !bytes.Equal(unzipped, plain.Body.Bytes()) {
			t.Errorf("%s: decompressed, it is not the same (%v)", test.path, err)
		}
		if zipped.Header().Get("ETag") == plain.Header().Get("ETag") {
			t.Errorf("%s: one ETag for different bytes", test.path)
		}
		if plain.Header().Get("Vary") != "Accept-Encoding" || zipped.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: caches are not told that the encoding varies", test.path)
		}
	}
}

func TestRegister_CompressesEverythingBig(t *testing.T) {
	for _, test := range served {
		got := exchange(t, http.MethodGet, test.path, "Accept-Encoding", "br, gzip")
		if got.Header().Get("Content-Encoding") != "gzip" && got.Body.Len() > 4<<10 {
			t.Errorf("%s: %d bytes, not compressed", test.path, got.Body.Len())
		}
	}
}

func TestRegister_SendsNothingTwice(t *testing.T) {
	for _, test := range served {
		for _, encoding := range []string{"gzip", "identity"} {
			first := exchange(t, http.MethodGet, test.path, "Accept-Encoding", encoding)
			again := exchange(t, http.MethodGet, test.path,
				"Accept-Encoding", encoding, "If-None-Match", first.Header().Get("ETag"))
			if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
				t.Errorf("%s, %s: status %d, %d bytes", test.path, encoding, again.Code, again.Body.Len())
			}
		}
	}
}

func TestRegister_AnswersHeadLikeGet(t *testing.T) {
	for _, test := range served {
		get := exchange(t, http.MethodGet, test.path, "Accept-Encoding", "gzip")
		head := exchange(t, http.MethodHead, test.path, "Accept-Encoding", "gzip")
		if head.Code != http.StatusOK || head.Body.Len() != 0 {
			t.Errorf("%s: status %d, %d bytes", test.path, head.Code, head.Body.Len())
		}
		if got, want := head.Header().Get("Content-Length"), strconv.Itoa(get.Body.Len()); got != want {
			t.Errorf("%s: Content-Length %s, want %s", test.path, got, want)
		}
	}
}

func TestRegister_KnowsNothingElse(t *testing.T) {
	tests := []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/docs/assets/", http.StatusNotFound},
		{http.MethodGet, "/docs/assets/none.js", http.StatusNotFound},
		{http.MethodGet, "/docs/assets/swagger-ui.css.gz", http.StatusNotFound},
		{http.MethodGet, "/docs/assets/fetch.sh", http.StatusNotFound},
		{http.MethodGet, "/docs/assets/..%2Fpages%2Fdocs.html", http.StatusNotFound},
		{http.MethodGet, "/docs/other", http.StatusNotFound},
		{http.MethodPost, "/docs", http.StatusMethodNotAllowed},
	}
	for _, test := range tests {
		if got := exchange(t, test.method, test.path).Code; got != test.want {
			t.Errorf("%s %s: status %d, want %d", test.method, test.path, got, test.want)
		}
	}
}

func TestPages_LoadOnlyWhatIsServedHere(t *testing.T) {
	links := regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	for _, page := range []string{"/docs", "/redoc"} {
		html := exchange(t, http.MethodGet, page).Body.String()
		loaded := 0
		for _, link := range links.FindAllStringSubmatch(html, -1) {
			if link[1] == "data:," { // the icon that keeps browsers from asking for one
				continue
			}
			if got := exchange(t, http.MethodGet, link[1]).Code; got != http.StatusOK {
				t.Errorf("%s loads %s: status %d", page, link[1], got)
			}
			loaded++
		}
		if loaded < 2 {
			t.Errorf("%s loads %d files", page, loaded)
		}
		if strings.Contains(html, "<script>") {
			t.Errorf("%s has an inline script, which its policy forbids", page)
		}
	}
}

func TestPages_NameNoOtherHost(t *testing.T) {
	paths := []string{"/docs", "/redoc", "/docs/assets/swagger-ui-init.js", "/docs/assets/redoc-init.js"}
	for _, path := range paths {
		if strings.Contains(exchange(t, http.MethodGet, path).Body.String(), "//") {
			t.Errorf("%s refers to another host", path)
		}
	}
	redoc := exchange(t, http.MethodGet, "/docs/assets/redoc.standalone.js").Body.String()
	for _, host := range []string{"cdn.redoc.ly", "fonts.googleapis.com", "otel.cloud.redocly.com"} {
		if strings.Contains(redoc, host) {
			t.Errorf("ReDoc loads something from %s", host)
		}
	}
}
