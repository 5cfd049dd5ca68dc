package playground

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
)

func ask(method, target string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	Register(mux)
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(method, target, nil))
	return answer
}

// assetPaths are the paths of all files that the page may load.
func assetPaths(t *testing.T) []string {
	t.Helper()
	found, err := fs.Glob(embedded, "dist/playground/*")
	if err != nil || len(found) == 0 {
		t.Fatalf("dist has no assets: run npm run build (%v)", err)
	}
	for i, name := range found {
		found[i] = strings.TrimPrefix(name, "dist")
	}
	return found
}

func TestRegister_ServesThePageForRooms(t *testing.T) {
	for _, target := range []string{"/", "/a972ed", "/0123456789abcdef0123456789abcdef", "/a972ed?x=1", "/no-room"} {
		answer := ask(http.MethodGet, target)
		if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `<meta name="tutti-api" content="">`) {
			t.Errorf("%s: status %d, want the page", target, answer.Code)
		}
		if got := answer.Header().Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s: Cache-Control is %q: a browser would keep an old page", target, got)
		}
	}
}

func TestRegister_ServesEveryAsset(t *testing.T) {
	types := map[string]string{".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
	hashed := regexp.MustCompile(`-[\w-]{8}\.\w+$`)
	for _, target := range assetPaths(t) {
		answer := ask(http.MethodGet, target)
		if answer.Code != http.StatusOK || answer.Body.Len() == 0 {
			t.Errorf("%s: status %d, %d bytes", target, answer.Code, answer.Body.Len())
		}
		want, known := types[path.Ext(target)]
		if got := answer.Header().Get("Content-Type"); !known || !strings.HasPrefix(got, want) {
			t.Errorf("%s: Content-Type is %q", target, got)
		}
		if got := answer.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control is %q", target, got)
		}
		if !hashed.MatchString(target) {
			t.Errorf("%s has no hash in its name, but is cached for good", target)
		}
	}
}

func TestRegister_BrowsersAreSentCompressedFiles(t *testing.T) {
	mux := http.NewServeMux()
	Register(mux)
	for _, target := range assetPaths(t) {
		request := httptest.NewRequest(http.MethodGet, target, nil)
		request.Header.Set("Accept-Encoding", "gzip, deflate, br")
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, request)
		plain := ask(http.MethodGet, target)
		if got, want := answer.Header().Get("Content-Type"), plain.Header().Get("Content-Type"); got != want {
			t.Errorf("%s: Content-Type is %q, not %q", target, got, want)
		}
		if answer.Header().Get("Vary") != "Accept-Encoding" || plain.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: headers %v and %v", target, answer.Header(), plain.Header())
		}
		if answer.Header().Get("Content-Encoding") == "" && answer.Body.Len() == plain.Body.Len() {
			continue // it would not become smaller
		}
		unpacked, err := gzip.NewReader(answer.Body)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if content, err := io.ReadAll(unpacked); err != nil || !bytes.Equal(content, plain.Body.Bytes()) {
			t.Errorf("%s: another file when it is compressed (%v)", target, err)
		}
	}
}

func TestRegister_UnknownAssetsAreNotFound(t *testing.T) {
	for _, target := range []string{"/playground/", "/playground/nope.js", "/playground/x/y.js", "/playground/%2e%2e/index.html"} {
		answer := ask(http.MethodGet, target)
		if answer.Code != http.StatusNotFound {
			t.Errorf("%s: status %d", target, answer.Code)
		}
		if got := answer.Header().Get("Cache-Control"); strings.Contains(got, "immutable") {
			t.Errorf("%s: Cache-Control is %q: the file may come with the next version", target, got)
		}
	}
}

func TestRegister_SecuresEveryRoute(t *testing.T) {
	targets := append(assetPaths(t), "/", "/a972ed", "/playground/", "/playground/nope.js")
	for _, target := range targets {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			header := ask(method, target).Header()
			policy := header.Get("Content-Security-Policy")
			if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
				t.Errorf("%s %s: the policy is %q", method, target, policy)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
				if got := header.Get(name); got != want {
					t.Errorf("%s %s: %s is %q, want %q", method, target, name, got, want)
				}
			}
		}
	}
}

func TestRegister_OnlyReads(t *testing.T) {
	for _, target := range []string{"/", "/a972ed", assetPaths(t)[0]} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			answer := ask(method, target)
			if answer.Code != http.StatusMethodNotAllowed || answer.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: status %d, Allow %q", method, target, answer.Code, answer.Header().Get("Allow"))
			}
		}
	}
}

// The policy forbids scripts and styles within the page; and nothing may come from another host.
func TestPage_LoadsOnlyItsOwnFiles(t *testing.T) {
	page := ask(http.MethodGet, "/").Body.String()
	if regexp.MustCompile(`<script>|<style|\sstyle=|\son\w+=`).MatchString(page) {
		t.Errorf("the page has a script or style that its policy forbids:\n%s", page)
	}
	links := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) < 3 {
		t.Fatalf("the page loads %d files, want a script, a style sheet and an icon at least", len(links))
	}
	for _, link := range links {
		if answer := ask(http.MethodGet, link[1]); !strings.HasPrefix(link[1], "/playground/") || answer.Code != http.StatusOK {
			t.Errorf("the page loads %s: status %d", link[1], answer.Code)
		}
	}
}
